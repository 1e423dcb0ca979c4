import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { ModelResponseChunk } from "../../../src/protocol/model.ts";
import type { ResponseSink } from "../../../src/providers/model-provider.ts";
import type { Step } from "../../support/broken-server.ts";
import { BrokenServer } from "../../support/broken-server.ts";
import { END, HELLO, head, whole } from "./bytes.ts";
import { CollectingSink, provider, request } from "./play.ts";

const REASON = new HeddleError("STEP_TIMEOUT", "took too long");
const JSON_TYPE = { "content-type": "application/json", "content-length": "999" };

/** Runs a request against `script`, which is given a step that aborts it. Resolves once the server has seen the connection go. */
async function abortDuring(
  script: (abort: () => void) => readonly Step[],
  reason: unknown = REASON,
  sink: ResponseSink = new CollectingSink(),
): Promise<unknown> {
  const abort = new AbortController();
  await using server = await BrokenServer.start(script(() => abort.abort(reason)));
  const answer = provider(server.url).request(request(), sink, abort.signal);
  const error = await answer.catch((thrown: unknown) => thrown);
  const connection = await server.connection();
  await connection.closed;
  return error;
}

describe("an abort closes the connection and rejects with its reason", () => {
  test("before the headers", async () => {
    expect(await abortDuring((abort) => [abort, "[stall]"])).toBe(REASON);
  });

  test("in the middle of the headers", async () => {
    expect(await abortDuring((abort) => ["HTTP/1.1 200 OK\r\n", abort, "[stall]"])).toBe(REASON);
  });

  test("before the first event", async () => {
    expect(await abortDuring((abort) => [head(), abort, "[stall]"])).toBe(REASON);
  });

  test("in the middle of the stream", async () => {
    const sink = new CollectingSink();
    const script = (abort: () => void): readonly Step[] => [head(), HELLO, abort, "[stall]"];
    expect(await abortDuring(script, REASON, sink)).toBe(REASON);
  });

  test("while nothing but comments comes: no chunk was written", async () => {
    const sink = new CollectingSink();
    const comments = ": ping\n\n".repeat(1_000);
    const script = (abort: () => void): readonly Step[] => [head(), comments, abort, "[stall]"];
    expect(await abortDuring(script, REASON, sink)).toBe(REASON);
    expect(sink.chunks).toEqual([]);
  });

  test("in the body of an error", async () => {
    const script = (abort: () => void): readonly Step[] => [head(JSON_TYPE, 500), abort, "[stall]"];
    expect(await abortDuring(script)).toBe(REASON);
  });

  test("in a body that is no stream", async () => {
    const script = (abort: () => void): readonly Step[] => [head(JSON_TYPE), "{", abort, "[stall]"];
    expect(await abortDuring(script)).toBe(REASON);
  });

  test("while the sink has no room", async () => {
    const full = { write: () => new Promise<void>(() => {}) };
    const script = (abort: () => void): readonly Step[] => [head(), HELLO, abort, "[stall]"];
    expect(await abortDuring(script, REASON, full)).toBe(REASON);
  });

  test("with a reason that is no error of ours", async () => {
    const error = await abortDuring((abort) => [head(), abort, "[stall]"], "user left");
    expect(error).toMatchObject({ code: "JOB_CANCELLED", message: "user left" });
  });
});

test("a request whose signal has aborted is not sent", async () => {
  await using server = await BrokenServer.start([whole(HELLO + END)]);
  const openai = provider(server.url);
  const sink = new CollectingSink();
  await expect(openai.request(request(), sink, AbortSignal.abort(REASON))).rejects.toBe(REASON);
  await openai.request(request(), sink, new AbortController().signal);
  expect(server.requests).toHaveLength(1);
});

test("an abort after the end does no harm", async () => {
  await using server = await BrokenServer.start([whole(HELLO + END)]);
  const openai = provider(server.url);
  const sink = new CollectingSink();
  const abort = new AbortController();
  await openai.request(request(), sink, abort.signal);
  abort.abort(REASON);
  await openai.request(request(), sink, new AbortController().signal);
  expect(server.connections).toHaveLength(1);
});

describe("a sink that rejects ends the request", () => {
  const refusal = new HeddleError("OUTPUT_LIMIT", "too much");

  test.for<readonly [string, (chunk: ModelResponseChunk) => Promise<void>]>([
    ["at once", () => Promise.reject(refusal)],
    ["later", () => new Promise((_, reject) => setImmediate(() => reject(refusal)))],
    [
      "at the second chunk only",
      (chunk) =>
        chunk.type === "text" && chunk.text === "lo" ? Promise.reject(refusal) : Promise.resolve(),
    ],
    [
      "by throwing",
      () => {
        throw refusal;
      },
    ],
  ])("%s", async ([, write]) => {
    await using server = await BrokenServer.start([head(), HELLO, "[stall]"]);
    const answer = provider(server.url).request(request(), { write }, new AbortController().signal);
    await expect(answer).rejects.toBe(refusal);
    await (await server.connection()).closed;
  });
});
