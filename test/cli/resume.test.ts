import { describe, expect, test } from "vitest";
import type { Input } from "../../src/cli/input.ts";
import type { Held } from "../../src/cli/resume.ts";
import { decide, hashLine, readHashes, readHeldResults } from "../../src/cli/resume.ts";

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

const line = (id: string, status: string): string =>
  JSON.stringify({ id, status, provider: "p", model: "m", text: "größer" });

const input = (id: string, more: Partial<Input> = {}): Input => ({
  type: "input",
  line: 1,
  id,
  ownId: true,
  prompt: "p",
  instructions: undefined,
  ...more,
});

describe("readHeldResults()", () => {
  test("the last line of an id counts", async () => {
    const file = `${line("a", "failed")}\n${line("b", "completed")}\n${line("a", "completed")}\n`;
    expect(await readHeldResults(bytes(file))).toEqual({
      type: "results",
      statuses: new Map([
        ["a", "completed"],
        ["b", "completed"],
      ]),
      mend: { type: "none" },
    });
  });

  test("an empty file is fine", async () => {
    expect(await readHeldResults(bytes(""))).toMatchObject({ mend: { type: "none" } });
  });

  test("a last line cut anywhere is mended, and its id not held", async () => {
    const whole = `${line("a", "completed")}\n`;
    const next = Buffer.from(line("b", "completed"));
    for (let size = 1; size < next.length; size += 1) {
      const file = Buffer.concat([Buffer.from(whole), next.subarray(0, size)]);
      const held = await readHeldResults(
        (async function* () {
          yield file;
        })(),
      );
      expect(held).toEqual({
        type: "results",
        statuses: new Map([["a", "completed"]]),
        mend: { type: "truncate", sizeBytes: Buffer.byteLength(whole) },
      });
    }
  });

  test("a last line that lacks only its break is kept", async () => {
    expect(await readHeldResults(bytes(line("a", "completed")))).toEqual({
      type: "results",
      statuses: new Map([["a", "completed"]]),
      mend: { type: "break" },
    });
  });

  test.each([
    ["a line in the middle", `${line("a", "completed")}\nnonsense\n${line("b", "failed")}\n`, 2],
    ["a file of prompts", '{"id":"a","prompt":"p"}\n', 1],
    ["a last line with its break", '{"id":"a","sta\n', 1],
    ["some other text without a break", "my notes", 1],
  ])("%s that is no result line is found, and nothing is mended", async (_, file, at) => {
    expect(await readHeldResults(bytes(file))).toEqual({ type: "strange", line: at });
  });
});

describe("decide()", () => {
  const held: Held = {
    statuses: new Map([
      ["done", "completed"],
      ["old", "completed"],
      ["bad", "failed"],
      ["cut", "cancelled"],
    ]),
    hashes: new Map(),
  };
  const hashes = async (...inputs: Input[]): Promise<Held> => ({
    ...held,
    hashes: await readHashes(bytes(inputs.map((each) => `${hashLine(each)}\n`).join(""))),
  });

  test.each([
    ["new", false, { type: "run" }],
    ["cut", false, { type: "run" }],
    ["done", false, { type: "skip", status: "completed" }],
    ["done", true, { type: "skip", status: "completed" }],
    ["bad", false, { type: "skip", status: "failed" }],
    ["bad", true, { type: "run" }],
  ] as const)("%s, with retryFailed %s", (id, retryFailed, expected) => {
    expect(decide(input(id), held, { retryFailed })).toEqual(expected);
  });

  test("a line without an id of its own is refused", () => {
    expect(decide(input("line-1", { ownId: false }), held, { retryFailed: false })).toMatchObject({
      type: "refuse",
    });
  });

  test("a completed id with the same question is skipped, with another one refused", async () => {
    const known = await hashes(input("done"), input("old", { instructions: "i" }));
    const of = (each: Input) => decide(each, known, { retryFailed: true }).type;
    expect(of(input("done"))).toBe("skip");
    expect(of(input("done", { prompt: "q" }))).toBe("refuse");
    expect(of(input("done", { instructions: "i" }))).toBe("refuse");
    expect(of(input("old", { instructions: "i" }))).toBe("skip");
    expect(of(input("old"))).toBe("refuse");
  });

  test("an id that did not complete may be asked something else", async () => {
    const known = await hashes(input("bad"), input("cut"));
    expect(decide(input("bad", { prompt: "q" }), known, { retryFailed: true }).type).toBe("run");
    expect(decide(input("cut", { prompt: "q" }), known, { retryFailed: false }).type).toBe("run");
  });
});

describe("readHashes()", () => {
  test("the last line of an id counts, and a cut line is passed over", async () => {
    const file = '{"id":"a","sha256":"1"}\n{"id":"a","sha256":"2"}\n{"id":"b","sha2';
    expect(await readHashes(bytes(file))).toEqual(new Map([["a", "2"]]));
  });
});
