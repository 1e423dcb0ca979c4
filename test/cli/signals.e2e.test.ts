import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import type { ResultLine } from "../../src/cli/result-line.ts";
import type { Ended } from "./support/command.ts";
import { EXAMPLES, heddle, jsonLines, Running, TemporaryDirectory } from "./support/command.ts";
import { openFullPipe } from "./support/full-pipe.ts";
import { HalfServer } from "./support/local-server.ts";
import { scriptOf } from "./support/script-file.ts";

const run = ["run", EXAMPLES, "--provider", "scripted"];

type Lines = ReadonlyMap<string, ResultLine>;

/** A run whose five jobs are half done, and whose input has fifteen more. */
class HalfDone implements AsyncDisposable {
  readonly server: HalfServer;
  readonly running: Running;
  readonly #directory = new TemporaryDirectory();
  readonly #out = this.#directory.file("out.jsonl");
  readonly #input = ["quick", ...Array.from({ length: 20 }, (_, i) => `slow-${i}`)]
    .map((id) => `${JSON.stringify({ id, prompt: id })}\n`)
    .join("");

  private constructor(server: HalfServer, options: readonly string[]) {
    this.server = server;
    this.running = new Running([...this.#args, "--events", ...options], { input: this.#input });
  }

  static async start(...options: string[]): Promise<HalfDone> {
    const half: HalfDone = new HalfDone(await HalfServer.start(), options);
    await half.running.until("stdout", /"type":"completed"/);
    await half.running.until("stdout", /("text":"half"[\s\S]*){5}/);
    return half;
  }

  /** What the file of results holds. Each id is in it once. */
  get lines(): Lines {
    const lines = jsonLines(readFileSync(this.#out, "utf8"));
    const byId = new Map(lines.map((line) => [line.id, line]));
    expect(byId.size).toBe(lines.length);
    return byId;
  }

  async resume(): Promise<Ended> {
    this.server.finish();
    return await heddle([...this.#args, "--resume"], { input: this.#input });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.running.kill("SIGKILL");
    await this.running.ended;
    await this.server[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }

  get #args(): readonly string[] {
    return ["run", "-", "--base-url", this.server.url, "-m", "m", "-c", "5", "-o", this.#out];
  }
}

const STARTED = ["quick", ...Array.from({ length: 5 }, (_, i) => `slow-${i}`)];

const cancelledBy = (signal: string) => ({
  status: "cancelled",
  text: "half",
  error: { code: "JOB_CANCELLED", message: expect.stringContaining(signal) },
});

describe("SIGINT", () => {
  test("cancels what runs, closes its requests, and writes the line of each started job", async () => {
    await using half = await HalfDone.start();
    half.running.kill("SIGINT");
    const ended = await half.running.ended;
    expect(ended).toMatchObject({ code: 130, signal: null });
    expect(ended.stderr).toContain("interrupted");
    await half.server.allClosed();
    const { lines } = half;
    expect([...lines.keys()].sort()).toEqual(STARTED);
    expect(lines.get("quick")).toMatchObject({ status: "completed", text: "whole" });
    for (const id of STARTED.slice(1)) expect(lines.get(id)).toMatchObject(cancelledBy("SIGINT"));
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

describe("SIGTERM", () => {
  test("starts nothing more, lets what runs end, and writes its lines", async () => {
    await using half = await HalfDone.start();
    half.running.kill("SIGTERM");
    await half.running.until("stderr", /SIGTERM: starting nothing more/);
    half.server.finish();
    const ended = await half.running.ended;
    expect(ended).toMatchObject({ code: 143, signal: null });
    expect(half.server.requests).toBe(5);
    const { lines } = half;
    expect([...lines.keys()].sort()).toEqual(STARTED);
    for (const id of STARTED.slice(1)) {
      expect(lines.get(id)).toMatchObject({ status: "completed", text: "half and half" });
    }
  });

  test("cancels what has not ended after --drain", async () => {
    await using half = await HalfDone.start("--drain", "50");
    half.running.kill("SIGTERM");
    const ended = await half.running.ended;
    expect(ended).toMatchObject({ code: 143, signal: null });
    expect(ended.stderr).toContain("has 0.1 s to end");
    expect(ended.stderr).toContain("that time is over");
    await half.server.allClosed();
    const { lines } = half;
    expect([...lines.keys()].sort()).toEqual(STARTED);
    for (const id of STARTED.slice(1)) expect(lines.get(id)).toMatchObject(cancelledBy("SIGTERM"));
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("a %s during the drain ends the process at once", async (second, code) => {
    await using half = await HalfDone.start();
    half.running.kill("SIGTERM");
    await half.running.until("stderr", /SIGTERM: starting nothing more/);
    half.running.kill(second);
    expect(await half.running.ended).toMatchObject({ code, signal: null });
    for (const { id, status } of half.lines.values()) {
      expect({ id, status }).toEqual({ id: "quick", status: "completed" });
    }
  });

  test.each([
    ["have ended", "10000", "15 completed, 6 skipped"],
    ["were cancelled", "0", "20 completed, 1 skipped"],
  ])(
    "--resume goes on behind jobs that %s: nothing is lost or done twice",
    async (_, drain, counts) => {
      await using half = await HalfDone.start("--drain", drain);
      half.running.kill("SIGTERM");
      await half.running.until("stderr", /SIGTERM: starting nothing more/);
      if (drain !== "0") half.server.finish();
      await half.running.ended;
      const resumed = await half.resume();
      expect(resumed).toMatchObject({ code: 0 });
      expect(resumed.stderr).toContain(counts);
    },
  );

  test("ends a run that waits for input", async () => {
    const running = new Running(["run", "-", "--provider", "scripted"], { keepsStdinOpen: true });
    await running.until("stderr", /scripted/);
    running.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 143 });
  });
});

/** Has an actor block in a system call, which nothing can end, before it asks the model: for the first time that is done in its place. */
const BLOCKS = `
  // As it is before the thread gives up the descriptors of others: an import would follow the change.
  const { readSync, writeSync } = process.getBuiltinModule("node:fs");
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
  const directory = new TemporaryDirectory();
  const script = scriptOf(directory, { toolCalls: [{ name: "none", args: {} }] }, { text: "x" });
  const started: Running[] = [];
  // One that does not end by itself is what is tested.
  afterAll(() => {
    for (const running of started) running.kill("SIGKILL");
    directory[Symbol.dispose]();
  });
  const start = async (...args: readonly string[]): Promise<Running> => {
    const running = new Running(["run", "-", ...script, ...args], {
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
    const running = await start("--timeout-ms", "4000");
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
