import { describe, expect, test } from "vitest";
import type { ModelResponse, ModelResponseChunk } from "../../src/protocol/model.ts";
import { checkChunk, checkResponse } from "../../src/providers/check-response.ts";

const refused = (field: string) =>
  expect.objectContaining({
    code: "PROVIDER_PROTOCOL",
    message: expect.stringContaining(field),
    details: { field },
  });

describe("checkChunk()", () => {
  const good: readonly object[] = [
    { type: "text", text: "" },
    { type: "reasoning", text: "a" },
    { type: "refusal", text: "a" },
    { type: "tool-call", index: 0, argumentsText: "" },
    { type: "tool-call", index: 7, id: "a", name: "", argumentsText: "{" },
  ];
  test.each(good)("takes %j", (chunk) => {
    expect(() => checkChunk(chunk as ModelResponseChunk)).not.toThrow();
  });

  const call = { type: "tool-call", index: 0, argumentsText: "" };
  const bad: readonly (readonly [string, unknown])[] = [
    ["chunk.type", undefined],
    ["chunk.type", null],
    ["chunk.type", "text"],
    ["chunk.type", {}],
    ["chunk.type", { type: "audio" }],
    ["chunk.type", { type: "constructor" }],
    ["chunk.text", { type: "text" }],
    ["chunk.text", { type: "reasoning", text: 5 }],
    ["chunk.text", { type: "refusal", text: null }],
    ["chunk.index", { ...call, index: undefined }],
    ["chunk.index", { ...call, index: -1 }],
    ["chunk.index", { ...call, index: 0.5 }],
    ["chunk.index", { ...call, index: "0" }],
    ["chunk.argumentsText", { ...call, argumentsText: undefined }],
    ["chunk.argumentsText", { ...call, argumentsText: { a: 1 } }],
    ["chunk.id", { ...call, id: null }],
    ["chunk.id", { ...call, id: () => {} }],
    ["chunk.name", { ...call, name: 5 }],
    ["chunk.name", { ...call, name: Symbol("s") }],
  ];
  test.each(bad)("refuses %s in %o", (field, chunk) => {
    expect(() => checkChunk(chunk as ModelResponseChunk)).toThrow(refused(field));
  });
});

describe("checkResponse()", () => {
  const usage = { inputTokens: 0, outputTokens: 1, totalTokens: 1 };
  const response = { text: "", toolCalls: [], finishReason: "stop", usage };
  const call = { id: "a", name: "b", argumentsText: "" };

  const good: readonly object[] = [
    response,
    { ...response, reasoning: "a", refusal: "b", model: "c", id: "d" },
    { ...response, toolCalls: [call, call], finishReason: "tool-calls" },
    { ...response, usage: { ...usage, cachedInputTokens: 3 } },
  ];
  test.each(good)("takes %j", (given) => {
    expect(() => checkResponse(given as ModelResponse)).not.toThrow();
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["response", undefined],
    ["response", null],
    ["response", "text"],
    ["response.text", {}],
    ["response.text", { ...response, text: null }],
    ["response.finishReason", { ...response, finishReason: "done" }],
    ["response.finishReason", { ...response, finishReason: undefined }],
    ["response.toolCalls", { ...response, toolCalls: undefined }],
    ["response.toolCalls", { ...response, toolCalls: {} }],
    ["response.toolCalls[]", { ...response, toolCalls: [null] }],
    ["response.toolCalls[]", { ...response, toolCalls: [{ ...call, id: 1 }] }],
    ["response.toolCalls[]", { ...response, toolCalls: [call, { ...call, argumentsText: {} }] }],
    ["response.usage", { ...response, usage: undefined }],
    ["response.usage", { ...response, usage: { ...usage, totalTokens: "1" } }],
    ["response.usage", { ...response, usage: { ...usage, inputTokens: -1 } }],
    ["response.usage", { ...response, usage: { ...usage, outputTokens: Number.NaN } }],
    ["response.reasoning", { ...response, reasoning: 5 }],
    ["response.refusal", { ...response, refusal: null }],
    ["response.model", { ...response, model: {} }],
    ["response.id", { ...response, id: 7 }],
  ];
  test.each(bad)("refuses %s in %o", (field, given) => {
    expect(() => checkResponse(given as ModelResponse)).toThrow(refused(field));
  });
});
