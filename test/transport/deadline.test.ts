import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { Deadline } from "../../src/transport/deadline.ts";
import { FakeClock } from "../support/fake-clock.ts";

let clock: FakeClock;
let expired: number[];
const start = (ms: number) => new Deadline(clock, ms, () => expired.push(clock.monotonicMs()));

beforeEach(() => {
  clock = new FakeClock();
  expired = [];
});

describe("Deadline", () => {
  test("expires after its time, once", () => {
    start(100);
    clock.advance(99);
    expect(expired).toEqual([]);
    clock.advance(1);
    clock.advance(1_000);
    expect(expired).toEqual([100]);
  });

  test("touched, it begins anew", () => {
    const deadline = start(100);
    clock.advance(90);
    deadline.touch();
    clock.advance(90);
    expect(expired).toEqual([]);
    clock.advance(10);
    expect(expired).toEqual([190]);
  });

  test("a touch costs no timer", () => {
    const deadline = start(100);
    for (let i = 0; i < 1_000; i++) deadline.touch();
    expect(clock.timersSet).toBe(1);
    expect(clock.pendingTimers).toBe(1);
  });

  test("paused, it stands still and holds no timer", () => {
    const deadline = start(100);
    clock.advance(60);
    deadline.pause();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(10_000);
    deadline.resume();
    clock.advance(39);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual([10_100]);
  });

  test("touched while paused, it has all its time when it is resumed", () => {
    const deadline = start(100);
    clock.advance(60);
    deadline.pause();
    deadline.touch();
    clock.advance(50);
    deadline.resume();
    clock.advance(99);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toHaveLength(1);
  });

  test("pausing or resuming twice is the same as once", () => {
    const deadline = start(100);
    deadline.resume();
    clock.advance(30);
    deadline.pause();
    clock.advance(30);
    deadline.pause();
    deadline.resume();
    deadline.resume();
    expect(clock.pendingTimers).toBe(1);
    clock.advance(69);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toHaveLength(1);
  });

  test("stopped, it never expires and holds no timer", () => {
    start(100).stop();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_000);
    expect(expired).toEqual([]);
  });

  test("expired, it holds no timer, and a touch does not revive it", () => {
    const deadline = start(100);
    clock.advance(100);
    deadline.touch();
    deadline.pause();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_000);
    expect(expired).toHaveLength(1);
  });

  test("a callback that stops it, as the owner may, does no harm", () => {
    const deadline: Deadline = new Deadline(clock, 10, () => {
      deadline.stop();
      expired.push(clock.monotonicMs());
    });
    clock.advance(100);
    expect(expired).toEqual([10]);
  });

  test("expires exactly when its running time since the last touch is used up", () => {
    const anyMs = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), anyMs, (steps, ms) => {
        clock = new FakeClock();
        expired = [];
        const deadline = start(ms);
        let usage: Usage = { usedMs: 0, isRunning: true };
        for (const step of steps) {
          usage = nextUsage(usage, step);
          take(deadline, step);
          expect(expired.length > 0).toBe(usage.usedMs >= ms);
          if (expired.length > 0) return;
        }
      }),
    );
  });
});

function take(deadline: Deadline, step: Step): void {
  if (step.do === "advance") clock.advance(step.ms);
  else deadline[step.do]();
}

type Step =
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "touch" | "pause" | "resume" };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("advance" as const), ms: fc.nat({ max: 60 }) }),
  fc.record({ do: fc.constantFrom("touch" as const, "pause" as const, "resume" as const) }),
);

type Usage = { readonly usedMs: number; readonly isRunning: boolean };

/** What a deadline has used of its time. */
function nextUsage(usage: Usage, step: Step): Usage {
  if (step.do === "touch") return { ...usage, usedMs: 0 };
  if (step.do !== "advance") return { ...usage, isRunning: step.do === "resume" };
  return { ...usage, usedMs: usage.usedMs + (usage.isRunning ? step.ms : 0) };
}
