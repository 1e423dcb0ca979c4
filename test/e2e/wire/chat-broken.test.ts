import { describe, test } from "vitest";
import type { Step } from "../../support/broken-server.ts";
import {
  chunk,
  chunkedHead,
  DONE,
  delta,
  END,
  events,
  finish,
  HELLO,
  head,
  stream,
  text,
  usage,
} from "./bytes.ts";
import type { Expected } from "./play.ts";
import { expectOutcome, play } from "./play.ts";

type Case = readonly [name: string, script: readonly Step[], expected: Expected];

const TRUNCATED = { code: "PROVIDER_TRUNCATED", details: { retryable: true } } as const;
const PROTOCOL = { code: "PROVIDER_PROTOCOL", details: { retryable: false } } as const;

const CASES: readonly Case[] = [
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
    stream(HELLO, "data: {nonsense}\n\n", END),
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
    { ...PROTOCOL, message: /HTTP/ },
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
    "an error in the choice, of OpenRouter",
    stream(
      HELLO,
      events({
        choices: [{ delta: {}, finish_reason: "error", error: { code: 502, message: "boom" } }],
      }),
    ),
    { code: "PROVIDER_UNAVAILABLE", after: "hello", message: /boom/ },
  ],
  [
    "an error in fields of its own, of a gateway",
    stream(events({ choices: null, error_type: "BadRequestError", error_message: "no such role" })),
    { code: "PROVIDER_BAD_REQUEST", message: /no such role/, details: { retryable: false } },
  ],
  [
    "a code and a message, of DashScope",
    stream(events({ code: "InvalidParameter", message: "no such role", request_id: "r" })),
    { code: "PROVIDER_BAD_REQUEST", message: /no such role/ },
  ],
  [
    "base_resp, of MiniMax",
    stream(events({ choices: null, base_resp: { status_code: 1004, status_msg: "login fail" } })),
    { code: "PROVIDER_AUTH", message: /login fail/ },
  ],
  [
    "base_resp without words",
    stream(events({ choices: null, base_resp: { status_code: 1008, status_msg: "" } })),
    { code: "PROVIDER_QUOTA" },
  ],
];

describe("a broken chat stream is refused", () => {
  test.for(CASES)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script), expected);
  });
});
