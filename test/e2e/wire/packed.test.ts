import { brotliCompressSync, createGzip, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { Step } from "../../support/broken-server.ts";
import { BrokenServer } from "../../support/broken-server.ts";
import { CHUNKED_END, chunk, chunkedHead, END, HELLO, head } from "./bytes.ts";
import { CollectingSink, expectOutcome, KEY, play, provider, request } from "./play.ts";

/** A body that is flushed after each of its parts. */
async function flushed(...parts: readonly string[]): Promise<readonly Buffer[]> {
  const gzip = createGzip();
  const sent: Buffer[] = [];
  let part: Buffer[] = [];
  gzip.on("data", (bytes: Buffer) => part.push(bytes));
  for (const text of parts) {
    gzip.write(text);
    await new Promise<void>((resolve) => gzip.flush(() => resolve()));
    sent.push(Buffer.concat(part));
    part = [];
  }
  return sent;
}

describe("a stream that its server packs, unasked, is read", () => {
  test.for<readonly [string, (text: string) => Buffer]>([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
  ])("%s", async ([encoding, pack]) => {
    const script = [head({ "content-encoding": encoding }), pack(HELLO + END), "[end]"] as const;
    expectOutcome(await play(script), { text: "hello", finishReason: "stop" });
  });

  test("chunk by chunk, as it comes", async () => {
    const [first = Buffer.alloc(0)] = await flushed(HELLO, END);
    const abort = new AbortController();
    const sink = new CollectingSink();
    const script = [chunkedHead({ "content-encoding": "gzip" }), chunk(first), "[stall]"] as const;
    await using server = await BrokenServer.start(script);
    const answer = provider(server.url).request(request(), sink, abort.signal);
    await expect.poll(() => sink.chunks.length, { timeout: 30_000 }).toBe(2);
    abort.abort(new HeddleError("STEP_TIMEOUT", "enough"));
    await expect(answer).rejects.toMatchObject({ code: "STEP_TIMEOUT" });
    await (await server.connection()).closed;
  });

  test("and its connection is used again", async () => {
    const body = gzipSync(HELLO + END);
    const script: readonly Step[] = [
      chunkedHead({ "content-encoding": "gzip" }),
      chunk(body),
      CHUNKED_END,
    ];
    await using server = await BrokenServer.start(script);
    const openai = provider(server.url);
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i++) {
      const response = await openai.request(request(), new CollectingSink(), signal);
      expect(response.text).toBe("hello");
    }
    await openai.close?.();
    expect(server.connections.length).toBeLessThan(3);
  });

  test("an error that comes packed is understood", async () => {
    const body = gzipSync(
      JSON.stringify({ error: { message: `bad key ${KEY}`, code: "invalid_api_key" } }),
    );
    const headers = { "content-encoding": "gzip", "content-type": "application/json" };
    const played = await play([head(headers, 401), body, "[end]"]);
    expectOutcome(played, { code: "PROVIDER_AUTH", message: /bad key \[secret\]/ });
  });
});

describe("one that cannot be unpacked is the server's fault, and not tried again", () => {
  const PROTOCOL = { code: "PROVIDER_PROTOCOL", details: { retryable: false } } as const;
  const packed = (body: Buffer): readonly Step[] => [
    head({ "content-encoding": "gzip" }),
    body,
    "[end]",
  ];

  test("junk", async () => {
    const played = await play(packed(Buffer.from(HELLO + END)));
    expectOutcome(played, { ...PROTOCOL, message: /packed its answer, unasked, and .*gzip/ });
  });

  test("a bomb without an end", async () => {
    const bomb = gzipSync(Buffer.alloc(300 * 1_024 * 1_024, ": ping\n\n"));
    const played = await play(packed(bomb));
    expectOutcome(played, { ...PROTOCOL, message: /is larger than 268435456 bytes/ });
  });

  test("one that is cut", async () => {
    const played = await play(packed(gzipSync(HELLO).subarray(0, -10)));
    expect(played.error).toMatchObject(PROTOCOL);
  });

  test("an empty one has no response", async () => {
    expectOutcome(await play(packed(Buffer.alloc(0))), { code: "PROVIDER_TRUNCATED" });
  });
});
