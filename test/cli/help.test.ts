import { describe, expect, test } from "vitest";
import { chatHelpText, helpText, serveHelpText, stressHelpText } from "../../src/cli/help.ts";
import { OPTIONS } from "../../src/cli/options.ts";
import { suggest } from "../../src/cli/suggest.ts";

describe("helpText()", () => {
  test("names every option, in lines of at most 100 characters", () => {
    const text = helpText();
    for (const { name } of OPTIONS) expect(text).toContain(`--${name}`);
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  test("of chat has its options and exit codes, as narrow", () => {
    const text = chatHelpText();
    for (const name of ["--resume FILE", "--agents MODULE", "--confirm", "--tools", "130"]) {
      expect(text).toContain(name);
    }
    expect(text).not.toContain("--concurrency");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  test("of serve has its options, its variables and exit codes, as narrow", () => {
    const text = serveHelpText();
    for (const name of ["--port N", "--no-auth", "--tools", "HEDDLE_TOKEN", "SIGTERM", "130"]) {
      expect(text).toContain(name);
    }
    expect(text).not.toContain("--concurrency");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  test("of stress says what the faults are, as narrow", () => {
    const text = stressHelpText();
    for (const name of ["--agents", "--json", "crash", "cancel", "stall"]) {
      expect(text).toContain(`  ${name}`.trimEnd());
    }
    expect(text).not.toContain("--concurrency");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe("suggest()", () => {
  test("finds what is a prefix or near, and nothing else", () => {
    expect(suggest("instr", ["instructions"])).toBe("instructions");
    expect(suggest("resmue", ["resume", "retry-failed"])).toBe("resume");
    expect(suggest("zebra", ["resume", "retry-failed"])).toBeUndefined();
  });
});
