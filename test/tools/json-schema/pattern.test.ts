import { describe, expect, test } from "vitest";
import { checkable, portable } from "../../../src/tools/json-schema/pattern.ts";

describe("checkable()", () => {
  test.each([
    ["one of JavaScript as it is", "^[a-z:/.]+$", ["a:/b."], ["A"]],
    ["needless backslashes", "^[\\w\\.\\@]+\\-\\:\\_$", ["a@b.c-:_"], ["a b-:_"]],
    ["flags of Python and Go", "(?i)^ABC$", ["abc", "ABC"], ["abd"]],
    ["flags that change nothing here", "(?u)^a$", ["a"], ["b"]],
    ["several flags", "(?is)^A.B$", ["a\nb"], ["ab"]],
    ["the ends of Python and PCRE", "\\Aabc\\Z", ["abc"], ["abcd", "xabc"]],
    ["the end of Go", "^abc\\z", ["abc"], ["abcd"]],
    ["named groups of Python", "^(?P<y>\\d{4})-(?P=y)$", ["2026-2026"], ["2026-2027"]],
    ["a class next to a hyphen", "^[\\w-.]+$", ["a-b.c"], ["a b"]],
    ["braces and brackets that mean themselves", "^{a}]$", ["{a}]"], ["a"]],
    ["quotes and blanks behind backslashes", '^\\"\\ \\#$', ['" #'], ["a"]],
  ])("takes %s", (_, pattern, fit, unfit) => {
    const regular = new RegExp(checkable(pattern) ?? "$^", "u");
    for (const text of fit) expect(regular.test(text), text).toBe(true);
    for (const text of unfit) expect(regular.test(text), text).toBe(false);
  });

  test.each([
    ["a class of POSIX", "^[[:alpha:]]+$"],
    ["possessive repetition", "^a++$"],
    ["an atomic group", "^(?>a)b$"],
    ["a comment", "^a(?#b)$"],
    ["free spacing", "(?x) a b"],
    ["quoting", "\\Qa.b\\E"],
    ["a letter that JavaScript does not know", "^\\h+$"],
    ["a bracket that is first in its class", "^[]a]+$"],
    ["what is broken", "^(a$"],
    ["a group that is not there", "^\\1$"],
  ])("has nothing for %s", (_, pattern) => {
    expect(checkable(pattern)).toBeUndefined();
  });
});

describe("portable()", () => {
  test.each([
    ["^[a-z]+$", "^[a-z]+$"],
    ["^\\d+$", "^[0-9]+$"],
    ["^[\\w.\\-]+\\/x$", "^[A-Za-z0-9_.-]+/x$"],
    ["^(?:a|b){2,3}?$", "^(a|b){2,3}$"],
    ["^\\$\\d{1,3}(\\.\\d\\d)?$", "^\\$[0-9]{1,3}(\\.[0-9][0-9])?$"],
    ["^[^\\]]+$", "^[^\\]]+$"],
    ["^[\\w\\.\\@]+$", "^[A-Za-z0-9_.@]+$"],
    ["^[+\\-]?\\d$", "^[+-]?[0-9]$"],
    ["^$", "^$"],
  ])("spells %s in the words that all servers take", (pattern, spelled) => {
    expect(portable(pattern)).toBe(spelled);
  });

  test.each([
    ["lookahead", "^(?!admin$)[a-z]+$"],
    ["lookbehind", "^a(?<!b)$"],
    ["no anchors", "[a-z]+"],
    ["half an anchor", "^[a-z]+"],
    ["a choice between anchors", "^a|b$"],
    ["a word's end", "^a\\b.$"],
    ["letters of Unicode", "^\\p{L}+$"],
    ["blanks", "^\\S+$"],
    ["a group that is referred to", "^(a)\\1$"],
    ["a named group", "^(?<a>b)$"],
    ["flags", "(?i)^a$"],
    ["hyphens that could be a range", "^[a\\-b-]+$"],
    ["what is broken", "^(a$"],
  ])("has no words for %s", (_, pattern) => {
    expect(portable(pattern)).toBeUndefined();
  });

  test("means the same", () => {
    const texts = [
      "",
      "a",
      "ab",
      "aab",
      "7",
      "12",
      "a-b",
      "a.b/x",
      "x_1/x",
      "$1.00",
      "$12",
      "-5",
      "+",
    ];
    for (const pattern of [
      "^\\d+$",
      "^[\\w.\\-]+\\/x$",
      "^(?:a|b){2,3}?$",
      "^\\$\\d{1,3}(\\.\\d\\d)?$",
      "^[+\\-]?\\d$",
    ]) {
      const [as, sent] = [new RegExp(pattern, "u"), new RegExp(portable(pattern) ?? "", "u")];
      for (const text of texts) expect(sent.test(text), `${pattern} ${text}`).toBe(as.test(text));
    }
  });
});
