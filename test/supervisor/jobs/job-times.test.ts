import { describe, expect, test } from "vitest";
import { JobUnderTest } from "./fake-job.ts";

describe("a job's times", () => {
  test("say when it started, had its first chunk, and ended, as its log does", () => {
    const it = new JobUnderTest();
    const never = { startedAtMs: undefined, firstChunkAtMs: undefined, endedAtMs: undefined };
    it.job.append({ type: "waiting", for: "thread" });
    expect(it.job.times).toEqual(never);
    const startMs = it.clock.now();
    it.clock.advance(10);
    it.begin();
    expect(it.job.times).toEqual({ ...never, startedAtMs: startMs + 10 });
    it.state("working");
    it.clock.advance(5);
    it.respond("one", "two");
    it.clock.advance(5);
    it.respond("three");
    it.end();
    expect(it.job.times).toEqual({
      startedAtMs: startMs + 10,
      firstChunkAtMs: startMs + 15,
      endedAtMs: startMs + 20,
    });
  });
});
