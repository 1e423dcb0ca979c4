import { describe, expect, test } from "vitest";
import { z } from "zod";
import { schemaOf } from "../../src/tools/schema.ts";
import type { JsonSchema } from "../../src/tools/tool.ts";

const PART = { type: "string" };

describe("a JSON Schema that is written by hand", () => {
  test.each<readonly [string, unknown, string]>([
    [
      "a raw shape of zod",
      { city: z.string() },
      "output is an object of schemas; make it one schema: z.object({ city: … })",
    ],
    ["a raw shape next to a keyword", { type: "object", city: z.string() }, "make it one schema"],
    [
      "a library's schema in it",
      { type: "object", properties: { a: z.string() } },
      "output.properties.a is a schema of a library",
    ],
    [
      "an example in the place of a schema",
      { city: "string" },
      'output has no keyword of JSON Schema, only city: write { type: "object", properties: { city: { type: "string" } } }',
    ],
    ["schemas without properties", { city: PART }, "output.city is no keyword"],
    [
      "schemas next to the type",
      { type: "object", city: PART },
      "output.city is no keyword of JSON Schema: write",
    ],
    [
      "a type's name as a property's schema",
      { properties: { a: "string" } },
      'output.properties.a must be a schema, such as { type: "string" }',
    ],
    [
      "a misspelt keyword",
      { type: "object", propertees: {} },
      'output.propertees is no keyword of JSON Schema; is "properties" meant?',
    ],
    [
      "a keyword in other letters",
      { type: "object", additionalproperties: false },
      '"additionalProperties" meant',
    ],
    ["a misspelt keyword alone", { proprties: { a: PART } }, '"properties" meant'],
    ["swapped letters", { type: "array", itmes: PART }, '"items" meant'],
    [
      "a misspelt keyword further in",
      { items: { anyOf: [{ type: "string", patern: "a" }] } },
      "output.items.anyOf[0].patern",
    ],
    ["a misspelt definition", { $def: { a: PART } }, '"$defs" meant'],
    ["a type that there is not", { type: "strng" }, 'output.type must be one of "object"'],
    [
      "a misspelt type, with what is meant",
      { properties: { a: { type: "strng" } } },
      '"strng" is "string"',
    ],
    ["a type of another language", { type: "int" }, '"int" is "integer"'],
    ["a type that is no text", { type: String }, "output.type must be one of"],
    [
      "required as a flag",
      { properties: { a: { type: "string", required: true } } },
      "output.properties.a.required must be an array of the names of properties",
    ],
    ["required as a text", { properties: {}, required: "a" }, "output.required must be"],
    ["an enum without values", { enum: [] }, "output.enum must be an array of at least one value"],
    [
      "choices that are no list",
      { anyOf: { a: PART } },
      "output.anyOf must be an array of at least one schema",
    ],
    ["items as a text", { type: "array", items: "string" }, "output.items must be a schema"],
    ["a pattern that is no text", { pattern: /a/ }, "output.pattern must be a string"],
    ["a length below 0", { minLength: -1 }, "output.minLength must be a whole number, 0 or more"],
    [
      "properties as a list",
      { properties: ["a"] },
      "output.properties must be an object of schemas by name",
    ],
    [
      "a Map in it",
      { default: new Map() },
      "must be a schema that can be sent as JSON: JSON has no Map",
    ],
    ["an array", [PART], "output must be a JSON Schema"],
    ["nothing", undefined, "output must be a JSON Schema"],
    ["a text", "object", "output must be a JSON Schema"],
  ])("with %s is refused by name", (_, given, message) => {
    const refused = expect.objectContaining({
      code: "INVALID_OPTION",
      message: expect.stringContaining(message),
    });
    expect(() => schemaOf("output", given, "output")).toThrow(refused);
  });

  test.each<readonly [string, JsonSchema]>([
    ["for anything", {}],
    [
      "with another tool's keywords",
      { ...PART, errorMessage: "no", "ui:widget": "radio", "x-order": 1 },
    ],
    ["with OpenAPI's", { ...PART, nullable: true, xml: {}, externalDocs: {}, discriminator: {} }],
    [
      "with a property named like a misspelt keyword",
      { properties: { propertees: PART, typ: PART } },
    ],
    [
      "with data like a schema",
      { default: { propertees: 1 }, enum: [{ typ: 1 }], const: { a: PART } },
    ],
    ["with symbols and fields left undefined", { ...PART, [Symbol("kind")]: 1, title: undefined }],
    ["with a container of its own", { items: { $ref: "#/shared/a" }, shared: { a: PART } }],
  ])("%s is taken", (_, given) => {
    expect(schemaOf("output", given, "output").json).toBeDefined();
  });
});
