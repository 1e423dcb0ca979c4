import { describe, expect, test } from "vitest";
import { inheritedFlags } from "../../../src/supervisor/threads/inherited-flags.ts";

describe("inheritedFlags()", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["none of none", [], []],
    ["--import with its value beside it", ["--import", "./hook.js"], ["--import", "./hook.js"]],
    ["--import with its value in it", ["--import=./hook.js"], ["--import=./hook.js"]],
    ["each of several", ["--import", "a", "--import=b"], ["--import", "a", "--import=b"]],
    ["short forms", ["-r", "a", "-C", "b"], ["-r", "a", "-C", "b"]],
    [
      "flags without a value",
      ["--enable-source-maps", "--no-warnings"],
      ["--enable-source-maps", "--no-warnings"],
    ],
    [
      "nothing that is not about modules",
      ["--inspect=0", "--max-old-space-size=100", "--test"],
      [],
    ],
    ["no code from the command line", ["--input-type=module", "--eval", "--import"], []],
    [
      "what stands between others",
      ["--inspect", "--conditions", "dev", "--test"],
      ["--conditions", "dev"],
    ],
    ["no flag whose name only begins alike", ["--import-what=a", "--requires", "a"], []],
    [
      "a value that looks like a flag",
      ["--import", "--no-warnings"],
      ["--import", "--no-warnings"],
    ],
    [
      "a value that holds an equals sign",
      ["--import=data:text/javascript,a=1"],
      ["--import=data:text/javascript,a=1"],
    ],
  ];
  test.each(cases)("gives a thread %s", (_, given, kept) => {
    expect(inheritedFlags(given)).toEqual(kept);
  });
});
