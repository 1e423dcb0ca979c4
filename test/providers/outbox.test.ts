import { beforeEach, describe, expect, test } from "vitest";
import type { ChunkFrame } from "../../src/protocol/gateway-messages.ts";
import { Outbox } from "../../src/providers/outbox.ts";
import { ChunkLane } from "../../src/transport/chunk-frame.ts";
import { FakeClock, turn } from "../support/fake-clock.ts";

let clock: FakeClock;
let frames: ChunkFrame[];
let outbox: Outbox;
let lanes: Map<number, ChunkLane>;

beforeEach(() => {
  clock = new FakeClock();
  frames = [];
  outbox = new Outbox(clock, (frame) => frames.push(frame));
  lanes = new Map();
});

function add(text: string, requestId = 1): void {
  const lane = lanes.get(requestId) ?? new ChunkLane(requestId);
  lanes.set(requestId, lane);
  outbox.add(lane, { type: "text", text }, Buffer.byteLength(text));
}

const sent = () => frames.map((frame) => frame.texts.join(""));

/** Whether `promise` has settled by the end of this turn. */
async function isSettled(promise: Promise<void> | undefined): Promise<boolean> {
  let settled = false;
  void promise?.then(() => (settled = true));
  await turn();
  return settled;
}

describe("Outbox", () => {
  test("a chunk after a pause is sent at the end of the same turn, with its company", async () => {
    add("a");
    add("b", 2);
    expect(sent()).toEqual([]);
    await turn();
    expect(sent()).toEqual(["ab"]);
    expect(clock.timersSet).toBe(0);
  });

  test("a chunk that follows closely is held for 4 ms since the last frame, at most", async () => {
    add("a");
    await turn();
    clock.advance(1);
    add("b");
    await turn();
    clock.advance(1);
    add("c");
    clock.advance(1.9);
    expect(sent()).toEqual(["a"]);
    clock.advance(0.1);
    expect(sent()).toEqual(["a", "bc"]);
  });

  test("after a pause of 4 ms the next chunk goes at once again", async () => {
    add("a");
    await turn();
    clock.advance(4);
    add("b");
    await turn();
    expect(sent()).toEqual(["a", "b"]);
  });

  test("at a steady high rate there is one frame every 4 ms", async () => {
    add("a");
    await turn();
    for (let i = 0; i < 100; i++) {
      add("x");
      clock.advance(1);
    }
    expect(frames.length).toBe(26);
    expect(clock.pendingTimers).toBeLessThanOrEqual(1);
  });

  test("a frame of 2,048 chunks is sent at once", () => {
    for (let i = 0; i < 4_100; i++) add("x");
    expect(frames.map((frame) => frame.ends.length)).toEqual([2_048, 2_048]);
  });

  test("a frame of 128 KiB is sent at once", () => {
    for (let i = 0; i < 260; i++) add("é".repeat(512));
    expect(frames.map((frame) => frame.ends.length)).toEqual([128, 128]);
  });

  test("a chunk larger than a frame goes whole, by itself", () => {
    add("x".repeat(1_000_000));
    expect(frames.map((frame) => frame.ends.length)).toEqual([1]);
  });

  test("flush sends what there is, once, and nothing when there is nothing", async () => {
    outbox.flush();
    add("a");
    outbox.flush();
    outbox.flush();
    await turn();
    expect(sent()).toEqual(["a"]);
    add("b");
    outbox.flush();
    clock.advance(10);
    expect(sent()).toEqual(["a", "b"]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("chunks of all requests leave together, each request's in the order in which they came", async () => {
    for (const [i, text] of ["a", "b", "c", "d"].entries()) add(text, i % 2);
    await turn();
    expect(frames[0]).toMatchObject({ texts: ["ac", "bd"], requestIds: [0, 1] });
  });
});

describe("Outbox.congestion()", () => {
  function sendFrames(count: number): void {
    for (let i = 0; i < count; i++) {
      add("x");
      outbox.flush();
    }
  }

  test("comes with the thirty-second frame that was not processed, and goes when one is", async () => {
    sendFrames(31);
    expect(outbox.congestion()).toBeUndefined();
    sendFrames(1);
    const congestion = outbox.congestion();
    expect(await isSettled(congestion)).toBe(false);
    outbox.acknowledge(1);
    expect(outbox.congestion()).toBeUndefined();
    expect(await isSettled(congestion)).toBe(true);
  });

  test("stays while there are still too many", async () => {
    sendFrames(36);
    const congestion = outbox.congestion();
    outbox.acknowledge(4);
    expect(outbox.congestion()).toBe(congestion);
    outbox.acknowledge(5);
    expect(await isSettled(congestion)).toBe(true);
  });

  test("acknowledgements are cumulative: a late or repeated one takes nothing back", () => {
    sendFrames(32);
    outbox.acknowledge(8);
    outbox.acknowledge(8);
    outbox.acknowledge(4);
    sendFrames(7);
    expect(outbox.congestion()).toBeUndefined();
    sendFrames(1);
    expect(outbox.congestion()).toBeDefined();
  });

  test("does not hold frames back: what was taken is sent", () => {
    sendFrames(40);
    expect(frames).toHaveLength(40);
  });
});
