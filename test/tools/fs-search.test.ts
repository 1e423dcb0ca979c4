import { describe, expect, test } from "vitest";
import { globMatcher } from "../../src/tools/fs/glob.ts";
import type { SearchResult } from "../../src/tools/fs/search-files.ts";
import { tools } from "../../src/tools/fs.ts";
import { tree } from "../support/file-tree.ts";
import { call } from "../support/tool-calls.ts";
import { toolContext } from "../support/tool-context.ts";

function searcher(entries: Parameters<typeof tree>[0], maxResults = 50) {
  const all = tools({ roots: [tree(entries)], maxResults });
  return (args: object, ctx = toolContext()) =>
    call<SearchResult>(all, "search_files", { ...args }, ctx);
}

const SOURCES = {
  "a.ts": "first\nsecond needle\n",
  "src/b.ts": "Needle\r\n",
  "src/deep/c.ts": "needle needle\nno\nneedle",
  "src/d.md": "needle",
  "src/binary": Buffer.from("needle\0"),
  loop: { link: "." },
};

describe("search_files", () => {
  test("by name", async () => {
    const search = searcher(SOURCES);
    const paths = async (args: object) => (await search(args)).matches.map(({ path }) => path);
    expect(await paths({ name: "*.ts" })).toEqual(["a.ts", "src/b.ts", "src/deep/c.ts"]);
    expect(await paths({ name: "src/*.ts" })).toEqual(["src/b.ts"]);
    expect(await paths({ name: "**/*.ts", path: "src" })).toEqual(["src/b.ts", "src/deep/c.ts"]);
    expect(await paths({ name: "none" })).toEqual([]);
  });

  test("by text, line by line, and both", async () => {
    const search = searcher(SOURCES);
    expect(await search({ text: "needle", name: "*.ts" })).toEqual({
      matches: [
        { path: "a.ts", line: 2, text: "second needle" },
        { path: "src/deep/c.ts", line: 1, text: "needle needle" },
        { path: "src/deep/c.ts", line: 3, text: "needle" },
      ],
    });
    const { matches } = await search({ text: "NEEDLE", ignoreCase: true, path: "src" });
    expect(matches.map(({ path }) => path)).toContain("src/b.ts");
    expect((await search({ text: "[a-z]+" })).matches).toEqual([]);
  });

  test("of a long line, what is around the text", async () => {
    const search = searcher({ file: `${"a".repeat(5_000)}needle${"b".repeat(5_000)}` });
    const [match] = (await search({ text: "needle" })).matches;
    expect(match?.text).toMatch(/^a{100}needleb{294}$/);
  });

  test("bounds are kept, and said", async () => {
    const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, "x\nx\n"]));
    const search = searcher(files, 5);
    const byName = await search({ name: "f*" });
    expect(byName.matches).toHaveLength(5);
    expect(byName.incomplete).toBe("results");
    expect(await search({ text: "x" })).toMatchObject({ incomplete: "results" });
    expect(await searcher({ f: "x" }, 1)({ name: "f" })).not.toHaveProperty("incomplete");
    const deep = searcher({ [`${"d/".repeat(40)}file`]: "x" });
    expect(await deep({ text: "x" })).toEqual({ matches: [], incomplete: "depth" });
    const large = searcher({ large: "x".repeat(5_000_000), small: "x" });
    const { matches, incomplete } = await large({ text: "x" });
    expect(matches).toEqual([{ path: "small", line: 1, text: "x" }]);
    expect(incomplete).toBe("large-files");
  });

  test("stops when the call is cancelled, also when only a poll sees it", async () => {
    const search = searcher(SOURCES);
    const ctx = toolContext();
    const polled = { ...ctx, signal: ctx.signal, cancelled: true };
    await expect(search({ name: "*" }, polled)).rejects.toMatchObject({ code: "TOOL_INTERRUPTED" });
    ctx.cancel();
    await expect(search({ name: "*" }, ctx)).rejects.toMatchObject({ code: "JOB_CANCELLED" });
  });

  test("has to be told what for, and where there is a directory", async () => {
    const search = searcher(SOURCES);
    await expect(search({})).rejects.toThrow("give a name or a text");
    await expect(search({ name: "*", path: "a.ts" })).rejects.toThrow("no directory");
  });
});

test("list_directory tells what is what, by name, and what is left out", async () => {
  const root = tree({ "b/x": "", a: "four", c: { link: "a" } });
  const list = (maxResults: number) =>
    call(tools({ roots: [root], maxResults }), "list_directory", {});
  expect(await list(3)).toEqual({
    path: ".",
    entries: [
      { name: "a", type: "file", sizeBytes: 4 },
      { name: "b", type: "directory" },
      { name: "c", type: "symbolic-link" },
    ],
    isTruncated: false,
  });
  expect(await list(2)).toMatchObject({
    entries: [{ name: "a" }, { name: "b" }],
    isTruncated: true,
  });
  const file = call(tools({ roots: [root] }), "list_directory", { path: "a" });
  await expect(file).rejects.toThrow("no directory");
});

describe("globMatcher()", () => {
  test.each([
    ["*.ts", "a.ts", true],
    ["*.ts", "deep/in/a.ts", true],
    ["*.ts", "a.tsx", false],
    ["?.ts", "é.ts", true],
    ["?.ts", "👩.ts", true],
    ["?.ts", "ab.ts", false],
    ["a*b*c", "axxbxxbxc", true],
    ["a*b*c", "axxcxxb", false],
    ["src/*.ts", "src/a.ts", true],
    ["src/*.ts", "src/in/a.ts", false],
    ["src/*.ts", "other/src/a.ts", false],
    ["src/**/a.ts", "src/a.ts", true],
    ["src/**/a.ts", "src/x/y/a.ts", true],
    ["**/x/**/a", "q/x/r/x/s/a", true],
    ["**/x/**/a", "q/a", false],
    ["src/**", "src/x/y", true],
    ["./src/*", "src/a", true],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
    ["(a+)+", "(a+)+", true],
  ])("%s, %s: %s", (pattern, path, expected) => {
    expect(globMatcher(pattern)(path)).toBe(expected);
  });

  test("a pattern that would take a regular expression for ever takes a moment", () => {
    expect(globMatcher(`${"*a".repeat(400)}*b`)("a".repeat(4_000))).toBe(false);
    expect(globMatcher(`${"**/a/".repeat(200)}b`)("a/".repeat(2_000))).toBe(false);
  });
});
