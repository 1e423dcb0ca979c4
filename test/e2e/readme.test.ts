import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";

const ROOT = new URL("../../", import.meta.url).pathname;
const run = promisify(execFile);

describe("the README", () => {
  test("its first example is at most 10 lines and runs as printed", async () => {
    const readme = await readFile(join(ROOT, "README.md"), "utf8");
    const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    expect(example.trimEnd().split("\n").length).toBeLessThanOrEqual(10);
    // Inside the package, so that "heddle" is found as it is where it is installed.
    const directory = await mkdtemp(join(ROOT, "examples", "readme-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "first.ts");
    await writeFile(file, example);
    const { stdout } = await run(process.execPath, [file]);
    expect(stdout).toContain("Hello from a thread of my own.{");
    expect(stdout).toContain("steps: 1");
  });
});

describe("the examples", () => {
  test.each([
    ["01-hello", /^Hello from a thread of my own\.$/m],
    ["02-crowd", /^\{"completed":(6\d|[7-9]\d|100),"cancelled":\d+,"failed":0\}$/m],
    ["07-team", /^(lead\/research.*: cancelled\n){3}lead: cancelled, .*\nstill at work: 0 jobs$/m],
  ])("%s runs by itself", async (name, expected) => {
    const env = { ...process.env, OPENAI_API_KEY: "" };
    const { stdout } = await run(process.execPath, [join(ROOT, "examples", `${name}.ts`)], { env });
    expect(stdout).toMatch(expected);
  });
});
