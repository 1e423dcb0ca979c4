import { describe, test } from "vitest";
import type { Step } from "../../support/broken-server.ts";
import { DONE, events, head, named, stream } from "./bytes.ts";
import type { Expected } from "./play.ts";
import { expectOutcome, play } from "./play.ts";
import { args, CREATED, callAdded, END, HELLO, of, text } from "./responses-bytes.ts";

type Case = readonly [name: string, script: readonly Step[], expected: Expected];

const TRUNCATED = { code: "PROVIDER_TRUNCATED", details: { retryable: true } } as const;
const PROTOCOL = { code: "PROVIDER_PROTOCOL", details: { retryable: false } } as const;

const BROKEN: readonly Case[] = [
  ["a clean end before the end", stream(CREATED, HELLO), { ...TRUNCATED, after: "hello" }],
  ["[DONE] before the end", [head(), HELLO, DONE, "[stall]"], { ...TRUNCATED, after: "hello" }],
  ["an empty body", stream(), TRUNCATED],
  [
    "a reset",
    [head(), HELLO, "[reset]"],
    { code: "PROVIDER_CONNECTION", after: "hello", details: { retryable: true } },
  ],
  [
    "cancelled by the server",
    stream(HELLO, named(of("cancelled", { response: {} }))),
    { ...TRUNCATED, after: "hello" },
  ],
  [
    "incomplete for another reason",
    stream(
      HELLO,
      named(of("incomplete", { response: { incomplete_details: { reason: "steered" } } })),
    ),
    { ...TRUNCATED, after: "hello", message: /steered/ },
  ],
  [
    "failed",
    stream(
      HELLO,
      named(of("failed", { response: { error: { code: "server_error", message: "boom" } } })),
    ),
    {
      code: "PROVIDER_UNAVAILABLE",
      after: "hello",
      message: /boom/,
      details: { retryable: true, providerCode: "server_error" },
    },
  ],
  [
    "failed, without saying why",
    stream(named(of("failed", { response: {} }))),
    { code: "PROVIDER_FAILED" },
  ],
  [
    "a rate limit",
    stream(
      named(of("failed", { response: { error: { code: "rate_limit_exceeded", message: "x" } } })),
    ),
    { code: "PROVIDER_RATE_LIMITED" },
  ],
  [
    "an error event",
    stream(HELLO, named({ type: "error", code: "insufficient_quota", message: "pay" } as never)),
    { code: "PROVIDER_QUOTA", after: "hello", message: /pay/ },
  ],
  [
    "an error event with the error inside",
    stream(
      named({ type: "error", error: { code: "context_length_exceeded", message: "x" } } as never),
    ),
    { code: "PROVIDER_CONTEXT_LENGTH" },
  ],
  [
    "an error without a type",
    stream(events({ error: { message: "boom", type: "server_error" } })),
    { code: "PROVIDER_UNAVAILABLE" },
  ],
  ["an event without a type", stream(events({ delta: "x" })), { ...PROTOCOL, message: /type/ }],
  ["an event that is text", stream('data: "x"\n\n'), PROTOCOL],
  [
    "an event that is not JSON",
    stream("event: response.created\ndata: {\n\n", END),
    { ...PROTOCOL, message: /JSON/ },
  ],
  ["a delta that is a number", stream(named(text(5))), { ...PROTOCOL, message: /delta/ }],
  [
    "arguments that are an object",
    stream(named(callAdded(0), args(0, {}))),
    { ...PROTOCOL, message: /delta/ },
  ],
  [
    "a tool call without a name",
    stream(named(callAdded(0, { name: 5 })), END),
    { ...PROTOCOL, message: /without a name/ },
  ],
  [
    "ids that cannot be made text",
    stream(named(callAdded(0, { id: { toString: 5 }, call_id: {} }), text("x"))),
    { ...TRUNCATED, after: "x" },
  ],
  [
    "a response that is text",
    stream(named(of("completed", { response: "x" }))),
    { ...PROTOCOL, message: /response/ },
  ],
];

describe("a broken stream of the Responses API is refused", () => {
  test.for(BROKEN)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script, { api: "responses" }), expected);
  });
});
