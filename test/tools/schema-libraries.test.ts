import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { z as z3 } from "zod3";
import { defineTool } from "../../src/tools/define-tool.ts";
import { schemaOf } from "../../src/tools/schema.ts";
import type { Parameters } from "../../src/tools/tool.ts";

const SCHEMAS: readonly (readonly [string, Parameters])[] = [
  ["zod", z.object({ city: z.string(), days: z.number().optional() })],
  ["zod/mini", mini.object({ city: mini.string(), days: mini.optional(mini.number()) })],
  ["valibot", v.object({ city: v.string(), days: v.optional(v.number()) })],
  [
    "valibot, wrapped by its own package",
    toStandardJsonSchema(v.object({ city: v.string(), days: v.optional(v.number()) })),
  ],
  ["arktype", type({ city: "string", "days?": "number" })],
];

describe("a schema of a library", () => {
  test.each(SCHEMAS)("of %s is shown to the model, and checks", async (_, parameters) => {
    const tool = defineTool({ name: "weather", parameters, execute: () => "sun" });
    const { json, check } = schemaOf("parameters", tool.parameters);
    expect(json).toMatchObject({
      type: "object",
      properties: { city: { type: "string" }, days: { type: "number" } },
      required: ["city"],
    });
    expect(json).not.toHaveProperty("$schema");
    expect(await check({ city: "Bern" })).toEqual({ ok: true, value: { city: "Bern" } });
    const { ok, ...rest } = await check({ city: 1 });
    expect([ok, JSON.stringify(rest)]).toEqual([false, expect.stringContaining("city")]);
  });

  test("gives what it makes of the arguments", async () => {
    const parameters = v.object({
      size: v.pipe(v.string(), v.transform(Number)),
      unit: v.optional(v.string(), "m"),
    });
    const { json, check } = schemaOf("parameters", parameters);
    expect(json).toMatchObject({ properties: { size: { type: "string" } }, required: ["size"] });
    expect(await check({ size: "7" })).toEqual({ ok: true, value: { size: 7, unit: "m" } });
  });

  test("is prepared once", () => {
    const parameters = z.object({ a: z.string() });
    expect(schemaOf("parameters", parameters)).toBe(schemaOf("parameters", parameters));
  });

  const bareEffect = Object.assign(() => {}, {
    ast: { _tag: "Objects" },
    "~effect/Schema/Schema": {},
  });
  const silent = (vendor: string) => ({
    "~standard": { version: 1, vendor, validate: () => ({ value: 1 }) },
  });
  test.each<readonly [string, unknown, string]>([
    ["zod 3", z3.object({ a: z3.string() }), 'zod 3.25 has it as "zod/v4"'],
    [
      "effect, as it is made",
      bareEffect,
      "Schema.toStandardJSONSchemaV1(Schema.toStandardSchemaV1(schema))",
    ],
    ["effect, without its JSON Schema", silent("effect"), "Schema.toStandardJSONSchemaV1"],
    [
      "effect, without its check",
      { "~standard": { version: 1, vendor: "effect", jsonSchema: { input: () => ({}) } } },
      "cannot check anything",
    ],
    ["a library without JSON Schema", silent("yup"), "hand in a JSON Schema, or a schema of zod 4"],
    ["what JSON Schema cannot say", z.object({ at: z.date() }), "Date cannot be represented"],
    ["a text", z.string(), "must be an object's"],
    ["a text of arktype", type("string"), "must be an object's"],
  ])("of %s is refused at defineTool, with the mend", (_, parameters, mend) => {
    const define = () =>
      defineTool({ name: "a", parameters: parameters as Parameters, execute: () => 1 });
    expect(define).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringMatching(/^parameters /),
        details: { field: "parameters" },
      }),
    );
    expect(define).toThrow(mend);
  });
});
