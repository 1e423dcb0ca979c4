import { describe, expect, test } from "vitest";
import type { ModelResponse } from "../../../src/protocol/model.ts";
import type { ModelProvider } from "../../../src/providers/model-provider.ts";
import type { Step } from "../../support/broken-server.ts";
import { BrokenServer } from "../../support/broken-server.ts";
import { CHUNKED_END, chunk, chunkedHead, END, HELLO, whole } from "./bytes.ts";
import { CollectingSink, provider, request } from "./play.ts";

const OK: readonly Step[] = [whole(HELLO + END)];

function ask(openai: ModelProvider): Promise<ModelResponse> {
  return openai.request(request(), new CollectingSink(), new AbortController().signal);
}

describe("a connection is used again", () => {
  test.for<readonly [string, readonly Step[]]>([
    ["after a body with a length", OK],
    [
      "after a chunked body",
      [chunkedHead(), chunk(HELLO), Buffer.concat([chunk(END), Buffer.from(CHUNKED_END)])],
    ],
    ["when the body's end comes behind [DONE]", [chunkedHead(), chunk(HELLO + END), CHUNKED_END]],
    [
      "when there is more behind [DONE]",
      [chunkedHead(), chunk(HELLO + END), chunk(": bye\n\n"), CHUNKED_END],
    ],
  ])("%s", async ([, script]) => {
    const written = Promise.withResolvers<void>();
    await using server = await BrokenServer.start([...script, () => written.resolve()]);
    await using marker = await BrokenServer.start(OK);
    const openai = provider(server.url);
    await ask(openai);
    await written.promise;
    // What comes later over another connection tells that all of the first answer was read.
    await ask(provider(marker.url));
    await ask(openai);
    expect(server.requests).toHaveLength(2);
    expect(server.connections).toHaveLength(1);
  });

  test("after an error", async () => {
    await using server = await BrokenServer.start([whole('{"error":"x"}', 429)], OK);
    const openai = provider(server.url);
    await expect(ask(openai)).rejects.toMatchObject({ code: "PROVIDER_RATE_LIMITED" });
    await ask(openai);
    expect(server.connections).toHaveLength(1);
  });
});

describe("a connection is not used again", () => {
  test("when its server has closed it: a new one is made", async () => {
    await using server = await BrokenServer.start([whole(HELLO + END), "[end]"], OK);
    const openai = provider(server.url);
    await ask(openai);
    await (await server.connection()).closed;
    await ask(openai);
    expect(server.connections).toHaveLength(2);
  });

  test("when the server sends on behind [DONE]: it is closed", async () => {
    await using server = await BrokenServer.start([
      chunkedHead(),
      chunk(HELLO + END),
      { endless: chunk("x".repeat(262_144)) },
    ]);
    expect(await ask(provider(server.url))).toMatchObject({ text: "hello" });
    const connection = await server.connection();
    await connection.closed;
    // What the system holds between the two sockets, but not what half a second can carry.
    expect(connection.takenBytes).toBeLessThan(16 * 1_048_576);
  });

  test("when the server leaves the body open behind [DONE]: it is closed", async () => {
    await using server = await BrokenServer.start([chunkedHead(), chunk(HELLO + END), "[stall]"]);
    expect(await ask(provider(server.url))).toMatchObject({ text: "hello" });
    await (await server.connection()).closed;
  });

  test("while it is in use", async () => {
    const both = Promise.withResolvers<void>();
    let waiting = 0;
    const meet = (): Promise<void> => {
      if (++waiting === 2) both.resolve();
      return both.promise;
    };
    await using server = await BrokenServer.start([meet, whole(HELLO + END)]);
    const openai = provider(server.url);
    await Promise.all([ask(openai), ask(openai)]);
    expect(server.connections).toHaveLength(2);
  });
});

test("a server that drops the connection at the second request can be asked again", async () => {
  await using server = await BrokenServer.start(OK, ["[reset]"], OK);
  const openai = provider(server.url);
  await ask(openai);
  await expect(ask(openai)).rejects.toMatchObject({
    code: "PROVIDER_CONNECTION",
    details: { retryable: true },
  });
  expect(server.connections).toHaveLength(1);
  await ask(openai);
  expect(server.connections).toHaveLength(2);
});

test("close() closes idle connections and those in use", async () => {
  const [busy, idle] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const both = Promise.all([busy.promise, idle.promise]);
  const stalled: readonly Step[] = [chunkedHead(), chunk(HELLO), () => busy.resolve(), "[stall]"];
  const answered: readonly Step[] = [...OK, () => idle.resolve()];
  await using server = await BrokenServer.start(stalled, answered);
  const openai = provider(server.url);
  const refused = expect(ask(openai)).rejects.toMatchObject({ code: "PROVIDER_CONNECTION" });
  await ask(openai);
  await both;
  await openai.close?.();
  await refused;
  await Promise.all(server.connections.map((connection) => connection.closed));
  expect(server.connections).toHaveLength(2);
});
