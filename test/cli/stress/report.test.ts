import { describe, expect, test } from "vitest";
import type { AgentResult } from "../../../src/cli/stress/agent.ts";
import type { StressOptions } from "../../../src/cli/stress/arguments.ts";
import type { CrowdFigures } from "../../../src/cli/stress/crowd.ts";
import type { Fault } from "../../../src/cli/stress/fault.ts";
import { limitsFor } from "../../../src/cli/stress/limits.ts";
import { percentilesOf } from "../../../src/cli/stress/percentiles.ts";
import type { StressReport } from "../../../src/cli/stress/report.ts";
import { reportLines, stressReport } from "../../../src/cli/stress/report.ts";

const options: StressOptions = {
  agents: 3,
  chunks: 10,
  rate: 20,
  readers: 1,
  faults: { crash: 0, cancel: 0.5, stall: 0 },
  seed: 4,
  json: false,
};

const cancel: Fault = { type: "cancel", atChunk: 4 };

const result = (name: string, more: Partial<AgentResult> = {}): AgentResult => ({
  name,
  fault: { type: "none" },
  status: "completed",
  code: undefined,
  jobId: name,
  provider: "whole",
  chunks: 10,
  firstChunkMs: 2,
  lastChunkAtMs: 6_000,
  arrivals: [],
  broken: [],
  ...more,
});

const figures: CrowdFigures = {
  results: [
    result("agent-1"),
    result("agent-2", {
      fault: cancel,
      status: "cancelled",
      code: "JOB_CANCELLED",
      chunks: 5,
      lastChunkAtMs: 5_000,
    }),
  ],
  ready: 2,
  startMs: 1_500.4,
  streamFromMs: 1_000,
  streamMs: 9_000,
  rssReadyBytes: 130e6,
  rssPeakBytes: 150e6,
  loopDelay: { p50: 0.05, p99: 1.23, max: 12.6 },
};

const report = (
  more: Partial<CrowdFigures> = {},
  interruptedBy: string | undefined = undefined,
): StressReport =>
  stressReport(
    options,
    [{ type: "none" }, cancel, { type: "none" }],
    { ...figures, ...more },
    { rssBeforeBytes: 100e6, latency: undefined, interruptedBy },
  );

describe("stressReport()", () => {
  test("adds everything up", () => {
    expect(report()).toMatchObject({
      agents: 3,
      faults: { crash: 0, cancel: 1, stall: 0 },
      interruptedBy: null,
      readyAgents: 2,
      startMs: 1_500,
      outcomes: { completed: 1, cancelled: 1, failed: 0, unsettled: 0 },
      codes: { JOB_CANCELLED: 1 },
      chunksRead: 15,
      // Until the last chunk, not until the last job's end.
      chunksPerSecond: 3,
      firstChunkMs: { count: 2, p50: 2 },
      rssPerAgentBytes: 15e6,
      brokenPromises: 0,
      broken: [],
    });
  });

  test("nothing that was not measured has a figure", () => {
    const nothing = { results: [], ready: 0, streamFromMs: undefined, streamMs: 0 };
    expect(report({ ...nothing, loopDelay: undefined }, "SIGINT")).toMatchObject({
      interruptedBy: "SIGINT",
      chunksRead: 0,
      chunksPerSecond: 0,
      latencyMs: null,
      firstChunkMs: null,
      loopDelayMs: null,
      rssPerAgentBytes: null,
    });
  });

  test("counts all broken promises, and shows a hundred", () => {
    const results = Array.from({ length: 150 }, (_, i) => result(`agent-${i}`, { broken: ["so"] }));
    const { brokenPromises, broken } = report({ results });
    expect([brokenPromises, broken.length]).toEqual([150, 100]);
    expect(broken[0]).toEqual({ agent: "agent-0", fault: "", what: "so" });
  });
});

describe("reportLines()", () => {
  test("is a line for each figure", () => {
    expect(reportLines(report())).toEqual([
      "run            agents 3, chunks 10 at 20/s, readers 1, seed 4",
      "started        2 agents ready after 1.5 s",
      "streamed       9.0 s",
      "outcomes       1 completed, 1 cancelled",
      "codes          1 JOB_CANCELLED",
      "faults         1 cancel",
      "throughput     3 chunks/s (15 chunks)",
      "chunk latency  not measured",
      "first chunk    p50 2.0, p99 2.0, max 2.0 ms, from run() to read",
      "loop delay     p50 0.1, p99 1.2, max 13 ms",
      "memory         15.0 MB an agent, RSS 100 MB before, 130 ready, 150 at most",
      "promises       all kept",
    ]);
  });

  test("names each broken promise with its agent and what was done to it", () => {
    const results = [
      result("agent-1", { broken: ["wait() says INTERNAL"] }),
      result("agent-2", { fault: cancel, broken: ["seq 5 where 4 was due"] }),
    ];
    expect(reportLines(report({ results })).slice(-3)).toEqual([
      "promises       2 BROKEN",
      "  agent-1: wait() says INTERNAL",
      "  agent-2, cancel at chunk 4: seq 5 where 4 was due",
    ]);
  });

  test("says that it was interrupted, and claims nothing that was not tried", () => {
    const lines = reportLines(report({ results: [], streamMs: 0 }, "SIGINT")).join("\n");
    expect(lines).toContain("streamed       0.0 s, until SIGINT");
    expect(lines).toContain("promises       none was tried");
  });
});

describe("percentilesOf()", () => {
  test("is exact to three figures, and nothing of nothing", () => {
    const times = Array.from({ length: 1_000 }, (_, i) => i + 1);
    const { count, p50, p90, p99, max } = percentilesOf(times) ?? {};
    expect(count).toBe(1_000);
    for (const [value, expected] of [
      [p50, 500],
      [p90, 900],
      [p99, 990],
      [max, 1_000],
    ] as const) {
      expect(Math.abs((value ?? 0) - expected)).toBeLessThanOrEqual(expected / 1_000);
    }
    expect(percentilesOf([])).toBeUndefined();
  });

  test("what is early counts as a microsecond", () => {
    expect(percentilesOf([-3, 0])).toMatchObject({ count: 2, p50: 0.001, max: 0.001 });
  });
});

describe("limitsFor()", () => {
  test("leave more time than any stream takes, and fit into a timer", () => {
    for (const more of [
      { agents: 1, chunks: 1 },
      { agents: 10_000, chunks: 5_000, rate: 0 },
      { agents: 1, chunks: 86_400, rate: 1 },
      { agents: 5, chunks: 100_000, rate: 10_000, readers: 100 },
    ]) {
      const given = { ...options, ...more };
      const { jobMs, settleMs, stallMs } = limitsFor(given);
      const streamMs = given.rate === 0 ? 0 : (given.chunks * 1_000) / given.rate;
      expect(jobMs).toBeGreaterThan(2 * streamMs);
      expect(settleMs).toBeGreaterThan(jobMs + 7_000);
      expect(settleMs).toBeLessThan(2_147_483_647);
      expect(stallMs).toBeGreaterThan(given.rate === 0 ? 0 : 1_000 / given.rate);
    }
  });
});
