import { beforeEach, describe, expect, test } from "vitest";
import type { WatchedThread } from "../../../src/supervisor/threads/actor-watch.ts";
import { ActorWatch } from "../../../src/supervisor/threads/actor-watch.ts";
import { FakeClock, turn } from "../../support/fake-clock.ts";

let clock: FakeClock;
let watch: ActorWatch;

beforeEach(() => {
  clock = new FakeClock();
  watch = new ActorWatch(clock);
});

/** A thread that notes what the watch does to it. */
class Subject implements WatchedThread {
  readonly heapLimitBytes = 1_000;
  readonly unresponsiveMs = 300;
  usedBytes = 0;
  looks = 0;
  pings = 0;
  readonly told: string[] = [];

  async heapBytes(): Promise<number> {
    this.looks += 1;
    return this.usedBytes;
  }

  ping(): void {
    this.pings += 1;
  }

  overLimit(usedBytes: number): void {
    this.told.push(`over limit with ${usedBytes}`);
  }

  unresponsive(forMs: number): void {
    this.told.push(`silent for ${forMs}`);
  }
}

/** Lets `ms` pass in ticks of the watch. */
async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 10) {
    clock.advance(10);
    await turn();
  }
}

describe("ActorWatch", () => {
  test("looks at nobody when nobody executes, and holds no timer", async () => {
    const watched = watch.enter(new Subject());
    expect([watch.executing, clock.pendingTimers]).toEqual([1, 1]);
    watched.leave();
    await pass(20);
    expect([watch.executing, clock.pendingTimers]).toEqual([0, 0]);
  });

  test("one timer is enough for any number of threads", () => {
    for (let i = 0; i < 50; i++) watch.enter(new Subject());
    expect(clock.pendingTimers).toBe(1);
  });

  test("looks at a heap ten times a second, near its limit a hundred times", async () => {
    const thread = new Subject();
    watch.enter(thread);
    await pass(1_000);
    expect(thread.looks).toBeLessThanOrEqual(11);
    expect(thread.looks).toBeGreaterThanOrEqual(9);
    thread.usedBytes = 501;
    await pass(110);
    thread.looks = 0;
    await pass(100);
    expect(thread.looks).toBe(10);
  });

  test("tells a thread that is over its limit, and no other", async () => {
    const [greedy, other] = [new Subject(), new Subject()];
    greedy.usedBytes = 1_001;
    other.usedBytes = 1_000;
    watch.enter(greedy);
    watch.enter(other);
    await pass(10);
    expect([greedy.told, other.told]).toEqual([["over limit with 1001"], []]);
  });

  test("a look that comes back after the thread has left tells nothing", async () => {
    const thread = new Subject();
    const gate = Promise.withResolvers<number>();
    thread.heapBytes = () => gate.promise;
    const watched = watch.enter(thread);
    await pass(10);
    watched.leave();
    gate.resolve(9_999);
    await turn();
    expect(thread.told).toEqual([]);
  });

  test("does not look again while a look is under way; a thread that has ended needs none", async () => {
    const thread = new Subject();
    const gate = Promise.withResolvers<number>();
    let looks = 0;
    thread.heapBytes = () => {
      looks += 1;
      return gate.promise;
    };
    watch.enter(thread);
    await pass(500);
    expect(looks).toBe(1);
    gate.reject(new Error("ended"));
    await pass(200);
    expect(looks).toBeGreaterThan(1);
  });

  test("a thread that answers is asked again, and never told to be silent", async () => {
    const thread = new Subject();
    const watched = watch.enter(thread);
    thread.ping = () => {
      thread.pings += 1;
      watched.answered();
    };
    await pass(1_000);
    expect(thread.told).toEqual([]);
    expect(thread.pings).toBeGreaterThanOrEqual(8);
  });

  test("a thread that does not answer is told once, and again after a sign of life", async () => {
    const thread = new Subject();
    const watched = watch.enter(thread);
    await pass(390);
    expect(thread.told).toEqual([]);
    await pass(10);
    expect(thread.told).toEqual(["silent for 300"]);
    await pass(2_000);
    expect([thread.told.length, thread.pings]).toEqual([1, 1]);
    watched.answered();
    await pass(310);
    expect(thread.told).toHaveLength(2);
  });
});
