import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXAMPLES, heddle, jsonLines, Running, TemporaryDirectory } from "./support/command.ts";

const run = (file: string, out: string, ...more: string[]): string[] => [
  "run",
  file,
  "--provider",
  "scripted",
  "-o",
  out,
  ...more,
];
const prompt = (id: string, text: string): string => `${JSON.stringify({ id, prompt: text })}\n`;

describe("--resume", () => {
  test("goes on after kill -9 in the middle: nothing is lost and nothing done twice", async () => {
    using directory = new TemporaryDirectory();
    const out = directory.file("out.jsonl");
    const first = new Running(run(EXAMPLES, out, "-c", "4", "--events"));
    await first.until("stdout", /("type":"completed"[\s\S]*){6}/);
    first.kill("SIGKILL");
    await first.ended;
    const kept = jsonLines(readFileSync(out, "utf8"));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(24);
    appendFileSync(out, '{"id":"haiku-loom","status":"comple');

    const second = await heddle(run(EXAMPLES, out, "--resume"));
    expect(second.stderr).toContain("its last line was cut");
    expect(second.code).toBe(0);
    const lines = jsonLines(readFileSync(out, "utf8"));
    expect(new Set(lines.map(({ id }) => id)).size).toBe(24);
    expect(lines).toHaveLength(24);
    expect(lines.slice(0, kept.length)).toEqual(kept);

    const third = await heddle(run(EXAMPLES, out, "--resume"));
    expect(third.stderr).toContain("24 skipped");
    expect(third.code).toBe(0);
    expect(jsonLines(readFileSync(out, "utf8"))).toEqual(lines);
  });

  test("leaves failed ones, and says so; --retry-failed runs them again", async () => {
    using directory = new TemporaryDirectory();
    const out = directory.file("out.jsonl");
    const failing = await heddle(run("-", out, "--timeout-ms", "50"), { input: prompt("a", "p") });
    expect(failing.code).toBe(1);

    const left = await heddle(run("-", out, "--resume"), { input: prompt("a", "p") });
    expect(left.code).toBe(1);
    expect(left.stderr).toContain("1 left failed");
    expect(jsonLines(readFileSync(out, "utf8"))).toHaveLength(1);

    const again = run("-", out, "--resume", "--retry-failed");
    expect(await heddle(again, { input: prompt("a", "p") })).toMatchObject({ code: 0 });
    expect(jsonLines(readFileSync(out, "utf8")).map(({ status }) => status)).toEqual([
      "failed",
      "completed",
    ]);
    const over = await heddle(again, { input: prompt("a", "p") });
    expect(over.stderr).toContain("1 skipped");
  });

  test("refuses another prompt for a completed id, and lines without an id; the rest runs", async () => {
    using directory = new TemporaryDirectory();
    const out = directory.file("out.jsonl");
    await heddle(run("-", out), { input: prompt("a", "p") });
    const input = `${prompt("a", "q")}{"prompt":"r"}\n${prompt("b", "s")}`;
    const { code, stderr } = await heddle(run("-", out, "--resume"), { input });
    expect(code).toBe(1);
    expect(stderr).toContain('line 1: id "a" was completed with another prompt');
    expect(stderr).toContain("line 2: it has no id");
    expect(jsonLines(readFileSync(out, "utf8")).map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("without the file beside the results it goes on, and says what it cannot notice", async () => {
    using directory = new TemporaryDirectory();
    const out = directory.file("out.jsonl");
    await heddle(run("-", out), { input: prompt("a", "p") });
    rmSync(`${out}.state`);
    const { code, stderr } = await heddle(run("-", out, "--resume"), { input: prompt("a", "q") });
    expect(code).toBe(0);
    expect(stderr).toContain("out.jsonl.state is missing");
  });

  test("begins anew where there is nothing to go on with", async () => {
    using directory = new TemporaryDirectory();
    const out = directory.file("out.jsonl");
    expect(await heddle(run("-", out, "--resume"), { input: prompt("a", "p") })).toMatchObject({
      code: 0,
    });
  });
});
