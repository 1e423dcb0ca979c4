import { describe, expect, test } from "vitest";
import { splitWords } from "../../../src/cli/tools/words.ts";

describe("splitWords()", () => {
  test.each([
    ["npx -y server", ["npx", "-y", "server"]],
    ["  a \t b\n c ", ["a", "b", "c"]],
    ["", []],
    ["'a b' \"c d\"", ["a b", "c d"]],
    ["'' \"\"", ["", ""]],
    ["a'b'\"c\"d", ["abcd"]],
    ["a\\ b \\'", ["a b", "'"]],
    ["'a\\b'", ["a\\b"]],
    ['"a\\"b\\\\c\\d"', ['a"b\\c\\d']],
    ['"a\\\nb"', ["ab"]],
    ["'$HOME *' \\$x", ["$HOME *", "$x"]],
    ['"\\$x `"'.replace("`", "\\`"), ["$x `"]],
    ["a~b --x=~", ["a~b", "--x=~"]],
  ])("%j", (line, words) => {
    expect(splitWords(line)).toEqual({ type: "words", words });
  });

  test.each([
    ["a 'b", "a quote is open"],
    ['a "b', "a quote is open"],
    ['"a\\"', "a quote is open"],
    ["a\\", "a backslash is open"],
    ["a | b", "put | into single quotes"],
    ["a > f", "put >"],
    ["a $HOME", "put $"],
    ["a *.ts", "put *"],
    ["~/bin/x", "put ~"],
    ['"$x"', "put $"],
    ['"`x`"', "put `"],
  ])("%j is refused", (line, reason) => {
    expect(splitWords(line)).toEqual({ type: "refused", reason: expect.stringContaining(reason) });
  });
});
