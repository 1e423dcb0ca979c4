import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { directory, isLinux, lives, start } from "../support/commands.ts";
import { resources } from "../support/resources.ts";

describe("what a command gives", () => {
  test("exit code and both outputs", async () => {
    const { ended } = start(["sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect(await ended).toEqual({
      exitCode: 3,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
      isTruncated: false,
      isTimedOut: false,
    });
  });

  test("the signal that has ended it", async () => {
    const { ended } = start(["sh", "-c", "kill -USR1 $$"]);
    expect(await ended).toMatchObject({ exitCode: null, signal: "SIGUSR1" });
  });

  test("arguments are not read by a shell", async () => {
    const argv = ["printf", "%s|", "$HOME", "a b", "`id`", ";", "*", ""];
    expect((await start(argv).ended).stdout).toBe("$HOME|a b|`id`|;|*||");
  });

  test("input is read to its end, and without input there is none", async () => {
    expect((await start(["cat"], { input: "héllo" }).ended).stdout).toBe("héllo");
    expect((await start(["cat"]).ended).stdout).toBe("");
  });

  test("a command that does not read its input is no failure", async () => {
    const { ended } = start(["true"], { input: "x".repeat(10_000_000) });
    expect(await ended).toMatchObject({ exitCode: 0 });
  });

  test("it runs in cwd", async () => {
    const cwd = directory();
    expect((await start(["pwd", "-P"], { cwd }).ended).stdout).toBe(`${cwd}\n`);
  });

  test("its environment is what was given, PATH and the mark", async () => {
    process.env["HEDDLE_TEST_SECRET"] = "secret";
    onTestFinished(() => void delete process.env["HEDDLE_TEST_SECRET"]);
    const { stdout } = await start(["env"], { env: { GIVEN: "yes" } }).ended;
    const names = stdout.split("\n").flatMap((line) => line.match(/^\w+(?==)/g) ?? []);
    expect(names.sort()).toEqual(["GIVEN", expect.stringMatching(/^HEDDLE_COMMAND_/), "PATH"]);
    const own = await start(["/usr/bin/env"], { env: { PATH: "/nowhere" } }).ended;
    expect(own.stdout).toContain("PATH=/nowhere\n");
  });
});

describe("output", () => {
  test("characters are whole, however they are cut on the way", async () => {
    const text = "é漢👩".repeat(50_000);
    const pieces: string[] = [];
    const { ended } = start(["cat"], {
      input: text,
      maxOutputBytes: 1_000_000,
      onOutput: (_, piece) => pieces.push(piece),
    });
    expect((await ended).stdout).toBe(text);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join("")).toBe(text);
  });

  test("is kept up to the bound, to a whole character, and the command goes on", async () => {
    const script = "printf 'éé漢'; printf 'abcdef' >&2; printf 'more'; printf 'more' >&2; exit 7";
    const { ended } = start(["sh", "-c", script], { maxOutputBytes: 6 });
    const expected = { exitCode: 7, stdout: "éé", stderr: "abcdef", isTruncated: true };
    expect(await ended).toMatchObject(expected);
  });

  test("of exactly the bound is whole", async () => {
    const { ended } = start(["printf", "abcdef"], { maxOutputBytes: 6 });
    expect(await ended).toMatchObject({ stdout: "abcdef", isTruncated: false });
  });

  test("a flood does not take the thread, and ends with the command", async () => {
    let shown = 0;
    const full = Promise.withResolvers<void>();
    const flood = start(["sh", "-c", "while :; do echo y; done & exec yes"], {
      maxOutputBytes: 10_000,
      onOutput: (_, text) => {
        shown += text.length;
        if (shown === 10_000) full.resolve();
      },
    });
    await full.promise;
    for (let i = 0; i < 1_000; i++) await new Promise((resolve) => setImmediate(resolve));
    flood.kill();
    const { stdout, isTruncated } = await flood.ended;
    expect(stdout).toHaveLength(10_000);
    expect(shown).toBe(10_000);
    expect(isTruncated).toBe(true);
  });

  test("what ends in the middle of a character shows that", async () => {
    expect((await start(["printf", "a\\303"]).ended).stdout).toBe("a�");
  });
});

describe("the process", () => {
  test("has no listener and no handle more when commands have ended", async () => {
    const before = { exit: process.listenerCount("exit"), resources: resources() };
    const commands = Array.from({ length: 10 }, () => start(["echo", "x"], { input: "y" }));
    expect(process.listenerCount("exit")).toBe(before.exit + 1);
    await Promise.all(commands.map(({ ended }) => ended));
    expect(process.listenerCount("exit")).toBe(before.exit);
    expect(resources()).toEqual(before.resources);
  });

  test("is not kept alive by a command, and takes it along", async () => {
    const program = new URL("../fixtures/programs/running-command.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let printed = "";
    child.stdout.on("data", (bytes) => {
      printed += bytes;
    });
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    const pids = printed.trim().split("\n").map(Number);
    expect(pids).toHaveLength(isLinux ? 2 : 1);
    while (pids.some(lives)) await new Promise((resolve) => setImmediate(resolve));
  });
});
