import { describe, test } from "vitest";
import type { Step } from "../../support/broken-server.ts";
import {
  CHUNKED_END,
  chunk,
  chunkedHead,
  DONE,
  delta,
  events,
  finish,
  head,
  text,
  toolCall,
  usage,
} from "./bytes.ts";
import type { Expected } from "./play.ts";
import { expectOutcome, play } from "./play.ts";

type Case = readonly [name: string, script: readonly Step[], expected: Expected];

const HELLO = events(text("hel"), text("lo"));
const TRUNCATED = { code: "PROVIDER_TRUNCATED", details: { retryable: true } } as const;
const PROTOCOL = { code: "PROVIDER_PROTOCOL", details: { retryable: false } } as const;

/** A connection-delimited event stream. */
function stream(...parts: readonly (string | Buffer)[]): readonly Step[] {
  return [head(), ...parts, "[end]"];
}

function splitEverywhere(whole: string): Buffer[] {
  return [...Buffer.from(whole)].map((byte) => Buffer.from([byte]));
}

const WHOLE: readonly Case[] = [
  [
    "text, finish reason, [DONE]",
    stream(HELLO, events(finish()), DONE),
    { text: "hello", finishReason: "stop" },
  ],
  [
    "model and id are the server's",
    stream(HELLO, events(finish()), DONE),
    { model: "m-1", id: "chatcmpl-1" },
  ],
  [
    "a chunked body",
    [chunkedHead(), chunk(HELLO), chunk(events(finish())), chunk(DONE), CHUNKED_END],
    { text: "hello" },
  ],
  [
    "a chunk of HTTP for each half of an event",
    [
      chunkedHead(),
      chunk(HELLO.slice(0, 40)),
      chunk(HELLO.slice(40)),
      chunk(events(finish()) + DONE),
      CHUNKED_END,
    ],
    { text: "hello" },
  ],
  [
    "usage in a chunk without choices",
    stream(HELLO, events(finish(), usage(3, 4)), DONE),
    {
      usage: {
        inputTokens: 3,
        outputTokens: 4,
        totalTokens: 7,
        cachedInputTokens: 1,
        reasoningTokens: 2,
      },
    },
  ],
  [
    "no usage",
    stream(HELLO, events(finish()), DONE),
    { usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } },
  ],
  [
    "usage that is no number",
    stream(
      HELLO,
      events(finish(), { choices: [], usage: { prompt_tokens: "9", total_tokens: -1 } }),
      DONE,
    ),
    { usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } },
  ],
  [
    "a finish reason and a clean end, no [DONE]",
    stream(HELLO, events(finish())),
    { text: "hello", finishReason: "stop" },
  ],
  ["[DONE], no finish reason", stream(HELLO, DONE), { text: "hello", finishReason: "stop" }],
  [
    "the last event without its blank line",
    stream(HELLO, events(finish()), "data: [DONE]\n"),
    { text: "hello" },
  ],
  [
    "the last event without any line end",
    stream(HELLO, events(finish()).trimEnd()),
    { text: "hello", finishReason: "stop" },
  ],
  [
    "no space after the colon",
    stream(HELLO.replaceAll("data: ", "data:"), events(finish()), "data:[DONE]\n\n"),
    { text: "hello" },
  ],
  [
    "CRLF",
    stream((HELLO + events(finish()) + DONE).replaceAll("\n", "\r\n")),
    { text: "hello", finishReason: "stop" },
  ],
  [
    "CR only",
    stream((HELLO + events(finish()) + DONE).replaceAll("\n", "\r")),
    { text: "hello", finishReason: "stop" },
  ],
  ["a byte order mark", stream(`\uFEFF${HELLO}`, events(finish()), DONE), { text: "hello" }],
  [
    "comments in between",
    stream(": OPENROUTER PROCESSING\n\n", HELLO, ": ping\n\n", events(finish()), DONE),
    { text: "hello" },
  ],
  [
    "ids, retries and unknown fields",
    stream("retry: 5\nid: 1\nfoo: bar\n\n", HELLO, events(finish()), DONE),
    { text: "hello" },
  ],
  [
    "an event with empty data",
    stream("data:\n\n", HELLO, events(finish()), DONE),
    { text: "hello" },
  ],
  [
    "JSON over several data lines",
    stream(
      `data: {"choices":\ndata: [{"delta":{"content":"hello"},\ndata: "finish_reason":"stop"}]}\n\n`,
      DONE,
    ),
    { text: "hello" },
  ],
  [
    "characters cut between segments",
    [head(), ...splitEverywhere(events(text("é€😀"), finish())), DONE, "[end]"],
    { text: "é€😀" },
  ],
  [
    "bytes that are no UTF-8",
    stream(
      Buffer.concat([
        Buffer.from('data: {"choices":[{"delta":{"content":"a'),
        Buffer.from([0xff]),
        Buffer.from('b"}}]}\n\n'),
      ]),
      events(finish()),
      DONE,
    ),
    { text: "a\uFFFDb" },
  ],
  [
    "bytes after [DONE]",
    stream(HELLO, events(finish()), DONE, "garbage that is no event"),
    { text: "hello" },
  ],
  [
    "events after [DONE]",
    stream(HELLO, events(finish()), DONE + events(text("more"))),
    { text: "hello" },
  ],
  [
    "a connection that is left open after [DONE]",
    [head(), HELLO, events(finish()), DONE, "[stall]"],
    { text: "hello" },
  ],
  [
    "a lost connection after [DONE]",
    [head(), HELLO, events(finish()), DONE, "[reset]"],
    { text: "hello" },
  ],
  [
    "length",
    stream(HELLO, events(finish("length")), DONE),
    { text: "hello", finishReason: "length" },
  ],
  [
    "content filter",
    stream(HELLO, events(finish("content_filter")), DONE),
    { finishReason: "content-filter" },
  ],
  [
    "a refusal",
    stream(events(delta({ refusal: "I " }), delta({ refusal: "won't" }), finish()), DONE),
    { refusal: "I won't", text: "", finishReason: "refusal" },
  ],
  [
    "an unknown finish reason",
    stream(HELLO, events(finish("eos_token")), DONE),
    { finishReason: "stop" },
  ],
  [
    "an empty finish reason in every chunk",
    stream(events(delta({ content: "hello" }, ""), finish()), DONE),
    { text: "hello", finishReason: "stop" },
  ],
  ["no text at all", stream(events(finish()), DONE), { text: "", finishReason: "stop" }],
  [
    "reasoning_content, of DeepSeek and llama.cpp",
    stream(events(delta({ reasoning_content: "hm" }), text("so"), finish()), DONE),
    { reasoning: "hm", text: "so" },
  ],
  [
    "reasoning, of Ollama, vLLM and OpenRouter",
    stream(events(delta({ reasoning: "hm" }), text("so"), finish()), DONE),
    { reasoning: "hm", text: "so" },
  ],
  [
    "the same reasoning under both names",
    stream(events(delta({ reasoning: "hm", reasoning_content: "hm" }), text("so"), finish()), DONE),
    { reasoning: "hm" },
  ],
  [
    "other choices than the first",
    stream(events(text("a"), { choices: [{ index: 1, delta: { content: "b" } }] }, finish()), DONE),
    { text: "a" },
  ],
  [
    "no delta in a choice",
    stream(HELLO, events({ choices: [{ finish_reason: "stop" }] }), DONE),
    { text: "hello" },
  ],
  [
    "choices: null",
    stream(events({ choices: null }), HELLO, events(finish()), DONE),
    { text: "hello" },
  ],
  [
    "error: null in every chunk",
    stream(events({ ...text("hello"), error: null }, finish()), DONE),
    { text: "hello" },
  ],
  [
    "keys that would pollute a prototype",
    stream(
      'data: {"__proto__":{"error":"x"},"constructor":{"prototype":{"error":1}},"choices":[{"delta":{"content":"hello","__proto__":{"refusal":"x"}},"finish_reason":"constructor"}]}\n\n',
      DONE,
    ),
    { text: "hello", finishReason: "stop" },
  ],
  [
    "no content type",
    [
      head().replace("content-type: text/event-stream\r\n", ""),
      HELLO,
      events(finish()),
      DONE,
      "[end]",
    ],
    { text: "hello" },
  ],
  [
    "a content type with a charset, in capitals",
    [
      head({ "content-type": "Text/Event-Stream; charset=utf-8" }),
      HELLO,
      events(finish()),
      DONE,
      "[end]",
    ],
    { text: "hello" },
  ],
];

const BROKEN: readonly Case[] = [
  ["a clean end without finish reason and [DONE]", stream(HELLO), { ...TRUNCATED, after: "hello" }],
  [
    "a clean end in the middle of an event",
    stream(HELLO, events(text("x")).slice(0, 30)),
    { ...TRUNCATED, after: "hello" },
  ],
  ["an empty body", stream(), TRUNCATED],
  ["comments only", stream(": ping\n\n".repeat(100)), TRUNCATED],
  ["[DONE] only", stream(DONE), { ...PROTOCOL, message: /no choice/ }],
  ["usage only", stream(events(usage(1, 2)), DONE), { ...PROTOCOL, message: /no choice/ }],
  [
    "an event that is not JSON",
    stream(HELLO, "data: {nonsense}\n\n", events(finish()), DONE),
    { ...PROTOCOL, after: "hello", message: /not JSON/ },
  ],
  ["an event that is a number", stream("data: 5\n\n", DONE), PROTOCOL],
  ["an event that is null", stream("data: null\n\n", DONE), PROTOCOL],
  ["an event that is an array", stream("data: []\n\n", DONE), PROTOCOL],
  ["choices that are text", stream(events({ choices: "x" })), { ...PROTOCOL, message: /choices/ }],
  [
    "a choice that is null",
    stream(events({ choices: [null] })),
    { ...PROTOCOL, message: /choices/ },
  ],
  ["a delta that is text", stream(events(delta("x"))), { ...PROTOCOL, message: /delta/ }],
  [
    "content that is a number",
    stream(events(text("a"), delta({ content: 5 }))),
    { ...PROTOCOL, after: "a", message: /content/ },
  ],
  [
    "a refusal that is an object",
    stream(events(delta({ refusal: {} }))),
    { ...PROTOCOL, message: /refusal/ },
  ],
  [
    "a reset",
    [head(), HELLO, "[reset]"],
    { code: "PROVIDER_CONNECTION", details: { retryable: true }, after: "hello" },
  ],
  [
    "a reset in a chunked body",
    [chunkedHead(), chunk(HELLO), "[reset]"],
    { code: "PROVIDER_CONNECTION", after: "hello" },
  ],
  [
    "a chunked body that is cut",
    [chunkedHead(), chunk(HELLO), "ff\r\ndata", "[end]"],
    { code: "PROVIDER_CONNECTION", after: "hello" },
  ],
  [
    "a chunked body that is cut after its finish reason",
    [chunkedHead(), chunk(HELLO + events(finish())), "[end]"],
    { code: "PROVIDER_CONNECTION", after: "hello" },
  ],
  [
    "a chunk of no valid length",
    [chunkedHead(), chunk(HELLO), "zz\r\n", "[stall]"],
    { ...PROTOCOL, after: "hello", message: /HTTP/ },
  ],
  [
    "a body shorter than its length",
    [head({ "content-length": "9999" }), HELLO, events(finish()), "[end]"],
    { code: "PROVIDER_CONNECTION", after: "hello" },
  ],
  [
    "a body longer than its length",
    [head({ "content-length": "20", connection: "keep-alive" }), HELLO, "[stall]"],
    TRUNCATED,
  ],
  [
    "an error in the stream",
    stream(HELLO, events({ error: { message: "overloaded", type: "server_error" } })),
    {
      code: "PROVIDER_UNAVAILABLE",
      after: "hello",
      details: { retryable: true, providerCode: "server_error" },
      message: /overloaded/,
    },
  ],
  [
    "an error with a code of ours to tell",
    stream(
      events({ error: { message: "slow down", code: "rate_limit_exceeded", type: "tokens" } }),
    ),
    { code: "PROVIDER_RATE_LIMITED", details: { retryable: true } },
  ],
  [
    "no quota",
    stream(events({ error: { message: "pay", code: "insufficient_quota" } })),
    { code: "PROVIDER_QUOTA", details: { retryable: false } },
  ],
  [
    "too long a context",
    stream(events({ error: { message: "long", code: "context_length_exceeded" } })),
    { code: "PROVIDER_CONTEXT_LENGTH", details: { retryable: false } },
  ],
  [
    "a bad key",
    stream(events({ error: { message: "no", code: "invalid_api_key" } })),
    { code: "PROVIDER_AUTH" },
  ],
  [
    "a numeric code, of OpenRouter",
    stream(events({ error: { message: "bad gateway", code: 502 } })),
    { code: "PROVIDER_UNAVAILABLE", details: { providerCode: "502" } },
  ],
  [
    "an error object, of vLLM",
    stream(
      events({
        object: "error",
        message: "maximum context length is 10",
        type: "BadRequestError",
        code: 400,
      }),
    ),
    { code: "PROVIDER_CONTEXT_LENGTH" },
  ],
  [
    "an error that is text",
    stream(events({ error: "boom" })),
    { code: "PROVIDER_FAILED", message: /boom/ },
  ],
  [
    "an error with a name from the prototype",
    stream(events({ error: { code: "constructor", message: "boom" } })),
    { code: "PROVIDER_FAILED" },
  ],
  [
    "an error event",
    stream(HELLO, 'event: error\ndata: {"error":{"message":"boom","type":"server_error"}}\n\n'),
    { code: "PROVIDER_UNAVAILABLE", after: "hello" },
  ],
  [
    "an error event that is not JSON",
    stream(HELLO, "event: error\ndata: boom\n\n"),
    { code: "PROVIDER_FAILED", after: "hello", message: /boom/ },
  ],
  [
    "a finish reason that is an error",
    stream(HELLO, events(finish("error")), DONE),
    { code: "PROVIDER_UNAVAILABLE", after: "hello" },
  ],
];

const TOOLS: readonly Case[] = [
  [
    "a call in pieces",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "add", args: "" }),
        toolCall({ index: 0, args: '{"a"' }),
        toolCall({ index: 0, args: ":1}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    {
      toolCalls: [{ id: "c1", name: "add", argumentsText: '{"a":1}' }],
      finishReason: "tool-calls",
    },
  ],
  [
    "parallel calls, interleaved",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "a", args: "{" }),
        toolCall({ index: 1, id: "c2", name: "b", args: "[" }),
        toolCall({ index: 0, args: "}" }),
        toolCall({ index: 1, args: "]" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    {
      toolCalls: [
        { id: "c1", name: "a", argumentsText: "{}" },
        { id: "c2", name: "b", argumentsText: "[]" },
      ],
    },
  ],
  [
    "calls that begin with the second",
    stream(
      events(
        toolCall({ index: 1, id: "c2", name: "b", args: "{}" }),
        toolCall({ index: 0, id: "c1", name: "a", args: "{}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    {
      toolCalls: [
        { id: "c1", name: "a", argumentsText: "{}" },
        { id: "c2", name: "b", argumentsText: "{}" },
      ],
    },
  ],
  [
    "no index, ids",
    stream(
      events(
        toolCall({ id: "c1", name: "a", args: "{" }),
        toolCall({ id: "c1", args: "}" }),
        toolCall({ id: "c2", name: "b", args: "{}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    {
      toolCalls: [
        { id: "c1", name: "a", argumentsText: "{}" },
        { id: "c2", name: "b", argumentsText: "{}" },
      ],
    },
  ],
  [
    "no index and no id after the first piece",
    stream(
      events(
        toolCall({ id: "c1", name: "a", args: "{" }),
        toolCall({ args: "}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    { toolCalls: [{ id: "c1", name: "a", argumentsText: "{}" }] },
  ],
  [
    "whole calls that all have index 0, of Gemini",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "a", args: "{}" }),
        toolCall({ index: 0, id: "c2", name: "b", args: "{}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    {
      toolCalls: [
        { id: "c1", name: "a", argumentsText: "{}" },
        { id: "c2", name: "b", argumentsText: "{}" },
      ],
    },
  ],
  [
    "the same id in every piece",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "a", args: "{" }),
        toolCall({ index: 0, id: "c1", name: "a", args: "}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    { toolCalls: [{ id: "c1", name: "a", argumentsText: "{}" }] },
  ],
  [
    "a finish reason of stop with a call",
    stream(events(toolCall({ index: 0, id: "c1", name: "a", args: "{}" }), finish("stop")), DONE),
    { finishReason: "tool-calls" },
  ],
  [
    "a finish reason of tool_calls without one",
    stream(HELLO, events(finish("tool_calls")), DONE),
    { finishReason: "stop" },
  ],
  [
    "a call cut by length",
    stream(
      events(toolCall({ index: 0, id: "c1", name: "a", args: '{"x' }), finish("length")),
      DONE,
    ),
    { finishReason: "length", toolCalls: [{ id: "c1", name: "a", argumentsText: '{"x' }] },
  ],
  [
    "bad arguments with a finish reason: the model is told",
    stream(
      events(toolCall({ index: 0, id: "c1", name: "a", args: "nonsense" }), finish("tool_calls")),
      DONE,
    ),
    { toolCalls: [{ id: "c1", name: "a", argumentsText: "nonsense" }] },
  ],
  [
    "a whole call, [DONE], no finish reason",
    stream(events(toolCall({ index: 0, id: "c1", name: "a", args: "{}" })), DONE),
    { finishReason: "tool-calls" },
  ],
  [
    "a cut call, [DONE], no finish reason",
    stream(events(toolCall({ index: 0, id: "c1", name: "a", args: '{"x' })), DONE),
    TRUNCATED,
  ],
  [
    "a cut call, no [DONE]",
    stream(events(toolCall({ index: 0, id: "c1", name: "a", args: '{"x' }))),
    TRUNCATED,
  ],
  [
    "the old function_call",
    stream(
      events(
        delta({ function_call: { name: "a", arguments: "{" } }),
        delta({ function_call: { arguments: "}" } }),
        finish("function_call"),
      ),
      DONE,
    ),
    { toolCalls: [{ name: "a", argumentsText: "{}" } as never], finishReason: "tool-calls" },
  ],
  [
    "tool_calls: null",
    stream(events(delta({ content: "hello", tool_calls: null }), finish()), DONE),
    { text: "hello" },
  ],
  [
    "tool_calls that are text",
    stream(events(delta({ tool_calls: "x" }))),
    { ...PROTOCOL, message: /tool_calls/ },
  ],
  [
    "a tool call that is null",
    stream(events(delta({ tool_calls: [null] }))),
    { ...PROTOCOL, message: /tool_calls/ },
  ],
  [
    "a function that is text",
    stream(events(delta({ tool_calls: [{ index: 0, function: "x" }] }))),
    { ...PROTOCOL, message: /tool_calls/ },
  ],
  [
    "arguments that are an object",
    stream(events(toolCall({ index: 0, id: "c", name: "a", args: {} }))),
    { ...PROTOCOL, message: /arguments/ },
  ],
  [
    "a negative index",
    stream(events(toolCall({ index: -1, id: "c", name: "a" }))),
    { ...PROTOCOL, message: /index/ },
  ],
  [
    "a huge index",
    stream(events(toolCall({ index: 1e9, id: "c", name: "a" }))),
    { ...PROTOCOL, message: /too many/ },
  ],
  [
    "an index that is text",
    stream(events(toolCall({ index: "0", id: "c", name: "a" }))),
    { ...PROTOCOL, message: /index/ },
  ],
  [
    "a call without a name",
    stream(events(toolCall({ index: 0, id: "c", args: "{}" }), finish("tool_calls")), DONE),
    { ...PROTOCOL, message: /without a name/ },
  ],
];

describe("a chat stream is read whole", () => {
  test.for(WHOLE)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script), expected);
  });
});

describe("a broken chat stream is refused", () => {
  test.for(BROKEN)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script), expected);
  });
});

describe("tool calls of a chat stream", () => {
  test.for(TOOLS)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script), expected);
  });

  test("a call without an id is given one that is the same for all its pieces", async ({
    expect,
  }) => {
    const script = stream(
      events(
        toolCall({ index: 0, name: "a", args: "{" }),
        toolCall({ index: 0, args: "}" }),
        toolCall({ index: 1, name: "b", args: "{}" }),
        finish("tool_calls"),
      ),
      DONE,
    );
    const [first, second] = [await play(script), await play(script)];
    const ids = [first, second].flatMap(({ response }) => response?.toolCalls.map(({ id }) => id));
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
    expect(ids.every((id) => /^call_\S+$/.test(id ?? ""))).toBe(true);
    expect(first.chunks.map((piece) => ("id" in piece ? piece.id : undefined))).toEqual([
      ids[0],
      undefined,
      ids[1],
    ]);
  });
});
