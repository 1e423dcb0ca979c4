import { describe, expect, test } from "vitest";
import { readArguments } from "../../src/tools/read-arguments.ts";

describe("readArguments()", () => {
  test.each(["", " ", "\n\t", "null", " null ", '""', '" "', "{}", '"{}"', '"null"', "[]", '"[]"'])(
    "%j is no arguments",
    (text) => {
      expect(readArguments(text)).toEqual({ ok: true, args: {} });
    },
  );

  test.each([
    ['{"a":1}', { a: 1 }],
    ['"{\\"a\\":1}"', { a: 1 }],
    ["[1]", [1]],
    ["0", 0],
    ["false", false],
    ['"text"', "text"],
  ])("%s is what it says", (text, args) => {
    expect(readArguments(text)).toEqual({ ok: true, args });
  });

  test.each(["{", "{'a':1}", "undefined", "a", '{"a":1}}'])("%s is no JSON", (text) => {
    expect(readArguments(text)).toEqual({
      ok: false,
      why: expect.stringContaining("no valid JSON"),
    });
  });
});
