import { describe, expect, test } from "vitest";
import { choicePrompt, questionLines, readChoice } from "../../../src/cli/confirm/question.ts";
import { redactor } from "../../../src/cli/redact.ts";
import { colorsFor } from "../../../src/cli/terminal.ts";
import type { ConfirmationRequest } from "../../../src/index.ts";

const colors = colorsFor({ isTerminal: false }, {});
const request = (args: unknown, toolName = "send"): ConfirmationRequest => ({
  confirmationId: "c",
  jobId: "j",
  workerId: "w",
  workerName: "w",
  toolCallId: "t",
  toolName,
  args,
});

const lines = (args: unknown, { width = 40, behind = 0, toolName = "send" } = {}) => {
  const redact = redactor(["sk-secret"]);
  const options = { who: "job a", behind, width, colors, redact };
  return questionLines(request(args, toolName), options);
};

describe("questionLines()", () => {
  test("who, which tool, and all arguments behind a bar", () => {
    expect(lines({ to: "bob", n: [1] })).toEqual([
      "job a wants to call send with:",
      "│ {",
      '│   "to": "bob",',
      '│   "n": [',
      "│     1",
      "│   ]",
      "│ }",
    ]);
  });

  test("how many wait behind it", () => {
    expect(lines({}, { behind: 1, width: 80 })[0]).toBe(
      "job a wants to call send with: (1 more waits)",
    );
    expect(lines({}, { behind: 12, width: 80 })[0]).toContain("(12 more wait)");
  });

  test("a text's line breaks are told, and broken there; they are no lines of their own", () => {
    expect(lines({ text: 'a\n"to": "x",\nb\n', more: "\\n" })).toEqual([
      "job a wants to call send with:",
      "│ {",
      '│   "text": "a\\n',
      '┊ \\"to\\": \\"x\\",\\n',
      '┊ b\\n",',
      '│   "more": "\\\\n"',
      "│ }",
    ]);
  });

  test("a long text is shown in full, and none of it can stand where the question does", () => {
    const forged = `x${" ".repeat(33)}send: [a]pprove? a`;
    const shown = lines({ text: forged });
    expect(shown.slice(1).every((line) => /^[│┊] /.test(line))).toBe(true);
    for (const line of shown) expect(line.length).toBeLessThanOrEqual(40);
    const joined = shown.slice(2, -1).map((line) => line.slice(2));
    expect(joined.join("")).toBe(`  "text": "${forged}"`);
  });

  test("100,000 characters are all there", () => {
    const text = "0123456789".repeat(10_000);
    const joined = lines({ text }).map((line) => line.slice(2));
    expect(joined.join("")).toContain(text);
  });

  test("wide characters do not overflow a line", () => {
    const shown = lines({ text: "漢".repeat(50) });
    for (const line of shown.slice(1)) {
      const cells = [...line.slice(2)].reduce((sum, each) => sum + (each === "漢" ? 2 : 1), 2);
      expect(cells).toBeLessThanOrEqual(40);
    }
  });

  test("names cannot hide anything either, and a key stays secret", () => {
    const shown = lines({ text: "key sk-secret" }, { toolName: "se\u202end" });
    expect(shown[0]).toContain("se\\u202end");
    expect(shown.join()).toContain("key [redacted]");
    expect(choicePrompt("se\u001b[0mnd")).toContain("se\\u001b[0mnd: [a]pprove");
  });
});

describe("readChoice()", () => {
  test.each([
    ["a", "approve"],
    [" approve ", "approve"],
    ["d", "deny"],
    ["e", "edit"],
    ["A", "always"],
    ["Always", "always"],
    ["", undefined],
    ["D", undefined],
    ["y", undefined],
    ["aa", undefined],
    ["a d", undefined],
  ])("%j is %j", (line, choice) => {
    expect(readChoice(line)).toBe(choice);
  });
});
