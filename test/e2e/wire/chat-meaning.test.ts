import { describe, test } from "vitest";
import type { Step } from "../../support/broken-server.ts";
import { DONE, delta, END, events, finish, HELLO, stream, text, usage } from "./bytes.ts";
import type { Expected } from "./play.ts";
import { expectOutcome, play } from "./play.ts";

type Case = readonly [name: string, script: readonly Step[], expected: Expected];

const CASES: readonly Case[] = [
  ["text, finish reason, [DONE]", stream(HELLO, END), { text: "hello", finishReason: "stop" }],
  ["model and id are the server's", stream(HELLO, END), { model: "m-1", id: "chatcmpl-1" }],
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
  ["no usage", stream(HELLO, END), { usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } }],
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
  ["no text at all", stream(END), { text: "", finishReason: "stop" }],
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
  ["choices: null", stream(events({ choices: null }), HELLO, END), { text: "hello" }],
  [
    "error: null in every chunk",
    stream(events({ ...text("hello"), error: null }, finish()), DONE),
    { text: "hello" },
  ],
  [
    "keys that would pollute a prototype",
    stream(
      'data: {"__proto__":{"error":"x"},"constructor":{"prototype":{"error":1}},"choices":[{"delta":{"content":"hello","__proto__":{"refusal":"x"}},"finish_reason":"stop"}]}\n\n',
      DONE,
    ),
    { text: "hello", finishReason: "stop" },
  ],
];

describe("a chat stream is understood, also of servers that are nearly compatible", () => {
  test.for(CASES)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script), expected);
  });
});
