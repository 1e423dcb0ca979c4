import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { visible, visibleJson, visibleLine } from "../../../src/cli/confirm/visible.ts";

describe("visible()", () => {
  test.each([
    ["an escape sequence", "\u001b[2Jx", "\\u001b[2Jx"],
    ["a C1 control", "\u009b31m", "\\u009b31m"],
    ["DEL and backspace", "a\b\u007f", "a\\u0008\\u007f"],
    ["a carriage return", "rm\rls", "rm\\u000dls"],
    ["a line break", "a\nb", "a\\u000ab"],
    ["right-to-left override", "a\u202eb\u202c", "a\\u202eb\\u202c"],
    ["isolates", "\u2066a\u2069", "\\u2066a\\u2069"],
    ["marks of direction", "\u200e\u200f\u061c", "\\u200e\\u200f\\u061c"],
    [
      "zero-width characters",
      "a\u200b\u200c\u200d\u2060\ufeffb",
      "a\\u200b\\u200c\\u200d\\u2060\\ufeffb",
    ],
    ["a soft hyphen", "a\u00adb", "a\\u00adb"],
    ["line and paragraph separators", "\u2028\u2029", "\\u2028\\u2029"],
    ["blanks that are no spaces", "a\u00a0\u2003\u3000b", "a\\u00a0\\u2003\\u3000b"],
    ["letters that show nothing", "\u3164\u115f\uffa0\u2800", "\\u3164\\u115f\\uffa0\\u2800"],
    ["tags", "a\u{e0041}", "a\\udb40\\udc41"],
    ["variation selectors", "a\ufe0f\u{e0100}", "a\\ufe0f\\udb40\\udd00"],
    ["private characters", "\ue000", "\\ue000"],
    ["half a pair", "\ud800x", "\\ud800x"],
    ["a mark on no letter", '"\u0338', '"\\u0338'],
    ["a pile of marks", "a\u0301\u0302\u0303\u0304", "a\u0301\u0302\\u0303\\u0304"],
  ])("%s", (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test.each(["plain text: {}", "größer", "日本語", "שלום", "e\u0301", "नमस्ते", "😀", "a  b"])(
    "%s stays as it is",
    (text) => {
      expect(visible(text)).toBe(text);
    },
  );
});

describe("visibleJson()", () => {
  test("is exactly the data, and holds nothing that a terminal acts upon", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const data: unknown = JSON.parse(JSON.stringify(value));
        for (const text of [visibleJson(data).join("\n"), visibleLine(data)]) {
          expect(JSON.parse(text)).toEqual(data);
          expect(text.replaceAll("\n", "")).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        }
      }),
    );
  });

  test("names of fields are shown like values", () => {
    expect(visibleJson({ "a\u202e": 1 })).toEqual(["{", '  "a\\u202e": 1', "}"]);
  });
});
