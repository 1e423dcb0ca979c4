import { describe, expect, test } from "vitest";
import { tools } from "../../src/tools/fs.ts";
import { tree } from "../support/file-tree.ts";
import { call } from "../support/tool-calls.ts";
import { toolContext } from "../support/tool-context.ts";

type Read = { text: string; next?: { offset: number; unit: string } };

function reader(text: string | Buffer, maxReadBytes = 100) {
  const root = tree({ file: text });
  const read = tools({ roots: [root], maxReadBytes });
  return (args: object = {}) => call<Read>(read, "read_file", { path: "file", ...args });
}

/** The whole file, by the way that each result points out. */
async function readOn(read: (args: object) => Promise<Read>, args: object): Promise<string[]> {
  const texts: string[] = [];
  let next: object | undefined = args;
  while (next) {
    const result: Read = await read({ ...args, ...next });
    texts.push(result.text);
    next = result.next;
  }
  return texts;
}

describe("read_file by lines", () => {
  test("a file that fits is read at once", async () => {
    const read = reader("one\ntwo\n");
    expect(await read()).toEqual({ path: "file", sizeBytes: 8, text: "one\ntwo\n" });
    expect(await reader("")()).toEqual({ path: "file", sizeBytes: 0, text: "" });
  });

  test("limit lines after offset lines", async () => {
    const read = reader("one\ntwo\nthree\nfour");
    const next = { offset: 2, unit: "lines" };
    expect(await read({ offset: 1, limit: 1 })).toMatchObject({ text: "two\n", next });
    expect(await read({ offset: 2, limit: 2 })).toEqual({
      path: "file",
      sizeBytes: 18,
      text: "three\nfour",
    });
    expect((await read({ offset: 3, limit: 9 })).text).toBe("four");
    expect(await read({ offset: 4 })).toMatchObject({ text: "" });
    expect(await reader("one\n")({ limit: 1 })).not.toHaveProperty("next");
  });

  test("what is too much goes on at the next whole line", async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `line ${i}\n`);
    const texts = await readOn(reader(lines.join("")), {});
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.join("")).toBe(lines.join(""));
    expect(texts.every((text) => text.endsWith("\n"))).toBe(true);
  });

  test("a line that is too long goes on by bytes, at a whole character", async () => {
    const text = `short\n${"é漢👩".repeat(50)}\nend`;
    const texts = await readOn(reader(text), {});
    expect(texts.join("")).toBe(text);
    expect(texts.every((one) => Buffer.byteLength(one) <= 100)).toBe(true);
  });

  test("a line far behind in a large file is found", async () => {
    const read = reader("x".repeat(200_000).concat("\n").repeat(3).concat("here"));
    expect(await read({ offset: 3 })).toMatchObject({ text: "here" });
    expect(await read({ offset: 4 })).toMatchObject({ text: "" });
  });
});

test("read_file by bytes reads each part once", async () => {
  const text = "é漢👩x".repeat(60);
  const read = reader(text);
  expect((await readOn(read, { unit: "bytes", limit: 7 })).join("")).toBe(text);
  expect(await read({ unit: "bytes", offset: 1_000_000 })).toMatchObject({ text: "" });
  // From the middle of a character: what is left of it shows.
  expect((await read({ unit: "bytes", offset: 1, limit: 1 })).text).toBe("�");
});

test("read_file tells a binary file apart, wherever its first NUL is", async () => {
  const expected = { path: "file", sizeBytes: 3, isBinary: true };
  expect(await reader(Buffer.from([1, 0, 2]))()).toEqual(expected);
  const late = Buffer.concat([Buffer.alloc(10_000, "x\n"), Buffer.alloc(1)]);
  expect(await reader(late, 20_000)()).toMatchObject({ isBinary: true });
});

test("read_file stops when the call is cancelled", async () => {
  const root = tree({ file: "x".repeat(100_000) });
  const ctx = toolContext();
  ctx.cancel();
  const reading = call(tools({ roots: [root] }), "read_file", { path: "file", offset: 5 }, ctx);
  await expect(reading).rejects.toMatchObject({ code: "JOB_CANCELLED" });
});

test.each([
  ["none", "TOOL_FAILED", "none: there is no such file or directory"],
  ["file/x", "TOOL_FAILED", "file/x: a part of the path is not a directory"],
  ["directory", "TOOL_FAILED", "directory: this is a directory"],
  ["x".repeat(3_000), "TOOL_FAILED", "the path is too long"],
])(
  "read_file says of %s why it cannot be read, without the host's paths",
  async (path, code, message) => {
    const root = tree({ file: "", "directory/file": "" });
    const reading = call(tools({ roots: [root] }), "read_file", { path });
    const error: Error = await reading.then(
      () => new Error("it was read"),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(error.message).not.toContain(root);
  },
);
