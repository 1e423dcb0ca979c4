import type { UIMessage } from "ai";
import { describe, expect, test } from "vitest";
import { HeddleError } from "../../src/index.ts";
import { ProviderStates } from "../../src/server/provider-state.ts";
import { toMessages } from "../../src/server/ui/to-messages.ts";

type Parts = UIMessage["parts"];

/** The conversation of these parts, as a client sends it. */
function converted(role: "user" | "assistant", parts: Parts) {
  return toMessages(
    JSON.parse(JSON.stringify([{ id: "m", role, parts }])),
    new ProviderStates("key", "alice"),
  );
}

function call(fields: Record<string, unknown>): Parts[number] {
  const tool = { type: "dynamic-tool", toolName: "add", toolCallId: "c1", input: { a: 1 } };
  return { ...tool, ...fields } as Parts[number];
}

describe("toMessages()", () => {
  test("a user's text is a text; texts, images and files are parts", () => {
    expect(converted("user", [{ type: "text", text: "hi" }])).toEqual([
      { role: "user", content: "hi" },
    ]);
    const parts: Parts = [
      { type: "text", text: "look" },
      { type: "file", mediaType: "image/png", url: "data:image/png;base64,aGk=" },
      { type: "file", mediaType: "image", url: "data:image/webp;base64,aGk=" },
      { type: "file", mediaType: "image/png", url: "https://example.org/a.png" },
      { type: "file", mediaType: "text/plain", url: "data:text/plain,h%20i", filename: "a.txt" },
    ];
    expect(converted("user", parts)).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "image", data: "aGk=", mediaType: "image/png" },
          { type: "image", data: "aGk=", mediaType: "image/webp" },
          { type: "image", url: "https://example.org/a.png" },
          { type: "file", data: "aCBp", mediaType: "text/plain", filename: "a.txt" },
        ],
      },
    ]);
  });

  test("each step of the assistant is a response, followed by its results; reasoning and data are left out", () => {
    const parts: Parts = [
      { type: "step-start" },
      { type: "reasoning", text: "hm" },
      { type: "text", text: "so" },
      call({ state: "output-available", output: { sum: 1 } }),
      call({ toolCallId: "c2", state: "output-available", output: "text" }),
      { type: "data-note", data: 1 },
      { type: "step-start" },
      { type: "text", text: "done" },
    ];
    const named = { role: "tool", toolName: "add" };
    expect(converted("assistant", parts)).toEqual([
      {
        role: "assistant",
        content: "so",
        toolCalls: [
          { id: "c1", name: "add", argumentsText: '{"a":1}' },
          { id: "c2", name: "add", argumentsText: '{"a":1}' },
        ],
      },
      { ...named, toolCallId: "c1", content: '{"sum":1}' },
      { ...named, toolCallId: "c2", content: "text" },
      { role: "assistant", content: "done" },
    ]);
  });

  test.for([
    [{ state: "input-streaming", input: undefined }, "cut off"],
    [{ state: "input-available" }, "cut off"],
    [{ state: "output-available", output: 1, preliminary: true }, "cut off"],
    [{ state: "approval-requested", approval: { id: "x" } }, "cut off"],
    [{ state: "approval-responded", approval: { id: "x", approved: true } }, "cut off"],
    [{ state: "approval-responded", approval: { id: "x", approved: false, reason: "no" } }, "no"],
    [{ state: "output-denied", approval: { id: "x", approved: false, reason: "no" } }, "no"],
    [{ state: "output-error", errorText: "boom" }, "boom"],
  ] as const)("a call of which the client has %j has a result all the same", ([fields, said]) => {
    const [response, result, ...rest] = converted("assistant", [call(fields)]);
    expect(response).toMatchObject({ role: "assistant", toolCalls: [{ id: "c1", name: "add" }] });
    expect(result).toMatchObject({ role: "tool", toolCallId: "c1", isError: true });
    expect(result?.content).toContain(said);
    expect(rest).toEqual([]);
  });

  test("arguments that were no JSON are the text that they were; a typed part has its name from its type", () => {
    const part = call({
      type: "tool-divide",
      toolName: undefined,
      state: "output-error",
      input: "{",
    });
    expect(converted("assistant", [part])[0]).toMatchObject({
      toolCalls: [{ name: "divide", argumentsText: "{" }],
    });
  });

  test.for([
    ["data:image/png;base64,?", "messages.0.parts.0.url"],
    ["data:text/plain,%E0%A4%A", "messages.0.parts.0.url"],
    ["javascript:alert(1)", "messages.0.parts.0.url"],
  ])("refuses the file %s, naming the field", ([url = "", field]) => {
    const parts: Parts = [{ type: "file", mediaType: "text/plain", url }];
    expect(() => converted("user", parts)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", details: { field } }),
    );
    expect(() => converted("user", parts)).toThrow(HeddleError);
  });
});
