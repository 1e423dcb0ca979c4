import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { tools } from "../../src/tools/fs.ts";
import { directory } from "../support/commands.ts";
import { tree } from "../support/file-tree.ts";
import { call } from "../support/tool-calls.ts";

const SECRET = "what nobody may read";

/** `root`, and around it what must stay as it is. */
function house(): string {
  return tree({
    "root/file": "inside",
    "root/sub/file": "inside",
    "root/link-in": { link: "sub/file" },
    "root/dir-in": { link: "sub" },
    "root/link-out": { link: "../outside/secret" },
    "root/dir-out": { link: "../outside" },
    "root/absolute-out": { link: "/etc" },
    "root/dangling": { link: "../outside/new" },
    "root/dangling-dir": { link: "../outside-new" },
    "root/loop": { link: "loop" },
    "root/sub/up": { link: "../.." },
    "root-evil/secret": SECRET,
    "outside/secret": SECRET,
    secret: SECRET,
    unlisted: "",
    "outside/unlisted": "",
  });
}

/** All that is in the house but not in its `root`, with what is in the files. Links are not followed. */
function outsideOf(house: string): readonly string[] {
  return ["", "outside", "root-evil"].flatMap((name) =>
    readdirSync(join(house, name), { withFileTypes: true }).map((entry) => {
      const path = join(house, name, entry.name);
      return entry.isFile() ? `${path}: ${readFileSync(path, "utf8")}` : path;
    }),
  );
}

const OUTSIDE = [
  "..",
  "../secret",
  "sub/../../secret",
  "../root-evil/secret",
  "../root/../secret",
  "/etc/passwd",
  "/",
  "link-out",
  "dir-out/secret",
  "dir-out",
  "absolute-out/passwd",
  "sub/up/secret",
  "sub/up/root-evil/secret",
  "dir-in/up/secret",
];

describe("nothing outside the roots", () => {
  test.each(OUTSIDE)("%s is refused by each tool", async (path) => {
    const around = house();
    const before = outsideOf(around);
    const all = tools({ roots: [join(around, "root")], write: true });
    for (const [name, args] of [
      ["read_file", {}],
      ["list_directory", {}],
      ["search_files", { name: "*" }],
      ["write_file", { content: "overwritten" }],
    ] as const) {
      const done = call(all, name, { path, ...args });
      await expect(done, name).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    }
    expect(outsideOf(around)).toEqual(before);
  });

  test.each(["dangling", "dangling-dir/new", "dir-out/new", "sub/up/new", "../new", "dir-out/a/b"])(
    "nothing new is made at %s",
    async (path) => {
      const around = house();
      const before = outsideOf(around);
      const all = tools({ roots: [join(around, "root")], write: true });
      const done = call(all, "write_file", { path, content: "made" });
      await expect(done).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
      expect(outsideOf(around)).toEqual(before);
    },
  );

  test("NUL characters and loops are refused", async () => {
    const all = tools({ roots: [join(house(), "root")], write: true });
    for (const path of ["file\0", "\0", "sub/\0/../file"]) {
      const reading = call(all, "read_file", { path });
      await expect(reading).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    }
    await expect(call(all, "read_file", { path: "loop" })).rejects.toThrow("symbolic link");
    await expect(call(all, "write_file", { path: "loop", content: "" })).rejects.toThrow(
      "symbolic link",
    );
  });

  test("whatever the path, nothing outside is read or written", async () => {
    const around = house();
    const root = join(around, "root");
    const before = outsideOf(around);
    const all = tools({ roots: [root], write: true });
    const names = ["..", ".", "", "sub", "file", "up", "secret", "root", "root-evil", "outside"];
    const links = ["link-out", "dir-out", "dir-in", "dangling", "dangling-dir", "loop", "new"];
    const odd = ["\0", " ", "~", "%2e%2e", "..%2f", "‥", "．．", "\\", "..\\", "$HOME", "*", "C:"];
    const part = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...names, ...links) },
      { weight: 1, arbitrary: fc.constantFrom(...odd) },
      { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
    );
    const start = fc.constantFrom("", "", "/", `${root}/`, `${around}/`, `${root}`, "./", "//");
    const path = fc
      .tuple(start, fc.array(part, { minLength: 1, maxLength: 6 }))
      .map(([beginning, parts]) => beginning + parts.join("/"));
    await fc.assert(
      fc.asyncProperty(path, async (given) => {
        for (const [name, args] of [
          ["read_file", {}],
          ["search_files", { text: "nobody" }],
          ["list_directory", {}],
          ["write_file", { content: "written" }],
        ] as const) {
          const result = await call(all, name, { path: given, ...args }).catch(() => ({}));
          const shown = JSON.stringify(result);
          expect(shown).not.toContain(SECRET);
          expect(shown).not.toContain("unlisted");
        }
        expect(outsideOf(around)).toEqual(before);
      }),
      { numRuns: 400 },
    );
    // The property is not true for want of any access.
    expect(readdirSync(root).length).toBeGreaterThan(11);
  });
});

describe("what is inside", () => {
  test("is found by relative and absolute paths, and by links that stay inside", async () => {
    const around = house();
    const root = join(around, "root");
    const all = tools({ roots: [root] });
    for (const [path, shown] of [
      ["file", "file"],
      ["./sub/../file", "file"],
      [join(root, "file"), "file"],
      ["../root/file", "file"],
      ["link-in", "sub/file"],
      ["dir-in/file", "sub/file"],
    ]) {
      expect(await call(all, "read_file", { path })).toMatchObject({ path: shown, text: "inside" });
    }
  });

  test("several roots: the first for relative paths, links from one to the other", async () => {
    const base = tree({ "a/file": "a", "b/file": "b", "a/link": { link: "../b/file" } });
    const all = tools({ roots: [join(base, "a"), join(base, "b")] });
    const inB = join(base, "b/file");
    expect(await call(all, "read_file", { path: "file" })).toMatchObject({ text: "a" });
    expect(await call(all, "read_file", { path: inB })).toMatchObject({ text: "b", path: inB });
    expect(await call(all, "read_file", { path: "link" })).toMatchObject({ text: "b", path: inB });
  });

  test("a root that is itself a link is used by its name, and as it really is", async () => {
    const base = tree({ "real/file": "text", named: { link: "real" } });
    const all = tools({ roots: [join(base, "named")], write: true });
    for (const path of ["file", join(base, "named/file"), join(base, "real/file")]) {
      expect(await call(all, "read_file", { path })).toMatchObject({ path: "file", text: "text" });
    }
    await call(all, "write_file", { path: join(base, "real/new"), content: "new" });
    expect(readFileSync(join(base, "real/new"), "utf8")).toBe("new");
  });
});

describe("what is no regular file", () => {
  test("a pipe, a socket and a device are refused, and nobody waits for them", async () => {
    const root = directory();
    execFileSync("mkfifo", [join(root, "pipe")]);
    const server = createServer().listen(join(root, "socket"));
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const all = tools({ roots: [root, "/dev"], write: true });
    for (const path of ["pipe", "socket", "/dev/zero"]) {
      const reading = call(all, "read_file", { path });
      await expect(reading).rejects.toThrow("this is not a regular file");
      const writing = call(all, "write_file", { path, content: "x" });
      await expect(writing).rejects.toThrow("this is not a regular file");
    }
    const { entries } = await call<{ entries: unknown }>(all, "list_directory", {});
    expect(entries).toEqual([
      { name: "pipe", type: "other" },
      { name: "socket", type: "other" },
    ]);
    expect(await call(all, "search_files", { text: "x" })).toEqual({ matches: [] });
  });
});

describe("options", () => {
  const root = import.meta.dirname;
  test.each<[string, unknown]>([
    ["options", undefined],
    ["options", []],
    ["roots", {}],
    ["roots", { roots: [] }],
    ["roots", { roots: root }],
    ["roots[1]", { roots: [root, 1] }],
    ["roots[0]", { roots: [""] }],
    ["roots[0]", { roots: ["a\0"] }],
    ["roots[0]", { roots: [join(root, "none")] }],
    ["roots[0]", { roots: [join(root, "fs-roots.test.ts")] }],
    ["maxReadBytes", { roots: [root], maxReadBytes: 0 }],
    ["maxWriteBytes", { roots: [root], maxWriteBytes: 1.5 }],
    ["maxResults", { roots: [root], maxResults: 10_001 }],
    ["write", { roots: [root], write: "false" }],
    ["root", { roots: [root], root }],
  ])("%s is refused: %j", (field, options) => {
    expect(() => tools(options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
  });

  test("there is no write_file unless it is asked for, and it alone needs approval", () => {
    const names = (all: ReturnType<typeof tools>) => all.map(({ name }) => name);
    expect(names(tools({ roots: [root] }))).not.toContain("write_file");
    const needing = tools({ roots: [root], write: true }).filter((tool) => tool.needsApproval);
    expect(names(needing)).toEqual(["write_file"]);
  });
});
