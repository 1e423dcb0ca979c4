import { describe, expect, test } from "vitest";
import { z } from "zod";
import { isStrictSchema } from "../../../src/providers/openai/strict-schema.ts";

const TEXT = { type: "string" };

/** An object that strict mode takes. */
function closed(properties: object, more: object = {}): object {
  const required = Object.keys(properties);
  return { type: "object", properties, required, additionalProperties: false, ...more };
}

function nested(levels: number): object {
  return levels === 0 ? closed({}) : closed({ a: nested(levels - 1) });
}

const node = closed({ next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } });

describe("isStrictSchema()", () => {
  test.each<[string, unknown]>([
    ["an object without properties", closed({})],
    ["an empty one that lists nothing", { type: "object", additionalProperties: false }],
    ["closed objects, one in the other", closed({ a: closed({ b: TEXT }), c: TEXT })],
    ["what can be null", closed({ a: { type: ["string", "null"] } })],
    ["arrays of closed objects", closed({ a: { type: "array", items: closed({}), minItems: 1 } })],
    ["choices", closed({ a: { anyOf: [TEXT, closed({ b: TEXT })] } })],
    ["constants and enums", closed({ a: { const: 1 }, b: { enum: ["x", null] } })],
    ["references", closed({ a: { $ref: "#/$defs/node" } }, { $defs: { node } })],
    ["known formats and bounds", closed({ a: { ...TEXT, format: "uuid", pattern: "^a" } })],
    ["numbers with bounds", closed({ a: { type: "integer", minimum: 0, multipleOf: 2 } })],
    ["words about it", closed({ a: { ...TEXT, title: "A", description: "a" } }, { $schema: "x" })],
    ["a property with the name of a keyword", closed({ allOf: TEXT, properties: TEXT })],
    ["ten levels", nested(10)],
  ])("takes %s", (_, schema) => {
    expect(isStrictSchema(schema)).toBe(true);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["no object", true],
    ["an array at the top", { type: "array", items: closed({}) }],
    ["a choice at the top", { anyOf: [closed({})] }],
    ["a choice beside an object at the top", closed({}, { anyOf: [closed({})] })],
    ["an object that says nothing of others", { type: "object", properties: {}, required: [] }],
    ["others of some type", closed({}, { additionalProperties: TEXT })],
    ["a property that is not required", closed({ a: TEXT }, { required: [] })],
    ["requirements that are none", closed({ a: TEXT }, { required: "a" })],
    ["an open object inside", closed({ a: { type: "object", properties: {} } })],
    ["one that can also be null", closed({ a: { type: ["object", "null"] } })],
    ["an open object in an array", closed({ a: { type: "array", items: { type: "object" } } })],
    ["an open object in a choice", closed({ a: { anyOf: [TEXT, { type: "object" }] } })],
    ["an open object in a definition", closed({}, { $defs: { a: { type: "object" } } })],
    ["an open object in an old definition", closed({}, { definitions: { a: { type: "object" } } })],
    ["an array of anything", closed({ a: { type: "array" } })],
    ["anything", closed({ a: {} })],
    ["a schema that is true", closed({ a: true })],
    ["properties that are none", closed({}, { properties: [] })],
    ["choices that are none", closed({ a: { anyOf: "x" } })],
    ["a reference with words about it", closed({ a: { $ref: "#", description: "a" } })],
    ["unknown formats", closed({ a: { ...TEXT, format: "uri" } })],
    ["a default", closed({ a: { ...TEXT, default: "x" } })],
    ["combinations", closed({ a: { ...TEXT, allOf: [TEXT] } })],
    ["patterns of names", closed({}, { patternProperties: {} })],
    ["eleven levels", nested(11)],
  ])("does not take %s", (_, schema) => {
    expect(isStrictSchema(schema)).toBe(false);
  });

  test("a strict object of zod is taken, an open one is not", () => {
    const shape = { a: z.number().nullable(), b: z.array(z.enum(["x", "y"])) };
    const shown = (schema: z.ZodType) => z.toJSONSchema(schema, { io: "input" });
    expect(isStrictSchema(shown(z.strictObject(shape)))).toBe(true);
    expect(isStrictSchema(shown(z.object(shape)))).toBe(false);
  });

  test("one that contains itself comes to an end", () => {
    const endless: { [keyword: string]: unknown } = closed({}) as never;
    endless["properties"] = { a: endless };
    endless["required"] = ["a"];
    expect(isStrictSchema(endless)).toBe(false);
  });
});
