import { beforeEach, describe, expect, test } from "vitest";
import type { JobEvent } from "../../../src/protocol/job.ts";
import type { ModelResponseChunk } from "../../../src/protocol/model.ts";
import { JobStream } from "../../../src/supervisor/log/job-stream.ts";
import { textOf, textRun } from "../../support/arbitraries.ts";

let stream: JobStream;
let reported: unknown[];

beforeEach(() => {
  reported = [];
  stream = new JobStream({
    windowBytes: 10,
    maxOutputBytes: 1_000,
    onHeld: () => {},
    onEvent: () => {},
    onSubscriberFailed: (error) => reported.push(error),
  });
});

const receive = (...texts: string[]) => stream.receive(textRun(...texts), 1);
const started = () => stream.log.append({ type: "started" }, 1);
const end = () => stream.log.append({ type: "cancelled", reason: "x", partial: {} }, 1);

/** What a subscriber of `chunks$` or `events$` has seen; "|" for completion. */
function watchChunks(seen: string[] = []): string[] {
  stream.fanOut.chunks$.subscribe({
    next: (chunk: ModelResponseChunk) => seen.push(textOf(chunk)),
    complete: () => seen.push("|"),
  });
  return seen;
}

function watchEvents(seen: (number | string)[] = []): (number | string)[] {
  stream.fanOut.events$.subscribe({
    next: (event: JobEvent) => seen.push(event.seq),
    complete: () => seen.push("|"),
  });
  return seen;
}

describe("LogFanOut", () => {
  test("gives what happens from the subscription on, in the turn in which it happens", () => {
    receive("before");
    const [chunks, events] = [watchChunks(), watchEvents()];
    receive("a", "b");
    started();
    expect([chunks, events]).toEqual([
      ["a", "b"],
      [1, 2, 3],
    ]);
    end();
    expect([chunks, events]).toEqual([
      ["a", "b", "|"],
      [1, 2, 3, 4, "|"],
    ]);
  });

  test("a late subscriber gets no replay, also when others came before it", () => {
    const early = watchChunks();
    receive("a");
    const late = watchChunks();
    receive("b");
    expect([early, late]).toEqual([["a", "b"], ["b"]]);
  });

  test("what came while nobody was subscribed is not given later", () => {
    const { chunks$, events$ } = stream.fanOut;
    receive("a");
    started();
    const [chunks, events] = [watchChunks(), watchEvents()];
    receive("b");
    expect([chunks, events]).toEqual([["b"], [2]]);
    expect([chunks$, events$]).toEqual([stream.fanOut.chunks$, stream.fanOut.events$]);
  });

  test("of a job that has ended, it completes at once", () => {
    receive("a");
    end();
    expect([watchChunks(), watchEvents()]).toEqual([["|"], ["|"]]);
  });

  test("an event that a subscriber causes comes after the one that it was told, for everybody", () => {
    stream.fanOut.events$.subscribe((event) => {
      if (event.type === "started") stream.log.append({ type: "state", state: "working" }, 1);
    });
    const events = watchEvents();
    started();
    expect(events).toEqual([0, 1]);
  });

  test("a subscriber may end the job: the end is told, and then no more", () => {
    stream.fanOut.chunks$.subscribe(() => {
      if (!stream.log.terminal) end();
    });
    const [chunks, events] = [watchChunks(), watchEvents()];
    receive("a", "b");
    expect(chunks).toEqual(["a", "b", "|"]);
    expect(events).toEqual([0, 1, 2, "|"]);
  });

  test("who subscribes to the events from within a chunk's turn misses none of what follows", () => {
    const events: (number | string)[] = [];
    stream.fanOut.chunks$.subscribe((chunk) => {
      if (textOf(chunk) === "a") watchEvents(events);
      if (textOf(chunk) === "c") end();
    });
    receive("a", "b", "c");
    expect(events).toEqual([1, 2, 3, "|"]);
  });

  test("a subscriber that throws is reported and stays, and the others get everything", () => {
    stream.fanOut.chunks$.subscribe(() => {
      throw new Error("mine");
    });
    const chunks = watchChunks();
    receive("a", "b");
    end();
    expect(chunks).toEqual(["a", "b", "|"]);
    expect(reported).toMatchObject([{ message: "mine" }, { message: "mine" }]);
  });

  test("holds nothing back: a subscriber is no lossless reader", () => {
    watchChunks();
    const grants: number[] = [];
    stream.openCall((bytes) => grants.push(bytes));
    for (let i = 0; i < 10; i++) receive("0123456789");
    expect(grants.at(-1)).toBe(110);
  });
});
