import { beforeEach, describe, expect, test } from "vitest";
import type { Job } from "../../../src/supervisor/jobs/job.ts";
import { SettledJobs } from "../../../src/supervisor/jobs/settled-jobs.ts";
import { FakeClock } from "../../support/fake-clock.ts";

let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

const keep = (ms: number, count: number) => new SettledJobs(clock, { ms, count });
const job = (id: string) => ({ id }) as Job;
const found = (kept: SettledJobs, ...ids: string[]) => ids.filter((id) => kept.find(id));

describe("SettledJobs", () => {
  test("finds a job for as long as it is kept", () => {
    const kept = keep(100, 10);
    const a = job("a");
    kept.add(a);
    clock.advance(99);
    expect(kept.find("a")).toBe(a);
    clock.advance(1);
    expect(kept.find("a")).toBeUndefined();
    expect(kept.find("never")).toBeUndefined();
  });

  test("lets go by itself: nobody has to look", () => {
    const kept = keep(100, 10);
    kept.add(job("a"));
    clock.advance(50);
    kept.add(job("b"));
    clock.advance(50);
    expect(kept.size).toBe(1);
    clock.advance(50);
    expect(kept.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test("keeps the newest when there are too many", () => {
    const kept = keep(100, 2);
    for (const id of ["a", "b", "c"]) kept.add(job(id));
    expect(found(kept, "a", "b", "c")).toEqual(["b", "c"]);
    expect(kept.size).toBe(2);
  });

  test("one timer is enough for any number of jobs", () => {
    const kept = keep(100, 1_000);
    for (let i = 0; i < 500; i++) kept.add(job(`${i}`));
    expect([clock.timersSet, clock.pendingTimers]).toEqual([1, 1]);
  });

  test("jobs that were let go early for others do not keep the later ones longer", () => {
    const kept = keep(100, 1);
    kept.add(job("a"));
    clock.advance(90);
    kept.add(job("b"));
    clock.advance(10);
    expect(found(kept, "b")).toEqual(["b"]);
    clock.advance(90);
    expect(kept.size).toBe(0);
  });

  test.each([
    ["a count of 0", 100, 0],
    ["a time of 0", 0, 10],
  ])("%s keeps nothing", (_, ms, count) => {
    const kept = keep(ms, count);
    kept.add(job("a"));
    expect([kept.size, kept.find("a"), clock.pendingTimers]).toEqual([0, undefined, 0]);
  });

  test("cleared, it is empty and holds no timer", () => {
    const kept = keep(100, 10);
    kept.add(job("a"));
    kept.clear();
    expect([kept.size, clock.pendingTimers]).toEqual([0, 0]);
  });
});
