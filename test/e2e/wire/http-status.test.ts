import { describe, expect, test } from "vitest";
import type { ErrorCode, ErrorDetails } from "../../../src/protocol/error.ts";
import { whole } from "./bytes.ts";
import { expectOutcome, play } from "./play.ts";

type Case = readonly [
  status: number,
  body: unknown,
  headers: { readonly [name: string]: string },
  code: ErrorCode,
  details: ErrorDetails,
];

const NO = { retryable: false } as const;
const YES = { retryable: true } as const;
const QUOTA = { error: { message: "pay", type: "insufficient_quota", code: "insufficient_quota" } };
const TOO_LONG = { error: { message: "x", code: "context_length_exceeded" } };
const VLLM = { object: "error", message: "maximum context length is 10", code: 400 };
const LLAMA = { error: { code: 400, message: "x", type: "exceed_context_size_error" } };

const CASES: readonly Case[] = [
  [400, { error: { message: "bad" } }, {}, "PROVIDER_BAD_REQUEST", { ...NO, status: 400 }],
  [413, {}, {}, "PROVIDER_CONTEXT_LENGTH", { ...NO, status: 413 }],
  [422, { detail: [{ msg: "bad" }] }, {}, "PROVIDER_BAD_REQUEST", NO],
  [418, {}, {}, "PROVIDER_BAD_REQUEST", NO],
  [400, TOO_LONG, {}, "PROVIDER_CONTEXT_LENGTH", { providerCode: "context_length_exceeded" }],
  [400, VLLM, {}, "PROVIDER_CONTEXT_LENGTH", NO],
  [400, LLAMA, {}, "PROVIDER_CONTEXT_LENGTH", NO],
  [401, { error: { message: "no" } }, {}, "PROVIDER_AUTH", { ...NO, status: 401 }],
  [403, { error: { message: "no" } }, {}, "PROVIDER_AUTH", NO],
  [402, { error: { message: "pay" } }, {}, "PROVIDER_QUOTA", NO],
  [404, { error: { message: "x", code: "model_not_found" } }, {}, "PROVIDER_NOT_FOUND", NO],
  [408, {}, {}, "PROVIDER_UNAVAILABLE", YES],
  [409, {}, {}, "PROVIDER_UNAVAILABLE", YES],
  [429, { error: { message: "slow" } }, {}, "PROVIDER_RATE_LIMITED", { ...YES, status: 429 }],
  [429, QUOTA, {}, "PROVIDER_QUOTA", NO],
  [500, {}, {}, "PROVIDER_UNAVAILABLE", { ...YES, status: 500 }],
  [503, { error: { message: "x" } }, {}, "PROVIDER_UNAVAILABLE", YES],
  [529, {}, {}, "PROVIDER_UNAVAILABLE", YES],
  [400, {}, { "x-should-retry": "true" }, "PROVIDER_BAD_REQUEST", YES],
  [500, {}, { "x-should-retry": "false" }, "PROVIDER_UNAVAILABLE", NO],
  [429, {}, { "retry-after-ms": "1500" }, "PROVIDER_RATE_LIMITED", { retryAfterMs: 1_500 }],
  [429, {}, { "retry-after": "2" }, "PROVIDER_RATE_LIMITED", { retryAfterMs: 2_000 }],
  [
    503,
    {},
    { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" },
    "PROVIDER_UNAVAILABLE",
    { retryAfterMs: 0 },
  ],
  [500, {}, { "x-request-id": "req_1" }, "PROVIDER_UNAVAILABLE", { requestId: "req_1" }],
  [301, "", { location: "https://elsewhere.test/v1" }, "PROVIDER_PROTOCOL", NO],
  [307, "", {}, "PROVIDER_PROTOCOL", NO],
  [304, "", {}, "PROVIDER_PROTOCOL", NO],
  [600, "", {}, "PROVIDER_PROTOCOL", NO],
  [999, "", {}, "PROVIDER_PROTOCOL", NO],
];

describe("an HTTP status becomes an error", () => {
  test.for(CASES)("%s %j %j", async ([status, body, headers, code, details]) => {
    const json = { "content-type": "application/json", ...headers };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expectOutcome(await play([whole(text, status, json)]), { code, details });
  });
});

describe("an error's message is what the server said", () => {
  const messageOf = async (body: string, headers = {}): Promise<string | undefined> => {
    const { error } = await play([whole(body, 400, headers)]);
    return error?.message;
  };

  test.for([
    [{ error: { message: "said" } }],
    [{ error: "said" }],
    [{ message: "said" }],
    [{ detail: "said" }],
    [[{ error: { message: "said" } }]],
  ])("in %j", async ([body]) => {
    expect(await messageOf(JSON.stringify(body))).toBe("the model server answered 400: said");
  });

  test("as text", async () => {
    expect(await messageOf("said\n so")).toBe("the model server answered 400: said so");
  });

  test("as a page: its title", async () => {
    const page = "<html><head><title>502 Bad Gateway</title></head><body>…</body></html>";
    expect(await messageOf(page)).toBe("the model server answered 400: 502 Bad Gateway");
  });

  test("without what could steer a terminal", async () => {
    expect(await messageOf(JSON.stringify({ message: "a\u001b[2Jb\r\nc" }))).toBe(
      "the model server answered 400: a [2Jb c",
    );
  });

  test("cut, when it is long", async () => {
    const message = await messageOf(JSON.stringify({ message: "x".repeat(50_000) }));
    expect(message?.length).toBeLessThan(1_100);
  });

  test("nothing, when it is compressed", async () => {
    const bytes = Buffer.from([0x1f, 0x8b, 0x08, 0xff, 0xfe]).toString("latin1");
    const { error } = await play([
      whole("", 500).replace("length: 0", "length: 5"),
      Buffer.from(bytes, "latin1"),
    ]);
    expect(error).toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    expect(error?.message).toBe("the model server answered 500: an unreadable body");
  });
});

describe("an error's body", () => {
  test("that never ends is cut, and its connection closed", async () => {
    const head = whole("", 500).replace("content-length: 0", "content-length: 999999999");
    expectOutcome(await play([head, { endless: "x".repeat(1_024) }]), {
      code: "PROVIDER_UNAVAILABLE",
      details: { status: 500 },
    });
  });

  test("that is cut off leaves the status", async () => {
    const head = whole("", 429).replace("content-length: 0", "content-length: 9999");
    expectOutcome(await play([head, '{"error":', "[reset]"]), {
      code: "PROVIDER_RATE_LIMITED",
      details: { status: 429, retryable: true },
    });
  });
});
