import { describe, expect, test } from "vitest";
import type { Step } from "../../support/broken-server.ts";
import { DONE, events, head, named, stream } from "./bytes.ts";
import type { Expected } from "./play.ts";
import { expectOutcome, play } from "./play.ts";
import {
  args,
  CREATED,
  call,
  callAdded,
  callDone,
  completed,
  END,
  HELLO,
  of,
  text,
} from "./responses-bytes.ts";

type Case = readonly [name: string, script: readonly Step[], expected: Expected];

const USAGE = {
  input_tokens: 3,
  output_tokens: 4,
  total_tokens: 7,
  input_tokens_details: { cached_tokens: 1 },
  output_tokens_details: { reasoning_tokens: 2 },
};

const WHOLE: readonly Case[] = [
  [
    "text",
    stream(CREATED, HELLO, END),
    { text: "hello", finishReason: "stop", id: "resp_1", model: "m-1" },
  ],
  [
    "usage",
    stream(CREATED, HELLO, completed({ usage: USAGE })),
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
    "events with a name only",
    stream(
      `event: response.output_text.delta\ndata: {"delta":"hello"}\n\n`,
      "event: response.completed\ndata: {}\n\n",
    ),
    { text: "hello" },
  ],
  ["events with a type only", stream(events(text("hello")), END), { text: "hello" }],
  ["a connection that is left open", [head(), HELLO, END, "[stall]"], { text: "hello" }],
  ["[DONE] behind the end", stream(HELLO, END, DONE), { text: "hello" }],
  [
    "unknown events",
    stream(HELLO, named(of("web_search_call.searching"), { type: "keepalive" }), END),
    { text: "hello" },
  ],
  [
    "other output items",
    stream(named(of("output_item.added", { item: { type: "reasoning", id: "rs_1" } })), HELLO, END),
    { text: "hello", toolCalls: [] },
  ],
  [
    "text that comes whole only",
    stream(named(of("output_text.done", { text: "hello" })), END),
    { text: "hello" },
  ],
  [
    "text in deltas and whole is one text",
    stream(HELLO, named(of("output_text.done", { text: "hello" })), END),
    { text: "hello" },
  ],
  [
    "two parts of text",
    stream(
      HELLO,
      named(of("output_text.done", { text: "hello" }), of("output_text.done", { text: " you" })),
      END,
    ),
    { text: "hello you" },
  ],
  [
    "reasoning text",
    stream(named(of("reasoning_text.delta", { delta: "hm" })), HELLO, END),
    { reasoning: "hm", text: "hello" },
  ],
  [
    "a reasoning summary of two parts",
    stream(
      named(
        of("reasoning_summary_part.added", { summary_index: 0 }),
        of("reasoning_summary_text.delta", { delta: "a" }),
        of("reasoning_summary_part.added", { summary_index: 1 }),
        of("reasoning_summary_text.delta", { delta: "b" }),
      ),
      HELLO,
      END,
    ),
    { reasoning: "a\n\nb" },
  ],
  [
    "a refusal",
    stream(named(of("refusal.delta", { delta: "no" }), of("refusal.done", { refusal: "no" })), END),
    { refusal: "no", finishReason: "refusal" },
  ],
  [
    "a refusal that comes whole only",
    stream(named(of("refusal.done", { refusal: "no" })), END),
    { refusal: "no", finishReason: "refusal" },
  ],
  [
    "too long",
    stream(
      HELLO,
      named(
        of("incomplete", { response: { incomplete_details: { reason: "max_output_tokens" } } }),
      ),
    ),
    { text: "hello", finishReason: "length" },
  ],
  [
    "too long, and called completed",
    stream(HELLO, completed({ status: "incomplete" })),
    { finishReason: "length" },
  ],
  [
    "content filter",
    stream(
      HELLO,
      named(of("incomplete", { response: { incomplete_details: { reason: "content_filter" } } })),
    ),
    { finishReason: "content-filter" },
  ],
  [
    "a tool call in pieces",
    stream(named(callAdded(0), args(0, '{"a"'), args(0, ":1}"), callDone(0, '{"a":1}')), END),
    { toolCalls: [call(0, '{"a":1}')], finishReason: "tool-calls" },
  ],
  [
    "parallel tool calls behind a message",
    stream(HELLO, named(callAdded(1), callAdded(2), args(2, "[]"), args(1, "{}")), END),
    { text: "hello", toolCalls: [call(1, "{}"), call(2, "[]")] },
  ],
  [
    "a tool call with its arguments whole only",
    stream(
      named(callAdded(0), of("function_call_arguments.done", { item_id: "fc_0", arguments: "{}" })),
      END,
    ),
    { toolCalls: [call(0, "{}")] },
  ],
  [
    "a tool call that comes whole only",
    stream(named(callDone(0, "{}")), END),
    { toolCalls: [call(0, "{}")] },
  ],
  [
    "tool calls without item ids",
    stream(
      named(
        callAdded(0, { id: undefined }),
        of("function_call_arguments.delta", { output_index: 0, delta: "{}" }),
      ),
      END,
    ),
    { toolCalls: [call(0, "{}")] },
  ],
  [
    "too long, in a tool call",
    stream(named(callAdded(0), args(0, '{"a')), completed({ status: "incomplete" })),
    { finishReason: "length", toolCalls: [call(0, '{"a')] },
  ],
];

describe("a stream of the Responses API is read whole", () => {
  test.for(WHOLE)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script, { api: "responses" }), expected);
  });
});

test("it asks the Responses API, and that nothing be stored", async () => {
  const { requests } = await play(stream(HELLO, END), { api: "responses" });
  expect(requests[0]?.path).toBe("/v1/responses");
  expect(JSON.parse(requests[0]?.body ?? "")).toMatchObject({
    model: "m-1",
    stream: true,
    store: false,
  });
});
