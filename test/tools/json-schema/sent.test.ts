import { describe, expect, test } from "vitest";
import { jsonSchemaIssues, schemaOf } from "../../../src/tools/schema.ts";
import type { JsonSchema } from "../../../src/tools/tool.ts";

function sent(parameters: JsonSchema): JsonSchema {
  return schemaOf("parameters", parameters).json;
}

describe("what of a tool's schema is sent", () => {
  test.each<readonly [string, JsonSchema, JsonSchema]>([
    ["no schema at all", {}, { type: "object", properties: {} }],
    ["an object without properties", { type: "object" }, { type: "object", properties: {} }],
    [
      "dialects, addresses and remarks",
      {
        $schema: "http://json-schema.org/draft-07/schema#",
        $id: "https://a.example",
        $comment: "c",
        "x-a": 1,
        type: "object",
        properties: {},
      },
      { type: "object", properties: {} },
    ],
    [
      "an object in it without properties",
      { properties: { a: { type: ["object", "null"] } } },
      { type: "object", properties: { a: { type: ["object", "null"], properties: {} } } },
    ],
    [
      "an array without items",
      { properties: { a: { type: "array" } } },
      { type: "object", properties: { a: { type: "array", items: {} } } },
    ],
    [
      "a tuple without more",
      { properties: { a: { type: "array", items: [{ type: "string" }], additionalItems: false } } },
      {
        type: "object",
        properties: {
          a: { type: "array", prefixItems: [{ type: "string" }], items: {}, maxItems: 1 },
        },
      },
    ],
    [
      "anything and nothing",
      { properties: { a: true, b: false } },
      { type: "object", properties: { a: {}, b: { not: {} } } },
    ],
    [
      "nullable and example",
      { properties: { a: { type: "string", nullable: true, example: "b" } } },
      { type: "object", properties: { a: { type: ["string", "null"], examples: ["b"] } } },
    ],
    [
      "a pattern with lookaround, behind the description",
      { properties: { a: { type: "string", description: "A name.", pattern: "^(?!b)c$" } } },
      {
        type: "object",
        properties: {
          a: { type: "string", description: "A name. It must match the pattern ^(?!b)c$" },
        },
      },
    ],
    [
      "a portable pattern",
      { properties: { a: { type: "string", pattern: "^\\d{4}$" } } },
      { type: "object", properties: { a: { type: "string", pattern: "^[0-9]{4}$" } } },
    ],
    [
      "a pattern for names of properties",
      { patternProperties: { "^x-": { type: "string" } }, additionalProperties: false },
      { type: "object", properties: {}, description: "Names of properties match: ^x-" },
    ],
    [
      "references, followed",
      {
        properties: { a: { $ref: "#/$defs/a", description: "mine" } },
        $defs: { a: { type: "string", description: "its" }, unused: {} },
      },
      { type: "object", properties: { a: { type: "string", description: "mine" } } },
    ],
    [
      "a root that is a reference",
      {
        $ref: "#/definitions/In",
        definitions: {
          In: { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
        },
      },
      { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
    ],
    [
      "all of several objects",
      {
        allOf: [
          { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
          { properties: { b: {} }, required: ["b"] },
        ],
      },
      { type: "object", properties: { a: { type: "string" }, b: {} }, required: ["a", "b"] },
    ],
    [
      "one of several objects",
      {
        oneOf: [
          {
            type: "object",
            properties: { kind: { const: "a" }, x: { type: "string" } },
            required: ["kind", "x"],
          },
          {
            type: "object",
            properties: { kind: { const: "b" }, y: { type: "string" } },
            required: ["kind", "y"],
          },
        ],
      },
      {
        type: "object",
        properties: {
          kind: { anyOf: [{ const: "a" }, { const: "b" }] },
          x: { type: "string" },
          y: { type: "string" },
        },
        required: ["kind"],
        description: "Give one of these sets of arguments: (kind, x) or (kind, y).",
      },
    ],
    [
      "a choice of what is required",
      {
        type: "object",
        properties: { a: {}, b: {} },
        anyOf: [{ required: ["a"] }, { required: ["b"] }],
      },
      {
        type: "object",
        properties: { a: {}, b: {} },
        description: "Give one of these sets of arguments: (a) or (b).",
      },
    ],
  ])("has %s as servers take it", (_, given, expected) => {
    expect(sent(given)).toEqual(expected);
  });

  test("keeps the references of what refers to itself", () => {
    const node = { type: "object", properties: { next: { $ref: "#/$defs/node" } } };
    expect(sent({ properties: { list: { $ref: "#/$defs/node" } }, $defs: { node } })).toEqual({
      type: "object",
      properties: { list: { $ref: "#/$defs/node" } },
      $defs: { node },
    });
  });

  test("keeps the references of what would grow too large", () => {
    const half = (name: string) => ({
      properties: { a: { $ref: `#/$defs/${name}` }, b: { $ref: `#/$defs/${name}` } },
    });
    const $defs: Record<string, object> = { d20: { type: "string" } };
    for (let i = 0; i < 20; i += 1) $defs[`d${i}`] = half(`d${i + 1}`);
    const json = JSON.stringify(sent({ properties: { a: { $ref: "#/$defs/d0" } }, $defs }));
    expect(json.length).toBeLessThan(5_000);
    expect(json).toContain("#/$defs/d19");
  });

  test("never changes what was handed in", () => {
    const given = { properties: { a: { type: "string", pattern: "(?!a)" } } };
    const before = structuredClone(given);
    sent(given);
    expect(given).toEqual(before);
  });

  test("says no more than the schema: what that takes, it takes", async () => {
    const schema = {
      allOf: [
        { properties: { a: { type: "string", pattern: "^(?=x)" } }, additionalProperties: false },
      ],
      oneOf: [{ required: ["a"] }, { not: { required: ["a"] } }],
      patternProperties: { "^b": { type: "number" } },
    };
    const { json, check } = schemaOf("parameters", schema);
    const issuesOf = await jsonSchemaIssues(json);
    for (const value of [{}, { a: "xy" }]) {
      expect((await check(value)).ok).toBe(true);
      expect(issuesOf(value)).toEqual([]);
    }
    expect((await check({ a: "y" })).ok).toBe(false);
  });

  test.each([
    ["a text", { type: "string" }],
    ["a list", { type: "array", items: {} }],
    ["a reference to a text", { $ref: "#/$defs/a", $defs: { a: { type: "string" } } }],
    ["a choice without an object", { anyOf: [{ type: "string" }, { type: "null" }] }],
  ])("arguments cannot be %s", (_, schema) => {
    expect(() => sent(schema)).toThrow("must be an object's");
    expect(schemaOf("output", schema, "output").json).toMatchObject(
      Object.keys(schema).includes("$ref") ? { type: "string" } : schema,
    );
  });
});
