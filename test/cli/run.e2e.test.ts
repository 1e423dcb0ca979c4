import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { JobEvent } from "../../src/index.ts";
import { EXAMPLES, heddle, jsonLines, Running, TemporaryDirectory } from "./support/command.ts";

const scripted = ["--provider", "scripted"];
const prompts = (...ids: string[]): string =>
  ids.map((id) => `${JSON.stringify({ id, prompt: `prompt of ${id}` })}\n`).join("");

describe("heddle run", () => {
  test("without arguments, npm start runs the examples and says that it is a demonstration", async () => {
    const main = fileURLToPath(new URL("../../scripts/start.mjs", import.meta.url));
    const { code, stdout, stderr } = await heddle([], { main });
    expect(stderr).toContain("This is a demonstration");
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    const ids = jsonLines<{ id: string }>(readFileSync(EXAMPLES, "utf8")).map(({ id }) => id);
    expect(lines.map(({ id }) => id).sort()).toEqual(ids.sort());
    for (const line of lines) {
      expect(Object.keys(line).join()).toBe(
        "id,status,provider,model,text,usage,error,firstChunkMs,durationMs",
      );
      expect(line).toMatchObject({ status: "completed", provider: "scripted", error: null });
      expect(line.text).toContain("demonstration");
      expect(line.firstChunkMs).toBeLessThanOrEqual(line.durationMs);
    }
  });

  test("bad lines are told by number and become no jobs; the rest runs", async () => {
    const input = `not json\n${prompts("a")}\n{"id":"b"}\n${prompts("a", "c")}`;
    const { code, stdout, stderr } = await heddle(["run", "-", ...scripted], { input });
    expect(code).toBe(1);
    expect(
      jsonLines(stdout)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["a", "c"]);
    expect(stderr).toContain("line 1: it is not JSON");
    expect(stderr).toContain('line 4: it has no "prompt"');
    expect(stderr).toContain("line 5: its id is that of line 2");
  });

  test("plain lines on standard error, without escape sequences, also with --out", async () => {
    using directory = new TemporaryDirectory();
    const out = directory.file("out.jsonl");
    const args = ["run", "-", ...scripted, "-o", out];
    const { code, stdout, stderr } = await heddle(args, { input: prompts("a", "b") });
    expect(code).toBe(0);
    expect(stdout).toBe("");
    expect(stderr).not.toContain("\u001b");
    expect(stderr).toContain("2 completed");
    expect(jsonLines(readFileSync(out, "utf8"))).toHaveLength(2);
  });

  test("--events gives every event with its id, gapless, in place of results", async () => {
    const args = ["run", "-", ...scripted, "--events"];
    const { code, stdout } = await heddle(args, { input: prompts("a", "b") });
    expect(code).toBe(0);
    const events = jsonLines<JobEvent & { id: string }>(stdout);
    for (const id of ["a", "b"]) {
      const own = events.filter((event) => event.id === id);
      expect(own.map(({ seq }) => seq)).toEqual(own.map((_, index) => index));
      const last = own.at(-1);
      const text = own.map((e) =>
        e.type === "chunk" && e.chunk.type === "text" ? e.chunk.text : "",
      );
      expect(last?.type === "completed" && last.result.text).toBe(text.join(""));
    }
    expect(Object.keys(events[0] ?? {})[0]).toBe("id");
  });

  test("--prompt gives one result line when standard output is no terminal", async () => {
    const { code, stdout } = await heddle(["run", "-p", "hello", ...scripted, "-m", "some"]);
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([{ id: "prompt", status: "completed", model: "some" }]);
  });

  test("--limit starts no more jobs, and reads no further", async () => {
    const input = `${prompts("a", "b")}not json\n`;
    const { code, stdout } = await heddle(["run", ...scripted, "--limit", "2"], { input });
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toHaveLength(2);
  });

  test("--limit ends although more input may come", async () => {
    const args = ["run", "-", ...scripted, "--limit", "1"];
    const { code, stdout } = await heddle(args, { input: prompts("a"), keepsStdinOpen: true });
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toHaveLength(1);
  });

  test("the first results come while the input is still open", async () => {
    const args = ["run", "-", ...scripted];
    const running = new Running(args, { input: prompts("a"), keepsStdinOpen: true });
    await running.until("stdout", /"id":"a"/);
    running.child.stdin?.end(prompts("b"));
    expect(jsonLines((await running.ended).stdout)).toHaveLength(2);
  });

  test("--timeout-ms fails what takes longer", async () => {
    const args = ["run", "-", ...scripted, "--timeout-ms", "100"];
    const { code, stdout, stderr } = await heddle(args, { input: prompts("a") });
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([{ status: "failed", error: { code: "JOB_TIMEOUT" } }]);
    expect(stderr).toContain("a failed: JOB_TIMEOUT");
  });

  test("--dry-run checks all, and changes and starts nothing", async () => {
    using directory = new TemporaryDirectory();
    const out = directory.file("out.jsonl");
    const args = ["run", "-", ...scripted, "--dry-run", "-o", out];
    const good = await heddle(args, { input: prompts("a", "b") });
    expect(good).toMatchObject({ code: 0, stdout: "" });
    expect(good.stderr).toContain("2 to run");
    const bad = await heddle(args, { input: `${prompts("a", "b")}x\n` });
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain("line 3: it is not JSON");
    expect(existsSync(out)).toBe(false);
  });

  test("results are read as they come: a reader that goes away ends the run in silence", async () => {
    const running = new Running(["run", EXAMPLES, ...scripted, "-c", "2"]);
    await running.until("stdout", /\n/);
    running.child.stdout?.destroy();
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stderr).not.toContain("EPIPE");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("results that cannot be written end the run, and say so", async () => {
    const args = ["run", EXAMPLES, ...scripted, "-o", "/dev/full"];
    const { code, stderr } = await heddle(args);
    expect(code).toBe(1);
    expect(stderr).toContain("cannot write /dev/full");
  });

  test("standard output that fails ends the run, and says so", async () => {
    const stdoutFd = openSync("/dev/full", "w");
    const { code, stderr } = await heddle(["run", "-p", "hello", ...scripted], { stdoutFd });
    closeSync(stdoutFd);
    expect(code).toBe(1);
    expect(stderr).toContain("standard output fails: ENOSPC");
  });

  test("a file of prompts is never changed by mistake", async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file("prompts.jsonl");
    writeFileSync(file, prompts("a"));
    for (const more of [[], ["--resume"]]) {
      const { code } = await heddle(["run", file, ...scripted, "-o", file, ...more]);
      expect(code).toBe(2);
      expect(readFileSync(file, "utf8")).toBe(prompts("a"));
    }
  });
});

describe("exit code 2", () => {
  test("no provider: three ways to go on, and no answer", async () => {
    const { code, stdout, stderr } = await heddle(["run", EXAMPLES]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    for (const way of ["OPENAI_API_KEY", "--base-url", "--provider scripted"]) {
      expect(stderr).toContain(way);
    }
  });

  test.each([
    ["run nowhere.jsonl", "cannot read nowhere.jsonl: there is no such file"],
    ["run /tmp", "it is a directory"],
    ["run --concurency 3 x.jsonl", "did you mean --concurrency?"],
    ["run x.jsonl --resume", "--resume needs --out"],
    ["run", "nothing to run"],
    ["", "what to do?"],
  ])("heddle %s", async (line, message) => {
    const args = line === "" ? [] : [...line.split(" "), ...scripted];
    const { code, stdout, stderr } = await heddle(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("an --out that cannot be made, or holds something, is left alone", async () => {
    using directory = new TemporaryDirectory();
    const used = directory.file("used.jsonl");
    writeFileSync(used, "precious\n");
    for (const [out, message] of [
      [used, "holds something already"],
      [directory.path, "is a directory"],
      [directory.file("none/out.jsonl"), "there is no such directory"],
    ] as const) {
      const { code, stderr } = await heddle(["run", EXAMPLES, ...scripted, "-o", out]);
      expect(code).toBe(2);
      expect(stderr).toContain(message);
    }
    expect(readFileSync(used, "utf8")).toBe("precious\n");
  });
});

describe("heddle --help and --version", () => {
  test("go to standard output", async () => {
    const help = await heddle(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("Exit codes");
    const version = await heddle(["--version"]);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("an old Node", () => {
  test("is told what is missing, before anything is loaded", async () => {
    const older = 'Object.defineProperty(process, "versions", { value: { node: "24.11.0" } })';
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` };
    const { code, stderr } = await heddle(["run", EXAMPLES, ...scripted], { env });
    expect(code).toBe(2);
    expect(stderr).toContain("heddle needs Node 24.12 or newer; this is 24.11.0");
  });
});
