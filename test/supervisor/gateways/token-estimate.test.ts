import { describe, expect, test } from "vitest";
import type { ModelRequest } from "../../../src/protocol/model.ts";
import {
  estimateInputTokens,
  estimateTokens,
} from "../../../src/supervisor/gateways/token-estimate.ts";

const user = (content: unknown) => ({ role: "user", content });
const call = { id: "c", name: "add", argumentsText: "12345" };

describe("estimateTokens()", () => {
  test.each([
    [
      "a quarter of the characters, and 1,000 for what comes",
      { messages: [user("x".repeat(80))] },
      1_020,
    ],
    ["maxOutputTokens, if there is one", { messages: [], settings: { maxOutputTokens: 5 } }, 5],
    ["rounded up", { messages: [user("x")], settings: { maxOutputTokens: 5 } }, 6],
    ["instructions count", { messages: [], instructions: "x".repeat(40) }, 1_010],
    [
      "the schema of the output counts",
      { messages: [], output: { name: "output", schema: { a: "x".repeat(32) } } },
      1_010,
    ],
    [
      "parts of a text count",
      { messages: [user([{ type: "text", text: "x".repeat(40) }])] },
      1_010,
    ],
    [
      "images and files count 1,000 each, however large",
      {
        messages: [
          user([
            { type: "image", data: "x".repeat(99_999), mediaType: "image/png" },
            { type: "file", url: "https://x.test/y" },
          ]),
        ],
      },
      3_000,
    ],
    [
      "tool calls and results count",
      {
        messages: [
          { role: "assistant", content: "1234", toolCalls: [call] },
          { role: "tool", toolCallId: "c", toolName: "add", content: "1234" },
        ],
      },
      1_004,
    ],
    ["tools count", { messages: [], tools: [{ name: "a", parameters: {} }] }, 1_008],
  ])("%s", (_, request, expected) => {
    expect(estimateTokens({ settings: {}, ...request } as unknown as ModelRequest)).toBe(expected);
  });
});

describe("estimateInputTokens()", () => {
  test("leaves out what comes", () => {
    const messages = [user("x".repeat(80))];
    const request = { messages, settings: { maxOutputTokens: 5 } } as unknown as ModelRequest;
    expect(estimateInputTokens(request)).toBe(20);
    expect(estimateTokens(request)).toBe(25);
  });
});
