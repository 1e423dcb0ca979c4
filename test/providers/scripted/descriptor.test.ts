import { describe, expect, test } from "vitest";
import { scriptedProvider } from "../../../src/providers/scripted/descriptor.ts";
import { reportOf } from "../../../src/providers/scripted/report.ts";
import type { Script } from "../../../src/providers/scripted/script.ts";

const scriptOf = (response: unknown) => ({ responses: [response] });

describe("scriptedProvider()", () => {
  const good: readonly unknown[] = [
    scriptOf({ text: "hi" }),
    scriptOf({ text: "" }),
    scriptOf({ text: "hi", chunks: 1, chunksPerSecond: 0.5 }),
    scriptOf({ toolCalls: [{ name: "add", args: { a: 1 } }] }),
    scriptOf({ toolCalls: [{ name: "add", id: "x", argumentsText: "not JSON" }] }),
    scriptOf({ error: { status: 503, message: "" } }),
    scriptOf({ stall: true }),
    scriptOf({ text: "x", endless: true }),
    scriptOf({ finishReason: "length" }),
    { responses: [{ text: "a" }, { text: "b" }], repeat: true, seed: 7 },
  ];
  test.each(good)("takes %j", (script) => {
    expect(scriptedProvider(script as Script)).toMatchObject({
      options: script,
      retry: { maxRetries: 0 },
      module: expect.any(URL),
    });
  });

  test("limits are the provider's, and no part of the script", () => {
    const responses = [{ text: "a" }];
    const limits = { requestsPerMinute: 60, maxConcurrent: 2 };
    expect(scriptedProvider({ responses, limits })).toMatchObject({
      options: { responses },
      limits,
    });
    expect(scriptedProvider({ responses, limits }).options).not.toHaveProperty("limits");
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["responses", undefined],
    ["limits.requestsPerMinute", { responses: [{ text: "a" }], limits: { requestsPerMinute: 0 } }],
    ["limits.maxConcurrent", { responses: [{ text: "a" }], limits: { maxConcurrent: "5" } }],
    ["responses", null],
    ["responses", {}],
    ["responses", { responses: [] }],
    ["responses", { responses: { text: "a" } }],
    ["responses[0]", scriptOf(null)],
    ["responses[0]", scriptOf("hi")],
    ["responses[0]", scriptOf({})],
    ["responses[0]", scriptOf({ txt: "hi" })],
    ["responses[1]", { responses: [{ text: "a" }, {}] }],
    ["responses[0].text", scriptOf({ text: 5 })],
    ["responses[0].reasoning", scriptOf({ text: "a", reasoning: null })],
    ["responses[0].refusal", scriptOf({ refusal: [] })],
    ["responses[0].chunks", scriptOf({ text: "a", chunks: 0 })],
    ["responses[0].chunks", scriptOf({ text: "a", chunks: 1.5 })],
    ["responses[0].chunks", scriptOf({ text: "a", chunks: "3" })],
    ["responses[0].chunksPerSecond", scriptOf({ text: "a", chunksPerSecond: 0 })],
    ["responses[0].chunksPerSecond", scriptOf({ text: "a", chunksPerSecond: -1 })],
    [
      "responses[0].chunksPerSecond",
      scriptOf({ text: "a", chunksPerSecond: Number.POSITIVE_INFINITY }),
    ],
    ["responses[0].text", scriptOf({ endless: true, finishReason: "stop" })],
    ["responses[0].text", scriptOf({ endless: true, text: "" })],
    ["responses[0].error.status", scriptOf({ error: {} })],
    ["responses[0].error.status", scriptOf({ error: null })],
    ["responses[0].error.status", scriptOf({ error: { status: 200, message: "" } })],
    ["responses[0].error.status", scriptOf({ error: { status: 600, message: "" } })],
    ["responses[0].error.message", scriptOf({ error: { status: 500 } })],
    ["responses[0].toolCalls", scriptOf({ toolCalls: null })],
    ["responses[0].toolCalls", scriptOf({ toolCalls: { name: "add" } })],
    ["responses[0].toolCalls[0].name", scriptOf({ toolCalls: ["add"] })],
    ["responses[0].toolCalls[1].name", scriptOf({ toolCalls: [{ name: "add" }, null] })],
  ];
  test.each(bad)("refuses %s in %j, and names it", (field, script) => {
    expect(() => scriptedProvider(script as Script)).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining(`${field} must be`),
        details: { field },
      }),
    );
  });
});

describe("reportOf()", () => {
  test.each([undefined, null, {}, { report: 5 }])("%j plays no script", (provider) => {
    expect(() => reportOf(provider, "main")).toThrow(
      expect.objectContaining({ code: "NOT_SCRIPTED", message: expect.stringContaining('"main"') }),
    );
  });
});
