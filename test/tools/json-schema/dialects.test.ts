import { describe, expect, test } from "vitest";
import { schemaOf } from "../../../src/tools/schema.ts";
import type { JsonSchema } from "../../../src/tools/tool.ts";

const DRAFT_4 = "http://json-schema.org/draft-04/schema#";
const DRAFT_7 = "http://json-schema.org/draft-07/schema#";

async function isValid(schema: JsonSchema, value: unknown): Promise<boolean> {
  return (await schemaOf("output", schema, "output").check(value)).ok;
}

/** A schema, values that it takes, and values that it does not take. */
type Case = readonly [string, JsonSchema, readonly unknown[], readonly unknown[]];

const CASES: readonly Case[] = [
  [
    "exclusive limits of draft 4",
    { type: "number", minimum: 1, exclusiveMinimum: true, maximum: 3, exclusiveMaximum: false },
    [2, 3],
    [1, 4],
  ],
  ["exclusive limits of draft 6", { exclusiveMinimum: 1, exclusiveMaximum: 3 }, [2], [1, 3]],
  [
    "id of draft 4",
    {
      $schema: DRAFT_4,
      id: "https://a.example/root.json",
      items: { $ref: "item.json" },
      definitions: { item: { id: "item.json", type: "integer" } },
    },
    [[1]],
    [["a"]],
  ],
  [
    "definitions",
    { properties: { a: { $ref: "#/definitions/a" } }, definitions: { a: { type: "string" } } },
    [{ a: "b" }],
    [{ a: 1 }],
  ],
  [
    "tuples of draft 7",
    { items: [{ type: "string" }, { type: "number" }], additionalItems: false },
    [["a", 1], ["a"]],
    [[1], ["a", 1, 2]],
  ],
  [
    "tuples of 2020-12",
    { prefixItems: [{ type: "string" }], items: { type: "number" } },
    [["a", 1, 2]],
    [["a", "b"]],
  ],
  [
    "dependencies of draft 7",
    { dependencies: { a: ["b"], c: { required: ["d"] } } },
    [{ a: 1, b: 1 }, { c: 1, d: 1 }, {}],
    [{ a: 1 }, { c: 1 }],
  ],
  [
    "what stands next to a $ref until draft 7",
    {
      $schema: DRAFT_7,
      properties: { a: { $ref: "#/definitions/a", maxLength: 1 } },
      definitions: { a: { type: "string" } },
    },
    [{ a: "long" }],
    [{ a: 1 }],
  ],
  [
    "what stands next to a $ref since 2019-09",
    { properties: { a: { $ref: "#/$defs/a", maxLength: 1 } }, $defs: { a: { type: "string" } } },
    [{ a: "b" }],
    [{ a: "long" }, { a: 1 }],
  ],
  [
    "anchors",
    { items: { $ref: "#name" }, $defs: { a: { $anchor: "name", type: "string" } } },
    [["a"]],
    [[1]],
  ],
  [
    "a schema in the schema with an address of its own",
    {
      $id: "https://a.example/tree",
      items: { $ref: "leaf#/$defs/size" },
      $defs: { leaf: { $id: "leaf", $defs: { size: { type: "integer" } } } },
    },
    [[1]],
    [["a"]],
  ],
  [
    "a reference to where no keyword is",
    { items: { $ref: "#/components/schemas/A" }, components: { schemas: { A: { type: "null" } } } },
    [[null]],
    [[1]],
  ],
  [
    "a reference to itself",
    { type: "object", properties: { child: { $ref: "#" } }, additionalProperties: false },
    [{ child: { child: {} } }],
    [{ child: { other: 1 } }],
  ],
  [
    "recursion of 2019-09",
    { properties: { child: { $recursiveRef: "#" } }, additionalProperties: false },
    [{ child: {} }],
    [{ child: { other: 1 } }],
  ],
  ["nullable of OpenAPI", { type: "string", nullable: true }, ["a", null], [1]],
  ["nullable with an enum", { type: "string", enum: ["a"], nullable: true }, ["a", null], ["b"]],
  [
    "nullable with a reference",
    { properties: { a: { $ref: "#/$defs/a", nullable: true } }, $defs: { a: { type: "string" } } },
    [{ a: null }, { a: "b" }],
    [{ a: 1 }],
  ],
  ["not nullable", { type: "string", nullable: false }, ["a"], [null]],
  ["true and false as schemas", { properties: { a: true, b: false } }, [{ a: 1 }], [{ b: 1 }]],
  [
    "a property named like a keyword",
    {
      properties: { $ref: { type: "string" }, id: { type: "number" }, pattern: { type: "string" } },
    },
    [{ $ref: "a", id: 1, pattern: "(" }],
    [{ id: "a" }, { $ref: 1 }],
  ],
  [
    "a property with the name of a prototype's",
    JSON.parse('{ "properties": { "__proto__": { "type": "string" } } }'),
    [JSON.parse('{ "__proto__": "a" }')],
    [JSON.parse('{ "__proto__": 1 }')],
  ],
  [
    "patterns of other languages",
    { type: "string", pattern: "(?i)^(?P<a>x)\\-y\\Z" },
    ["X-y"],
    ["X-y "],
  ],
  ["a pattern that cannot be checked", { type: "string", pattern: "^[[:alpha:]]$" }, ["1"], [1]],
  [
    "names of properties that cannot be checked",
    { patternProperties: { "^[[:alpha:]]$": { type: "number" } }, additionalProperties: false },
    [{ a: 1 }],
    [1].slice(1),
  ],
  [
    "a denied pattern that cannot be checked",
    { type: "string", not: { pattern: "^[[:alpha:]]$" } },
    ["1"],
    [1],
  ],
  [
    "a choice between patterns that cannot be checked",
    {
      oneOf: [
        { type: "string", pattern: "\\Qa" },
        { type: "string", pattern: "\\Qb" },
      ],
    },
    ["a"],
    [1],
  ],
];

describe("a JSON Schema", () => {
  test.each(CASES)("with %s is checked as it is meant", async (_, schema, fit, unfit) => {
    for (const value of fit) expect(await isValid(schema, value), JSON.stringify(value)).toBe(true);
    for (const value of unfit)
      expect(await isValid(schema, value), JSON.stringify(value)).toBe(false);
  });

  test.each<readonly [string, JsonSchema, string]>([
    ["leads nowhere", { items: { $ref: "#/nope" } }, '"#/nope", which is not in it'],
    ["leads to an anchor that is not there", { items: { $ref: "#nope" } }, '"#nope"'],
    ["leads to another host", { $ref: "https://a.example/b.json" }, '"https://a.example/b.json"'],
    ["leads to a file", { items: { $ref: "other.json#/a" } }, '"other.json#/a"'],
    [
      "goes in a circle",
      {
        items: { $ref: "#/$defs/a" },
        $defs: { a: { $ref: "#/$defs/b" }, b: { allOf: [{ $ref: "#/$defs/a" }] } },
      },
      "in a circle",
    ],
    ["is its own", { $ref: "#" }, "in a circle"],
    ["cannot be read", { items: { $ref: "#/%" } }, '"#/%"'],
  ])("whose reference %s cannot be used", (_, schema, why) => {
    const message = expect.stringContaining(why);
    expect(() => schemaOf("output", schema, "output")).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message, details: { field: "output" } }),
    );
  });

  test("that is too deep cannot be used", () => {
    let schema: JsonSchema = {};
    for (let depth = 0; depth < 5_000; depth += 1) schema = { not: schema };
    expect(() => schemaOf("output", schema, "output")).toThrow("deeper than 200 levels");
  });
});
