import { describe, expect, test } from "vitest";
import { readResultLine, resultLine } from "../../src/cli/result-line.ts";
import type { JobOutcome, Usage } from "../../src/index.ts";
import { HeddleError } from "../../src/index.ts";

const job = { id: "a", provider: "openai", model: "m" };
const usage: Usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const times = { startedAtMs: 1_000.4, firstChunkAtMs: 1_010.9, endedAtMs: 1_100.2 };

describe("resultLine()", () => {
  test("a completed job: these fields in this order", () => {
    const outcome: JobOutcome = {
      status: "completed",
      result: { text: "blue", usage, steps: 1, finishReason: "stop" },
    };
    expect(JSON.stringify(resultLine(job, outcome, times))).toBe(
      '{"id":"a","status":"completed","provider":"openai","model":"m","text":"blue",' +
        '"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3},"error":null,"firstChunkMs":11,"durationMs":100}',
    );
  });

  test("a job that never started took no time", () => {
    const error = new HeddleError("JOB_CANCELLED", "so");
    const never = { ...times, startedAtMs: undefined, firstChunkAtMs: undefined };
    const line = resultLine(job, { status: "cancelled", partial: {}, error }, never);
    expect(line).toMatchObject({ firstChunkMs: null, durationMs: 0 });
  });

  test.each(["cancelled", "failed"] as const)(
    "a %s job keeps its code and what had arrived",
    (status) => {
      const error = new HeddleError("JOB_TIMEOUT", "too late");
      const outcome: JobOutcome = { status, partial: { text: "bl" }, error };
      const line = resultLine(job, outcome, { ...times, firstChunkAtMs: undefined });
      expect(line).toEqual({
        ...job,
        status,
        text: "bl",
        usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
        error: { code: "JOB_TIMEOUT", message: "too late" },
        firstChunkMs: null,
        durationMs: 100,
      });
      expect(readResultLine(JSON.stringify(line))).toEqual({ id: "a", status });
    },
  );

  test("usage that is estimated is marked", () => {
    const error = new HeddleError("JOB_CANCELLED", "so");
    const partial = { text: "bl", usage: { ...usage, estimated: true } as const };
    expect(JSON.stringify(resultLine(job, { status: "cancelled", partial, error }, times))).toMatch(
      '"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3,"estimated":true},"error"',
    );
  });
});

describe("readResultLine()", () => {
  test.each(["", "nonsense", "null", "7", "{}", '{"id":"a"}', '{"id":1,"status":"failed"}'])(
    "%j is none",
    (text) => {
      expect(readResultLine(text)).toBeUndefined();
    },
  );
});
