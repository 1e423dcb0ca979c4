import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkJobInput, checkRunOptions } from "../../../src/supervisor/jobs/job-input.ts";
import { outputOf } from "../../../src/supervisor/jobs/output-schema.ts";
import type { JobInput, RunOptions } from "../../../src/supervisor/options.ts";

const refused = (code: string, field: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(field), details: { field } });

describe("checkJobInput()", () => {
  const image = { type: "image", url: "https://x/y.png" };
  const good: readonly object[] = [
    { prompt: "hi" },
    { prompt: "hi", output: { type: "object" } },
    { prompt: [{ type: "text", text: "hi" }, image] },
    { prompt: [{ type: "image", data: "AAAA", mediaType: "image/png", detail: "low" }] },
    { prompt: [{ type: "file", data: "AAAA", mediaType: "text/plain", filename: "a.txt" }] },
  ];
  test.each(good)("takes %j", (input) => {
    expect(() => checkJobInput(input as JobInput)).not.toThrow();
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["input", null],
    ["input", "hi"],
    ["input", ["hi"]],
    ["input.text", { text: "hi" }],
    ["prompt", undefined],
    ["prompt", {}],
    ["prompt", { prompt: undefined }],
    ["prompt", { prompt: "" }],
    ["prompt", { prompt: [] }],
    ["prompt", { prompt: 5 }],
    ["prompt", { prompt: { type: "text", text: "hi" } }],
    ["prompt[0].type", { prompt: ["hi"] }],
    ["prompt[0].type", { prompt: [null] }],
    ["prompt[1].type", { prompt: [image, { type: "video" }] }],
    ["prompt[0].type", { prompt: [{ type: "constructor" }] }],
    ["prompt[0].type", { prompt: [{ type: "__proto__" }] }],
    ["prompt[0].type", { prompt: [{ type: "toString" }] }],
    ["prompt[0].text", { prompt: [{ type: "text" }] }],
    ["prompt[0].text", { prompt: [{ type: "text", text: "" }] }],
    ["prompt[0].txt", { prompt: [{ type: "text", text: "a", txt: "b" }] }],
    ["prompt[0].url", { prompt: [{ type: "image" }] }],
    ["prompt[0].url", { prompt: [{ type: "image", url: 5 }] }],
    ["prompt[0].url", { prompt: [{ type: "image", url: "" }] }],
    ["prompt[0].mediaType", { prompt: [{ type: "image", data: "AAAA" }] }],
    ["prompt[0].mediaType", { prompt: [{ type: "file", data: "AAAA", mediaType: "" }] }],
    ["prompt[0].data", { prompt: [{ type: "file", data: "", mediaType: "text/plain" }] }],
    ["prompt[0].data", { prompt: [{ type: "file", data: null, mediaType: "text/plain" }] }],
    ["prompt[0].data", { prompt: [{ type: "file", data: new Uint8Array(1), mediaType: "a/b" }] }],
    ["prompt[0].url", { prompt: [{ ...image, data: "AAAA", mediaType: "image/png" }] }],
    ["prompt[0].detail", { prompt: [{ ...image, detail: "huge" }] }],
    ["prompt[0].filename", { prompt: [{ type: "file", url: "https://x/y", filename: 5 }] }],
    ["prompt[0].filename", { prompt: [{ ...image, filename: "a.png" }] }],
  ];
  test.each(bad)("refuses %s in %j, and names it", (field, input) => {
    expect(() => checkJobInput(input as JobInput)).toThrow(refused("INVALID_INPUT", field));
  });
});

describe("outputOf()", () => {
  const endless: { [keyword: string]: unknown } = { type: "object" };
  endless["properties"] = { endless };
  const bare = { "~standard": { version: 1, vendor: "v", validate: () => ({ value: 1 }) } };

  test("shows a schema as JSON, and nothing that is not", () => {
    const schema = z.strictObject({ at: z.number() }).meta({ draw: () => {} });
    expect(structuredClone(outputOf(schema)?.spec)).toMatchObject({
      name: "output",
      schema: { type: "object", required: ["at"], additionalProperties: false },
    });
    expect(outputOf(undefined)).toBeUndefined();
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["a text", "object"],
    ["an array", []],
    ["a function in it", { type: "object", check: () => {} }],
    ["itself in it", endless],
    ["a bigint in it", { const: 1n }],
    ["a schema that cannot be shown as JSON Schema", bare],
    ["one of zod that cannot", z.object({ at: z.date() })],
  ])("refuses %s, and names the field", (_, schema) => {
    expect(() => outputOf(schema)).toThrow(refused("INVALID_OPTION", "output"));
  });
});

describe("checkRunOptions()", () => {
  class Host {
    workerStateChange(): void {}
  }
  const good: readonly object[] = [
    {},
    { id: "a", signal: new AbortController().signal, timeouts: { totalMs: 1 } },
    { maxSteps: 1_000, budget: { maxTotalTokens: 1, maxToolCalls: 0 } },
    { host: {}, model: { name: "m" } },
    { host: new Host() },
    { host: { responseChunkReceived: () => {} } },
  ];
  test.each(good)("takes %j", (options) => {
    expect(() => checkRunOptions(options as RunOptions)).not.toThrow();
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["options", null],
    ["options", "a"],
    ["options.prompt", { prompt: "a" }],
    ["id", { id: "" }],
    ["context", { context: [] }],
    ["id", { id: 1 }],
    ["signal", { signal: {} }],
    ["signal", { signal: new AbortController() }],
    ["signal", { signal: null }],
    ["host", { host: null }],
    ["host", { host: () => {} }],
    ["host.workerStateChange", { host: { workerStateChange: true } }],
    ["host.responseChunkReceived", { host: { responseChunkReceived: null } }],
    ["model.temperature", { model: { temperature: -1 } }],
    ["timeouts.totalMs", { timeouts: { totalMs: "5" } }],
    ["budget.maxTotalTokens", { budget: { maxTotalTokens: 0 } }],
    ["budget.tokens", { budget: { tokens: 5 } }],
    ["maxSteps", { maxSteps: 0 }],
    ["maxSteps", { maxSteps: 1_001 }],
  ];
  test.each(bad)("refuses %s in %j, and names it", (field, options) => {
    expect(() => checkRunOptions(options as RunOptions)).toThrow(refused("INVALID_OPTION", field));
  });
});
