import { describe, test } from "vitest";
import type { Step } from "../../support/broken-server.ts";
import { DONE, delta, events, finish, HELLO, stream, toolCall } from "./bytes.ts";
import type { Expected } from "./play.ts";
import { expectOutcome, play } from "./play.ts";

type Case = readonly [name: string, script: readonly Step[], expected: Expected];

const TRUNCATED = { code: "PROVIDER_TRUNCATED", details: { retryable: true } } as const;
const PROTOCOL = { code: "PROVIDER_PROTOCOL", details: { retryable: false } } as const;

const CASES: readonly Case[] = [
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
    "arguments that are an object, of llama.cpp and TGI",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "a", args: { n: 1 } }),
        toolCall({ index: 1, id: "c2", name: "b", args: {} }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    {
      toolCalls: [
        { id: "c1", name: "a", argumentsText: '{"n":1}' },
        { id: "c2", name: "b", argumentsText: "" },
      ],
    },
  ],
  [
    "arguments that are a list",
    stream(events(toolCall({ index: 0, id: "c", name: "a", args: [] }))),
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
    "an index that is a word",
    stream(events(toolCall({ index: "first", id: "c", name: "a" }))),
    { ...PROTOCOL, message: /index/ },
  ],
  [
    "a call without a name",
    stream(events(toolCall({ index: 0, id: "c", args: "{}" }), finish("tool_calls")), DONE),
    { ...PROTOCOL, message: /without a name/ },
  ],
];

describe("tool calls of a chat stream", () => {
  test.for(CASES)("%s", async ([, script, expected]) => {
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
