import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { BrokenServer } from "../../support/broken-server.ts";
import { blocked, DoorSink } from "../../support/door-sink.ts";
import { chunk, chunkedHead, events, head, text } from "./bytes.ts";
import { provider, request } from "./play.ts";

const EVENT = events(text("x".repeat(1_000)));
/** One read of a socket, the body's buffer, and what both hold of an event that is not whole. */
const MAX_OVERSHOOT_BYTES = 192 * 1_024;

describe("a sink without room holds the server back", () => {
  test.for([
    ["a chunk of HTTP for each event", [chunkedHead(), { endless: chunk(EVENT) }]],
    ["events in large pieces", [head(), { endless: EVENT.repeat(60) }]],
  ] as const)("%s", async ([, script]) => {
    await using server = await BrokenServer.start(script);
    const sink = new DoorSink();
    const abort = new AbortController();
    sink.shut();
    const answer = provider(server.url).request(request(), sink, abort.signal);
    const connection = await server.connection();

    await blocked(connection, sink);
    expect(sink.receivedBytes).toBeGreaterThan(0);
    expect(sink.receivedBytes).toBeLessThan(MAX_OVERSHOOT_BYTES);

    for (const round of [1, 2]) {
      const taken = connection.takenBytes;
      sink.open();
      while (connection.takenBytes < taken + 1_048_576) await delay(1);
      sink.shut();
      const received = sink.receivedBytes;
      await blocked(connection, sink);
      expect([round, sink.receivedBytes - received < MAX_OVERSHOOT_BYTES]).toEqual([round, true]);
    }

    abort.abort("enough");
    await expect(answer).rejects.toMatchObject({ code: "JOB_CANCELLED" });
    await connection.closed;
  });
});

test("an end that comes while there is no room waits for it", async () => {
  const lines = events(text("hello"), { choices: [{ delta: {}, finish_reason: "stop" }] });
  await using server = await BrokenServer.start([head(), lines, "[end]"]);
  const sink = new DoorSink();
  sink.shut();
  const states: string[] = [];
  const answer = provider(server.url).request(request(), sink, new AbortController().signal);
  const ended = answer.then(() => states.push("ended"));
  await (await server.connection()).closed;
  states.push("opened");
  sink.open();
  await ended;
  expect(states).toEqual(["opened", "ended"]);
  expect(sink.receivedBytes).toBe(5);
});
