import { describe, expect, test } from "vitest";
import { z } from "zod";
import { isStrictSchema } from "../../../src/providers/openai/strict-schema.ts";
import { whyNotStrict } from "../../../src/tools/json-schema/strict.ts";
import { schemaOf } from "../../../src/tools/schema.ts";

const node = z.strictObject({
  name: z.string(),
  get next() {
    return node.nullable();
  },
});
const deep = (levels: number): object => ({
  type: "object",
  properties: levels === 0 ? {} : { a: deep(levels - 1) },
  required: levels === 0 ? [] : ["a"],
  additionalProperties: false,
});

describe("whyNotStrict()", () => {
  test.each<readonly [string, unknown, boolean]>([
    ["a closed object", z.strictObject({ a: z.string() }), true],
    ["an open one", z.object({ a: z.string() }), false],
    ["an optional property", z.strictObject({ a: z.string().optional() }), false],
    ["a nullable one", z.strictObject({ a: z.string().nullable() }), true],
    ["an email", z.strictObject({ a: z.email() }), true],
    ["an address", z.strictObject({ a: z.url() }), false],
    ["a date", z.strictObject({ a: z.iso.date() }), true],
    ["a length", z.strictObject({ a: z.string().min(1) }), false],
    ["limits", z.strictObject({ a: z.int().min(1) }), true],
    ["a list", z.strictObject({ a: z.array(z.enum(["b"])) }), true],
    ["a tuple", z.strictObject({ a: z.tuple([z.string()]) }), false],
    ["a record", z.strictObject({ a: z.record(z.string(), z.string()) }), false],
    ["a schema that refers to itself", node, true],
    ["anything", z.strictObject({ a: z.any() }), false],
    ["lookahead, which is told", z.strictObject({ a: z.string().regex(/^(?=a)/) }), true],
    ["ten levels", deep(10), true],
    ["eleven levels", deep(11), false],
  ])("agrees with what is sent strictly: %s", (_, given, isStrict) => {
    const { json } = schemaOf("output", given, "output");
    expect(isStrictSchema(json)).toBe(isStrict);
    expect(whyNotStrict(json) === undefined).toBe(isStrict);
  });
});
