import { describe, expect, test } from "vitest";
import type { BadLine, Input } from "../../src/cli/input.ts";
import { MAX_LINE_BYTES, readInputs } from "../../src/cli/input.ts";

async function* bytes(...parts: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

async function readAll(...parts: (string | Buffer)[]): Promise<(Input | BadLine)[]> {
  const read: (Input | BadLine)[] = [];
  for await (const each of readInputs(bytes(...parts))) read.push(each);
  return read;
}

const input = (line: number, id: string, prompt: string, more: Partial<Input> = {}): Input => ({
  type: "input",
  line,
  id,
  ownId: true,
  prompt,
  instructions: undefined,
  ...more,
});

describe("readInputs()", () => {
  test("reads id, prompt and instructions, and passes over other fields", async () => {
    expect(
      await readAll(
        '{"id":"a","prompt":"p","instructions":"i","tag":1}\n{"id":"b","prompt":"q"}\n',
      ),
    ).toEqual([input(1, "a", "p", { instructions: "i" }), input(2, "b", "q")]);
  });

  test("a line without an id is called by its number; null is as good as left out", async () => {
    expect(await readAll('\n{"prompt":"p"}\n{"id":null,"prompt":"q","instructions":null}')).toEqual(
      [input(2, "line-2", "p", { ownId: false }), input(3, "line-3", "q", { ownId: false })],
    );
  });

  test("a whole number is an id, as text", async () => {
    expect(await readAll('{"id":7,"prompt":"p"}')).toEqual([input(1, "7", "p")]);
  });

  test("byte order mark, CRLF, blank lines and a last line without a break are fine", async () => {
    expect(
      await readAll('\uFEFF{"id":"a","prompt":"p"}\r\n\r\n  \t\n{"id":"b","prompt":"ö\u2028"}'),
    ).toEqual([input(1, "a", "p"), input(4, "b", "ö\u2028")]);
  });

  test("chunks may end anywhere, also inside a character", async () => {
    const whole = Buffer.from('{"id":"a","prompt":"größer 😀"}\n{"id":"b","prompt":"q"}\n');
    for (let at = 0; at <= whole.length; at += 1) {
      expect(await readAll(whole.subarray(0, at), whole.subarray(at))).toEqual([
        input(1, "a", "größer 😀"),
        input(2, "b", "q"),
      ]);
    }
  });

  test.each([
    ["not json", "it is not JSON"],
    ['{"id":"a","prompt":"cut', "it is not JSON"],
    ["[1]", "it is not a JSON object"],
    ['"text"', "it is not a JSON object"],
    ["null", "it is not a JSON object"],
    ['{"id":"a"}', 'it has no "prompt"'],
    ['{"prompt":null}', 'it has no "prompt"'],
    ['{"prompt":7}', '"prompt" is not a string'],
    ['{"prompt":"  "}', '"prompt" is empty'],
    ['{"id":"","prompt":"p"}', '"id" is not'],
    ['{"id":1.5,"prompt":"p"}', '"id" is not'],
    ['{"id":{},"prompt":"p"}', '"id" is not'],
    [`{"id":"${"x".repeat(201)}","prompt":"p"}`, '"id" is not'],
    ['{"prompt":"p","instructions":[]}', '"instructions" is not a string'],
    [Buffer.from([0x22, 0xff, 0x22]), "it is not valid UTF-8"],
  ])("%s is a bad line, and the next one is read", async (line, reason) => {
    const [first, second] = await readAll(line, '\n{"id":"z","prompt":"p"}\n');
    expect(first).toMatchObject({ type: "bad", line: 1, reason: expect.stringContaining(reason) });
    expect(second).toEqual(input(2, "z", "p"));
  });

  test("the second line with an id is bad; an id of a bad line is still free", async () => {
    expect(await readAll('{"id":"a"}\n{"id":"a","prompt":"p"}\n{"id":"a","prompt":"q"}\n')).toEqual(
      [
        { type: "bad", line: 1, reason: 'it has no "prompt"' },
        input(2, "a", "p"),
        { type: "bad", line: 3, reason: "its id is that of line 2" },
      ],
    );
  });

  test("an id may not be that of a line without one", async () => {
    expect(await readAll('{"prompt":"p"}\n{"id":"line-1","prompt":"q"}\n')).toMatchObject([
      { id: "line-1" },
      { type: "bad", line: 2 },
    ]);
  });

  test("a line past the limit is read past, not kept", async () => {
    const part = Buffer.alloc(MAX_LINE_BYTES, "x");
    expect(await readAll(part, part, part, '\n{"id":"a","prompt":"p"}')).toEqual([
      { type: "bad", line: 1, reason: "it is longer than 1 MiB" },
      input(2, "a", "p"),
    ]);
  });

  test("reads no further than it is asked to", async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        pulled += 1;
        yield Buffer.from(`{"id":"${pulled}","prompt":"p"}\n`);
      }
    }
    const inputs = readInputs(endless());
    await inputs.next();
    await inputs.next();
    expect(pulled).toBe(2);
    await inputs.return();
  });
});
