import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageLines } from "../../../src/supervisor/tools/message-lines.ts";

describe("MessageLines", () => {
  test("gives the same lines, however the output is cut, also in the middle of a character", () => {
    const text = 'eins\n{"ü": "🧵"}\r\n\nletzte\nnot complete';
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const lines = new MessageLines(100);
        const ends = [...cuts, bytes.length].toSorted((one, other) => one - other);
        let start = 0;
        const all: string[] = [];
        for (const end of ends) {
          all.push(...(lines.push(bytes.subarray(start, end)) ?? []));
          start = end;
        }
        expect(all).toEqual(["eins", '{"ü": "🧵"}', "", "letzte"]);
      }),
    );
  });

  test("a line that grows too long is told before it ends", () => {
    const lines = new MessageLines(10);
    expect(lines.push(Buffer.from("12345\n1234567890"))).toEqual(["12345"]);
    expect(lines.push(Buffer.from("1"))).toBe(undefined);
  });
});
