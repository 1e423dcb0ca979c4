import { describe, expect, test } from "vitest";
import { historyLines, readSlash, usageLine } from "../../../src/cli/chat/slash.ts";

describe("readSlash()", () => {
  test.each([
    ["/help", { type: "help" }],
    ["/CLEAR ", { type: "clear" }],
    ["/hist", { type: "unknown", reason: "unknown command /hist: did you mean /history?" }],
    ["/quit", { type: "unknown", reason: "unknown command /quit: /help shows what there is" }],
    [" /help", undefined],
    ["/etc/passwd", undefined],
    ["/help me", undefined],
    ["help", undefined],
  ])("%j", (text, slash) => {
    expect(readSlash(text)).toEqual(slash);
  });
});

describe("historyLines()", () => {
  test("who says what, and which tools were called", () => {
    expect(historyLines([])).toEqual(["nothing yet"]);
    expect(
      historyLines([
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image", url: "u" },
          ],
        },
        {
          role: "assistant",
          content: "",
          toolCalls: [{ id: "c", name: "add", argumentsText: "{\u202e" }],
        },
        { role: "tool", toolCallId: "c", toolName: "add", content: "x".repeat(2_048) },
        { role: "assistant", content: "three", interrupted: true },
      ]),
    ).toEqual(["> look [image]", "· add {\\u202e", "· add → 2.0 KiB", "three [interrupted]"]);
  });
});

describe("usageLine()", () => {
  test("says when a part is estimated", () => {
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    expect(usageLine(usage)).toBe("3 tokens: 1 in, 2 out");
    expect(usageLine({ ...usage, estimated: true })).toContain("estimated");
  });
});
