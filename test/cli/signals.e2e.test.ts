import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { EXAMPLES, jsonLines, Running, TemporaryDirectory } from "./support/command.ts";
import { HalfServer } from "./support/local-server.ts";

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
  ] as const)(
    "%s cancels what runs, closes its requests, and writes the line of each started job",
    async (signal, code) => {
      await using server = await HalfServer.start();
      using directory = new TemporaryDirectory();
      const out = directory.file("out.jsonl");
      const ids = ["quick", ...Array.from({ length: 20 }, (_, i) => `slow-${i}`)];
      const input = ids.map((id) => `${JSON.stringify({ id, prompt: id })}\n`).join("");
      const args = ["run", "-", "--base-url", server.url, "-m", "m", "-c", "5", "-o", out];
      const running = new Running([...args, "--events"], { input });
      await running.until("stdout", /"type":"completed"/);
      await running.until("stdout", /("text":"half"[\s\S]*){5}/);
      running.kill(signal);
      const ended = await running.ended;
      expect(ended).toMatchObject({ code, signal: null });
      expect(ended.stderr).toContain("interrupted");
      await server.allClosed();
      const lines = new Map(jsonLines(readFileSync(out, "utf8")).map((line) => [line.id, line]));
      expect([...lines.keys()].sort()).toEqual(ids.slice(0, 6).sort());
      expect(lines.get("quick")).toMatchObject({ status: "completed", text: "whole" });
      for (const id of ids.slice(1, 6)) {
        expect(lines.get(id)).toMatchObject({
          status: "cancelled",
          text: "half",
          error: { code: "JOB_CANCELLED", message: expect.stringContaining(signal) },
        });
      }
    },
  );

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

/** Has an actor block in a system call, which nothing can end, before it first asks the model. */
const BLOCKS = `
  import { readSync, writeSync } from "node:fs";
  import { MessagePort, threadName } from "node:worker_threads";
  const { postMessage } = MessagePort.prototype;
  if (threadName.startsWith("actor")) MessagePort.prototype.postMessage = function (message, ...rest) {
    if (message.type === "call") {
      writeSync(2, "blocked");
      readSync(3, Buffer.alloc(1));
    }
    return postMessage.call(this, message, ...rest);
  };`;

describe.concurrent("a thread that hangs in a system call", () => {
  const started: Running[] = [];
  // One that does not end by itself is what is tested.
  afterAll(() => {
    for (const running of started) running.kill("SIGKILL");
  });
  const start = async (...args: readonly string[]): Promise<Running> => {
    const running = new Running(["run", "-", "--provider", "scripted", ...args], {
      input: '{"id":"a","prompt":"p"}\n',
      flags: ["--import", `data:text/javascript,${encodeURIComponent(BLOCKS)}`],
      hasSilentPipe: true,
    });
    started.push(running);
    await running.until("stderr", /blocked/);
    return running;
  };

  test("does not keep an interrupted run, which still writes its results", async ({ expect }) => {
    const running = await start();
    running.kill("SIGINT");
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: null, signal: "SIGINT" });
    expect(ended.stderr).toContain("1 failed");
    expect(jsonLines(ended.stdout)).toMatchObject([{ id: "a", error: { code: "THREAD_STUCK" } }]);
  });

  test("does not keep a run that was not interrupted", async ({ expect }) => {
    const running = await start("--timeout-ms", "1");
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: null, signal: "SIGTERM" });
    expect(jsonLines(ended.stdout)).toMatchObject([{ id: "a", status: "failed" }]);
  });

  test("does not withstand a second signal", async ({ expect }) => {
    const running = await start();
    running.kill("SIGINT");
    await running.until("stderr", /interrupted/);
    running.kill("SIGINT");
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: null, signal: "SIGINT", stdout: "" });
  });
});
