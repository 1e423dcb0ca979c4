import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tools } from "../../src/tools/fs.ts";
import { tree } from "../support/file-tree.ts";
import { call } from "../support/tool-calls.ts";
import { toolContext } from "../support/tool-context.ts";

function writer(entries: Parameters<typeof tree>[0], maxWriteBytes = 100) {
  const root = tree(entries);
  const all = tools({ roots: [root], write: true, maxWriteBytes });
  const write = (path: string, text: string, ctx = toolContext()) =>
    call(all, "write_file", { path, content: text }, ctx);
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  return { root, write, read };
}

test("a file is made, with the directories that lead to it", async () => {
  const { root, write, read } = writer({});
  const made = { path: "a/b/file", sizeBytes: 6, created: true };
  expect(await write("a/b/file", "héllo")).toEqual(made);
  expect(read("a/b/file")).toBe("héllo");
  expect(readdirSync(join(root, "a/b"))).toEqual(["file"]);
});

test("a file is replaced as a whole, and keeps its permissions", async () => {
  const { root, write, read } = writer({ file: "a longer text than the new one" });
  chmodSync(join(root, "file"), 0o751);
  const { ino } = statSync(join(root, "file"));
  expect(await write("file", "new")).toMatchObject({ created: false });
  expect(read("file")).toBe("new");
  const after = statSync(join(root, "file"));
  expect(after.mode & 0o777).toBe(0o751);
  // Who had it open still reads what was there.
  expect(after.ino).not.toBe(ino);
});

test("a link that stays inside stays, and what it leads to is written", async () => {
  const { root, write, read } = writer({ "sub/file": "old", link: { link: "sub/file" } });
  expect(await write("link", "new")).toMatchObject({ path: "sub/file" });
  expect(read("sub/file")).toBe("new");
  expect(lstatSync(join(root, "link")).isSymbolicLink()).toBe(true);
});

test("a call that is cancelled leaves the file as it was, and nothing beside it", async () => {
  const { root, write, read } = writer({ file: "old" });
  const ctx = toolContext();
  ctx.cancel();
  await expect(write("file", "new", ctx)).rejects.toMatchObject({ code: "JOB_CANCELLED" });
  expect(read("file")).toBe("old");
  expect(readdirSync(root)).toEqual(["file"]);
});

test.each([
  ["directory", "x", "this is a directory"],
  [".", "x", "this is a directory"],
  ["new/", "x", "this names a directory"],
  ["file/x", "x", "a part of the path is not a directory"],
  ["file", "é".repeat(51), "102 bytes are more than the 100 of one call"],
  ["n".repeat(300), "x", "the path is too long"],
])("%s is not written, and the model is told why", async (path, text, why) => {
  const { root, write } = writer({ file: "old", "directory/file": "" });
  const before = readdirSync(root, { recursive: true });
  await expect(write(path, text)).rejects.toThrow(why);
  expect(readdirSync(root, { recursive: true })).toEqual(before);
  expect(existsSync(join(root, "new"))).toBe(false);
});
