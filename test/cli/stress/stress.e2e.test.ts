import { execFileSync } from "node:child_process";
import { closeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { StressReport } from "../../../src/cli/stress/report.ts";
import type { Ended } from "../support/command.ts";
import { heddle, Running, TemporaryDirectory } from "../support/command.ts";
import { openFullPipe } from "../support/full-pipe.ts";

const stress = (line: string): string[] => ["stress", ...line.split(" ")];

/** The report, and nothing else may be on standard output. */
function reportOf({ stdout }: Ended): StressReport {
  expect(stdout.endsWith("}\n")).toBe(true);
  return JSON.parse(stdout);
}

describe("heddle stress", () => {
  test("agents without faults all complete; all is measured", async () => {
    const ended = await heddle(stress("--agents 8 --chunks 20 --rate 100 --readers 2 --json"));
    expect(ended.code).toBe(0);
    const report = reportOf(ended);
    expect(report).toMatchObject({
      agents: 8,
      chunks: 20,
      rate: 100,
      readers: 2,
      seed: 1,
      interruptedBy: null,
      outcomes: { completed: 8, cancelled: 0, failed: 0, unsettled: 0 },
      codes: {},
      chunksRead: 160,
      // Each reader's chunks.
      latencyMs: { count: 320 },
      firstChunkMs: { count: 8 },
      brokenPromises: 0,
    });
    const { latencyMs, loopDelayMs, rssReadyBytes, rssBeforeBytes } = report;
    expect(latencyMs?.p50).toBeGreaterThan(0);
    expect(latencyMs?.p50).toBeLessThanOrEqual(latencyMs?.p99 ?? 0);
    expect(loopDelayMs?.p50).toBeLessThanOrEqual(loopDelayMs?.max ?? 0);
    expect(report.rssPerAgentBytes).toBe(Math.round((rssReadyBytes - rssBeforeBytes) / 8));
  });

  test("every fault ends its job as it must, and the others complete", async () => {
    const line = "--agents 40 --chunks 60 --rate 500 --fault crash=0.3,cancel=0.2,stall=0.2 --json";
    const first = await heddle(stress(line));
    expect(first.code).toBe(0);
    const { faults, outcomes, codes, brokenPromises, broken } = reportOf(first);
    expect({ brokenPromises, broken }).toEqual({ brokenPromises: 0, broken: [] });
    expect(Object.values(faults).every((count) => count > 0)).toBe(true);
    const struck = faults.crash + faults.cancel + faults.stall;
    // A cancel that comes too late for its job lets it complete.
    expect(outcomes.completed).toBeGreaterThanOrEqual(40 - struck);
    expect(outcomes.completed + outcomes.cancelled + outcomes.failed).toBe(40);
    expect(codes).toMatchObject({
      PROVIDER_UNAVAILABLE: expect.any(Number),
      CHUNK_TIMEOUT: expect.any(Number),
      JOB_CANCELLED: expect.any(Number),
    });
    const second = reportOf(await heddle(stress(line)));
    expect(second.faults).toEqual(faults);
    expect(second.codes["PROVIDER_UNAVAILABLE"]).toBe(codes["PROVIDER_UNAVAILABLE"]);
  });

  test("without a rate chunks come as fast as they go, and no latency is made up", async () => {
    const ended = await heddle(stress("--agents 4 --chunks 5000 --rate 0 --json"));
    expect(ended.code).toBe(0);
    expect(reportOf(ended)).toMatchObject({ chunksRead: 20_000, latencyMs: null });
  });

  test("people get lines on standard output, and the way there on standard error", async () => {
    const { code, stdout, stderr } = await heddle(stress("--agents 2 --chunks 4 --rate 100"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^outcomes +2 completed$/m);
    expect(stdout).toMatch(/^chunk latency +p50 /m);
    expect(stdout).toMatch(/^promises +all kept$/m);
    expect(stderr).toContain("heddle: stress: agents 2, chunks 4 at 100/s");
    expect(stdout + stderr).not.toContain("\u001b");
  });

  test("agents that cannot be started are a broken promise: exit code 1", async () => {
    const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
    // Each thread takes several file descriptors.
    const script = 'ulimit -n 100; "$0" "$@"; echo "exit code $?"';
    const args = ["-c", script, process.execPath, main, ...stress("--agents 40 --chunks 2 --json")];
    const stdout = execFileSync("sh", args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [json = "", code] = stdout.split("\n");
    expect(code).toBe("exit code 1");
    const { brokenPromises, broken, outcomes } = JSON.parse(json) as StressReport;
    expect(outcomes.failed).toBeGreaterThan(0);
    expect(brokenPromises).toBe(outcomes.failed);
    expect(broken[0]?.what).toMatch(/it could not be started: (ACTOR_START_FAILED|RESTART_LIMIT)/);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s cancels all and reports what was measured until then", async (signal, code) => {
    const running = new Running(stress("--agents 5 --chunks 1000 --rate 1 --json"));
    await running.until("stderr", /streaming: [1-9]/);
    running.kill(signal);
    const ended = await running.ended;
    expect(ended).toMatchObject({ code, signal: null });
    expect(ended.stderr).toContain("interrupted");
    const report = reportOf(ended);
    expect(report).toMatchObject({
      interruptedBy: signal,
      outcomes: { completed: 0, cancelled: 5, failed: 0 },
      brokenPromises: 0,
    });
    expect(report.chunksRead).toBeGreaterThan(0);
    expect(report.latencyMs?.count).toBe(report.chunksRead);
  });

  test("a signal while agents start ends that, too", async () => {
    const running = new Running(stress("--agents 2000 --json"));
    await running.until("stderr", /stress: agents 2000/);
    running.kill("SIGINT");
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    expect(reportOf(ended)).toMatchObject({ streamMs: 0, chunksRead: 0, brokenPromises: 0 });
  });

  test("the second signal ends the process at once, also when its report is stuck", async () => {
    using directory = new TemporaryDirectory();
    const stdoutFd = openFullPipe(directory.file("pipe"));
    try {
      const running = new Running(stress("--agents 2000"), { stdoutFd });
      await running.until("stderr", /stress: agents 2000/);
      running.kill("SIGINT");
      await running.until("stderr", /interrupted/);
      running.kill("SIGINT");
      expect(await running.ended).toMatchObject({ code: 130, signal: null });
    } finally {
      closeSync(stdoutFd);
    }
  });

  test("bad options end with 2 before anything is started", async () => {
    const ended = await heddle(stress("--agents 0 --fault crash=2 --json"));
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain("--agents must be a whole number from 1 to 10000");
    expect(ended.stderr).toContain("--fault crash must be a probability from 0 to 1");
  });
});
