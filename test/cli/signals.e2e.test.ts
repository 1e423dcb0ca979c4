import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { JobEvent } from "../../src/index.ts";
import { EXAMPLES, jsonLines, Running, TemporaryDirectory } from "./support/command.ts";

const run = ["run", EXAMPLES, "--provider", "scripted"];

/** A pipe that nobody reads and that takes nothing more. */
function openFullPipe(path: string): number {
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(fd, "x".repeat(512));
  } catch {
    return fd;
  }
}

describe("SIGINT", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s cancels all and still writes each started job's line", async (signal, code) => {
    using directory = new TemporaryDirectory();
    const out = directory.file("out.jsonl");
    const running = new Running([...run, "-c", "5", "-o", out, "--events"]);
    await running.until("stdout", /"type":"completed"/);
    running.kill(signal);
    const ended = await running.ended;
    expect(ended).toMatchObject({ code, signal: null });
    expect(ended.stderr).toContain("interrupted");
    const events = jsonLines<JobEvent & { id: string }>(ended.stdout);
    const lines = jsonLines(readFileSync(out, "utf8"));
    const started = new Set(events.map(({ id }) => id));
    expect(new Set(lines.map(({ id }) => id))).toEqual(started);
    expect(lines).toHaveLength(started.size);
    expect(lines.length).toBeLessThan(24);
    expect(lines.filter(({ status }) => status === "cancelled")).not.toEqual([]);
    for (const line of lines.filter(({ status }) => status === "cancelled")) {
      expect(line.error).toMatchObject({ code: "JOB_CANCELLED" });
      expect(line.error?.message).toContain(signal);
    }
  });

  test("the second one ends the process at once, also when its output is stuck", async () => {
    using directory = new TemporaryDirectory();
    const stdoutFd = openFullPipe(directory.file("pipe"));
    try {
      const running = new Running([...run, "--events"], { stdoutFd });
      await running.until("stderr", /scripted/);
      running.kill("SIGINT");
      await running.until("stderr", /interrupted/);
      running.kill("SIGINT");
      const ended = await running.ended;
      expect(ended).toMatchObject({ code: 130, signal: null });
      expect(ended.stderr).not.toContain("cancelled,");
    } finally {
      closeSync(stdoutFd);
    }
  });

  test("ends a run that waits for input", async () => {
    const running = new Running(["run", "-", "--provider", "scripted"], { keepsStdinOpen: true });
    await running.until("stderr", /scripted/);
    running.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130 });
  });

  test("ends a run whose pipe of input brings nothing more", async () => {
    using directory = new TemporaryDirectory();
    const pipe = directory.file("pipe");
    execFileSync("mkfifo", [pipe]);
    const fd = openSync(pipe, constants.O_RDWR);
    try {
      writeSync(fd, '{"id":"a","prompt":"p"}\n');
      const running = new Running(["run", pipe, "--provider", "scripted"]);
      await running.until("stdout", /"id":"a"/);
      running.kill("SIGINT");
      expect(await running.ended).toMatchObject({ code: 130 });
    } finally {
      closeSync(fd);
    }
  });
});
