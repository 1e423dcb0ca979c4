import { beforeEach, describe, expect, test } from "vitest";
import type { WorkerState } from "../../src/protocol/worker.ts";
import { WorkerStates } from "../../src/supervisor/worker-states.ts";
import { FakeRuntime } from "./threads/fake-thread.ts";

let runtime: FakeRuntime;
let states: WorkerStates;

beforeEach(() => {
  runtime = new FakeRuntime();
  states = new WorkerStates(runtime);
});

/** What a subscriber sees from now on. */
function follow(): (WorkerState | "complete")[] {
  const seen: (WorkerState | "complete")[] = [];
  states.observable.subscribe({
    next: (state) => seen.push(state),
    complete: () => seen.push("complete"),
  });
  return seen;
}

describe("WorkerStates", () => {
  test("begins idle, and with the present state for each who comes later", () => {
    const first = follow();
    states.next("working");
    const second = follow();
    states.next("idle");
    expect(first).toEqual(["idle", "working", "idle"]);
    expect(second).toEqual(["working", "idle"]);
    expect(states.present).toBe("idle");
  });

  test("knows the state also when nobody has asked for it before", () => {
    states.next("working");
    expect(states.present).toBe("working");
    expect(follow()).toEqual(["working"]);
  });

  test("completes, also for those who come after that", () => {
    const before = follow();
    states.next("stopped");
    states.complete();
    expect(before).toEqual(["idle", "stopped", "complete"]);
    expect(follow()).toEqual(["complete"]);
  });

  test("completes also when nobody was there", () => {
    states.complete();
    expect(follow()).toEqual(["complete"]);
  });

  test("a subscriber that throws is reported, and stays", () => {
    let calls = 0;
    states.observable.subscribe(() => {
      calls += 1;
      throw new TypeError("oops");
    });
    states.next("working");
    expect(calls).toBe(2);
    expect(runtime.reported.map(({ type }) => type)).toEqual([
      "subscriber-failed",
      "subscriber-failed",
    ]);
  });
});
