import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const RUN = new URL("../../bench/run.ts", import.meta.url).pathname;
const ONE_FAILS = "../test/fixtures/benches/one-fails";

describe("the runner", () => {
  let out = "";
  let first: ReturnType<typeof bench>;

  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), "heddle-bench-"));
    first = bench(ONE_FAILS, "--rounds", "1", "--out", out);
  });

  afterAll(() => rmSync(out, { recursive: true }));

  test("says which contestant has failed and what it said, goes on with the others, and exits with 1", () => {
    expect(first.stdout).toMatch(/FAILED: it fails\n[\s\S]*Error: a chunk was lost/);
    expect(first.stdout).toMatch(/^ {2}after it +p50 ms 3 \(1\.5 x\)$/m);
    expect(first.status).toBe(1);
  });

  test("says what is asked, and whether it is met; what was not measured is not", () => {
    expect(first.stdout).toContain("met      after it, p50 ms: 3, asked ≤ 2 x before it = 4");
    expect(first.stdout).toContain("NOT MET  it fails, p50 ms: –, asked ≤ 2 x before it = 4");
  });

  test("prints where it ran, and with which versions", () => {
    const { version } = JSON.parse(
      readFileSync(new URL("../../node_modules/ai/package.json", import.meta.url), "utf8"),
    );
    expect(first.stdout).toContain(`Node ${process.version}, `);
    expect(first.stdout).toContain(`ai ${version}`);
    expect(first.stdout).toMatch(/commit \S+; /);
  });

  test("makes a page of it, in which texts are text", () => {
    const page = readFileSync(join(out, "index.html"), "utf8");
    expect(page).toContain("Does &lt;one&gt; that fails stop the others?");
    expect(page).toContain("1 of 2 are met.");
    expect(page).toContain("a chunk was lost");
    expect(page).not.toMatch(/<script|https?:/);
  });

  test("shows what was kept, as Markdown, without running anything", () => {
    const { stdout, status } = bench(ONE_FAILS, "--rounds", "0", "--markdown", "--out", out);
    expect(stdout).toContain("| one-fails | after it: p50 ms | 3 | ≤ 2 x before it = 4 | yes |");
    expect(stdout).toContain("| after it | 3 (1.5 x) |");
    expect(stdout).not.toContain("FAILED");
    expect(status).toBe(0);
  });

  test.each([
    ["no-such-bench", /no bench "no-such-bench"; there are stream, http, /],
    ["--rounds=half", /--rounds is a whole number from 0/],
    ["--size=huge", /the size is full or tiny, not huge/],
  ])("refuses %s", (argument, message) => {
    const { stderr, status } = bench(argument, "--out", out);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });
});

function bench(...args: readonly string[]) {
  return spawnSync(process.execPath, [RUN, ...args], { encoding: "utf8" });
}
