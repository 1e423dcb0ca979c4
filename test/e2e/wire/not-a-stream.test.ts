import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Step } from "../../support/broken-server.ts";
import { BrokenServer } from "../../support/broken-server.ts";
import { END, HELLO, head, stream, whole } from "./bytes.ts";
import type { Expected } from "./play.ts";
import { CollectingSink, expectOutcome, play, provider, request } from "./play.ts";

type Case = readonly [name: string, script: readonly Step[], expected: Expected];

const PROTOCOL = { code: "PROVIDER_PROTOCOL", details: { retryable: false } } as const;
const LOST = { code: "PROVIDER_CONNECTION", details: { retryable: true } } as const;
const JSON_TYPE = { "content-type": "application/json" };

function json(value: unknown): readonly Step[] {
  return [whole(JSON.stringify(value), 200, JSON_TYPE)];
}

const CASES: readonly Case[] = [
  [
    "an HTML page",
    [whole("<!doctype html><p>hi", 200, { "content-type": "text/html" })],
    { ...PROTOCOL, message: /base URL/ },
  ],
  [
    "a whole response of the other API",
    json({ object: "response", output: [] }),
    { ...PROTOCOL, message: /api: "responses"/ },
  ],
  [
    "JSON with an error in it, as an event stream",
    stream(JSON.stringify({ error: { message: "slow down", code: "rate_limit_exceeded" } })),
    { code: "PROVIDER_RATE_LIMITED", message: /slow down/ },
  ],
  [
    "JSON with an error without the field, of MiniMax",
    json({ base_resp: { status_code: 1004, status_msg: "login fail" } }),
    { code: "PROVIDER_AUTH", message: /login fail/ },
  ],
  [
    "plain words",
    [whole("upstream gone", 200, { "content-type": "text/plain" })],
    { ...PROTOCOL, message: /text\/plain/ },
  ],
  [
    "JSON with an error in it",
    json({ error: { message: "slow down", code: "rate_limit_exceeded" } }),
    { code: "PROVIDER_RATE_LIMITED", details: { retryable: true }, message: /slow down/ },
  ],
  ["other JSON", json({ ok: true }), { ...PROTOCOL, message: /application\/json/ }],
  ["JSON that is none", [whole("{", 200, JSON_TYPE)], PROTOCOL],
  ["a long JSON body", [whole(`["${"x".repeat(200_000)}"]`, 200, JSON_TYPE)], PROTOCOL],
  ["an endless JSON body", [head(JSON_TYPE), { endless: "x".repeat(1_024) }], PROTOCOL],
  ["204", [whole("", 204)], { ...PROTOCOL, message: /204/ }],
  ["205", [whole("", 205)], { ...PROTOCOL, message: /205/ }],
  ["an empty body", [whole("")], { code: "PROVIDER_TRUNCATED", details: { retryable: true } }],
  [
    "a stream that is packed in an unknown way",
    [head({ "content-encoding": "compress" }), gzipSync(HELLO + END), "[end]"],
    { ...PROTOCOL, message: /compress/ },
  ],
  [
    "a gzipped stream that does not say so",
    stream(gzipSync(HELLO + END)),
    { code: "PROVIDER_TRUNCATED" },
  ],
  [
    "an HTML page without a type",
    [head().replace(/content-type.*\r\n/, ""), "<!doctype html>\n\n<p>hi", "[end]"],
    { code: "PROVIDER_TRUNCATED" },
  ],
  ["no HTTP at all", ["SSH-2.0-OpenSSH_9.9\r\n", "[stall]"], { ...PROTOCOL, message: /HTTP/ }],
  [
    "garbage among the headers",
    ["HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", "[stall]"],
    { ...PROTOCOL, message: /HTTP/ },
  ],
  [
    "headers without end",
    ["HTTP/1.1 200 OK\r\n", { endless: `x-header: ${"x".repeat(1_000)}\r\n` }],
    { ...PROTOCOL, message: /HTTP/ },
  ],
  ["half a head", ["HTTP/1.1 200 OK\r\ncontent-ty", "[end]"], LOST],
  ["an end in place of an answer", ["[end]"], LOST],
  ["a reset in place of an answer", ["[reset]"], LOST],
];

describe("what is no event stream is refused", () => {
  test.for(CASES)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script), expected);
  });
});

const ANSWER = {
  object: "chat.completion",
  model: "m-2",
  choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
};

describe("an answer that is not called an event stream is read for what it is", () => {
  test.for([
    "text/plain; charset=utf-8",
    "application/octet-stream",
    "application/json",
    "text/html",
  ])("an event stream as %s", async (type) => {
    const script = [whole(HELLO + END, 200, { "content-type": type })];
    expectOutcome(await play(script), { text: "hello", finishReason: "stop" });
  });

  test.for(["application/json", "text/event-stream", "text/plain"])(
    "a whole answer as %s",
    async (type) => {
      const script = [whole(JSON.stringify(ANSWER, null, 2), 200, { "content-type": type })];
      expectOutcome(await play(script), {
        text: "hello",
        finishReason: "stop",
        model: "m-2",
        usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 },
        warnings: [expect.stringMatching(/does not stream/)],
      });
    },
  );

  test("byte by byte", async () => {
    const bytes = [...Buffer.from(HELLO + END)].map((byte) => Buffer.from([byte]));
    const script = [head({ "content-type": "text/plain" }), ...bytes, "[end]" as const];
    expectOutcome(await play(script), { text: "hello", finishReason: "stop" });
  });
});

describe("a line that is too long is refused, and its connection closed", () => {
  const LINE = { ...PROTOCOL, message: /too long/ } as const;

  test("an endless line of data, long before it has filled any memory", async () => {
    await using server = await BrokenServer.start([
      head(),
      "data: ",
      { endless: "x".repeat(65_536) },
    ]);
    const sink = new CollectingSink();
    const answer = provider(server.url).request(request(), sink, new AbortController().signal);
    await expect(answer).rejects.toMatchObject({ code: "PROVIDER_PROTOCOL" });
    const connection = await server.connection();
    await connection.closed;
    // One MB of line, and what the system holds between the two sockets.
    expect(connection.takenBytes).toBeLessThan(16 * 1_048_576);
  });

  test("an endless event of many lines", async () => {
    expectOutcome(await play([head(), { endless: `data: ${"x".repeat(1_000)}\n` }]), LINE);
  });

  test("a line that is just too long, and one that is just not", async () => {
    const line = (length: number): string => {
      const rest = '{"choices":[{"delta":{"content":""}}]}'.length;
      return `data: {"choices":[{"delta":{"content":"${"x".repeat(length - rest)}"}}]}\n\n`;
    };
    const options = { maxLineBytes: 2_048 };
    expectOutcome(await play(stream(line(2_049), END), options), LINE);
    expectOutcome(await play(stream(line(2_048), END), options), { finishReason: "stop" });
  });

  test("a long comment is none of our business", async () => {
    const comment = `: ${"x".repeat(3 * 1_048_576)}\n\n`;
    expectOutcome(await play(stream(comment, HELLO, END)), { text: "hello" });
  });
});

test("a refused connection can be tried again", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const openai = provider(`http://127.0.0.1:${port}`);
  const answer = openai.request(request(), new CollectingSink(), new AbortController().signal);
  await expect(answer).rejects.toMatchObject({
    code: "PROVIDER_CONNECTION",
    message: "the model server refused the connection (ECONNREFUSED)",
    details: { retryable: true },
  });
});

test("a server without TLS under https is not asked again, and is named", async () => {
  const server = createServer((socket) =>
    socket.on("error", () => {}).end("HTTP/1.1 400 No\r\n\r\n"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const openai = provider(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const answer = openai.request(request(), new CollectingSink(), new AbortController().signal);
  await expect(answer).rejects.toMatchObject({
    code: "PROVIDER_CONNECTION",
    message: expect.stringContaining("does not speak TLS"),
    details: { retryable: false },
  });
  server.close();
});
