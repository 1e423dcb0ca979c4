import { describe, expect, test } from "vitest";
import { isQuick } from "../../src/server/client-pattern.ts";
import { checkClientSchema, withoutFormatPatterns } from "../../src/server/client-schema.ts";

/** Each definition holds the next one twice: 2^n when its references are followed. */
function doubling(depth: number) {
  const next = (i: number) => ({ $ref: `#/$defs/d${i}` });
  const definitions = Array.from({ length: depth }, (_, i) => [
    `d${i}`,
    { allOf: [next(i + 1), next(i + 1)] },
  ]);
  return { ...next(0), $defs: { ...Object.fromEntries(definitions), [`d${depth}`]: {} } };
}

describe("checkClientSchema()", () => {
  test.each([
    [{}],
    [{ type: "object", properties: { pattern: { type: "string", minLength: 1 } } }],
    [{ enum: [{ $ref: "#/nowhere" }], const: { pattern: "a+" }, default: { uniqueItems: true } }],
    [{ $ref: "#/$defs/a~1b", $defs: { "a/b": { items: { $ref: "#/$defs/c" } }, c: {} } }],
    [{ anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/a" }], $defs: { a: { format: "email" } } }],
    [JSON.parse(`{"properties":{"__proto__":{"type":"string"},"constructor":{}}}`)],
    [doubling(3)],
    [{ format: "email", pattern: "^(?!\\.)(a+)+$" }],
    [{ pattern: "^[a-z]{2,8}-\\d+$" }],
    [{ properties: { format: { type: "string" }, pattern: { type: "string" } } }],
  ])("takes %j", (schema) => {
    expect(() => checkClientSchema("output", schema)).not.toThrow();
  });

  test.each([
    [{ properties: { a: { items: { pattern: "(a+)+$" } } } }, "output.properties.a.items.pattern"],
    [{ anyOf: [{}, { patternProperties: {} }] }, "output.anyOf[1].patternProperties"],
    [{ uniqueItems: true }, "output.uniqueItems"],
    [{ properties: { default: { pattern: "(a+)+" } } }, "output.properties.default.pattern"],
    [{ pattern: 7 }, "output.pattern"],
    [{ pattern: "(a+)+$", format: 7 }, "output.pattern"],
    [{ $ref: "#" }, "output.$ref.$ref"],
    [{ $ref: "#/$defs/a", $defs: { a: { items: { $ref: "#/$defs/a" } } } }, ".items.$ref"],
    [{ $ref: "#/%24defs/a", $defs: { a: { not: { $ref: "#/$defs/a" } } } }, ".not.$ref"],
    [{ $ref: "https://example.org/schema" }, "output.$ref"],
    [{ $ref: 7 }, "output.$ref"],
    [{ $ref: "#/$defs/a" }, "output.$ref"],
    [{ $ref: "#/constructor" }, "output.$ref"],
    [{ $ref: "#/%E0%A4%A" }, "output.$ref"],
    [{ $id: "a" }, "output.$id"],
    [{ $dynamicRef: "#a" }, "output.$dynamicRef"],
    [{ "~standard": { validate: {} } }, "output.~standard"],
    [{ enum: Array.from({ length: 5_001 }, () => 0) }, "output"],
    [doubling(40), "output"],
  ])("refuses %j", (schema, field) => {
    const refusal = () => checkClientSchema("output", schema);
    expect(refusal).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        details: { field: expect.stringContaining(field) },
      }),
    );
  });
});

describe("withoutFormatPatterns()", () => {
  test("a pattern next to a format is not run; of a format that is not checked, it is told", () => {
    const pattern = "^(a+)+$";
    const schema = {
      properties: {
        mail: { type: "string", format: "email", pattern },
        default: { anyOf: [{ format: "cuid", pattern, description: "An id." }] },
        format: { type: "string", pattern: "^a$" },
      },
      const: { format: "email", pattern },
    };
    expect(withoutFormatPatterns(schema)).toEqual({
      properties: {
        mail: { type: "string", format: "email" },
        default: {
          anyOf: [{ format: "cuid", description: `An id. It must match the pattern ${pattern}` }],
        },
        format: { type: "string", pattern: "^a$" },
      },
      const: schema.const,
    });
  });
});

describe("isQuick()", () => {
  test.each([
    "^",
    "^$",
    "^a",
    "^[a-z]+$",
    "^.*abc$",
    "^\\d{4}-\\d{2}-\\d{2}$",
    "^a?b?c*$",
    "^\\(a\\)$",
    "^[)(|]{1,100}$",
  ])("%s is", (pattern) => expect(isQuick(pattern)).toBe(true));

  test.each([
    ["a choice", "^a|b$"],
    ["a group", "^(a)$"],
    ["lookahead", "^(?=a)"],
    ["no start", "a+$"],
    ["two endless repetitions", "^a*a*$"],
    ["a repetition without an end, and another", "^a{2,}b+$"],
    ["too many ways", "^a{0,100}a{0,100}a{0,100}$"],
    ["an end in the middle", "^a$b"],
    ["nothing that can be read", "^[a"],
  ])("one with %s is not", (_, pattern) => expect(isQuick(pattern)).toBe(false));
});
