import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";

const PROGRAM = new URL("../fixtures/programs/blocked.ts", import.meta.url).pathname;

let directory: string;
let pipe: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "heddle-blocked-"));
  pipe = join(directory, "pipe");
  execFileSync("mkfifo", [pipe]);
});

afterEach(() => rmSync(directory, { recursive: true }));

test("a thread that hangs in a system call is written off and counted, at each moment; nothing waits for it but the process's end", async () => {
  // In a process of its own: no thread of it can be ended.
  const child = spawn(process.execPath, [PROGRAM, pipe], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  try {
    const [line] = await once(createInterface(child.stdout), "line");
    const { before, after, ...said } = JSON.parse(line);
    expect(after).toEqual(before);
    expect(said).toEqual({
      // In a handler and after it, idle, in start(), in another actor's ask, while being stopped.
      told: [
        ["THREAD_STUCK", "pong"],
        "THREAD_STUCK",
        "RESTART_LIMIT",
        "THREAD_STUCK",
        "THREAD_STUCK",
      ],
      text: "one two three four five",
      lost: [pipe, "asked", "handling", "idle", "stopped"].map((name) =>
        expect.stringContaining(name),
      ),
      threads: { max: 1_000, held: 0, lent: 0, waiting: 0, spare: 0, executing: 0, stuck: 5 },
      sessions: [],
    });
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    expect(await ended).toEqual([0, null]);
    closeSync(fd);
  } finally {
    child.kill("SIGKILL");
  }
});
