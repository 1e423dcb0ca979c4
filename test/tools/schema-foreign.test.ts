import { describe, expect, test } from "vitest";
import { foreignParameters, schemaOf } from "../../src/tools/schema.ts";
import type { JsonSchema } from "../../src/tools/tool.ts";

function used(given: unknown) {
  const foreign = foreignParameters(given);
  if (!foreign.ok) throw new Error(foreign.why);
  return schemaOf("parameters", foreign.parameters);
}

describe("foreignParameters()", () => {
  test.each([
    ["no schema", undefined],
    ["null", null],
    ["an empty one", {}],
    ["only a type", { type: "object" }],
  ])("%s is a tool without parameters, which takes anything", async (_, given) => {
    const { json, check } = used(given);
    expect(json).toEqual({ type: "object", properties: {} });
    expect((await check({ a: 1 })).ok).toBe(true);
  });

  test("what is malformed is left out, and the rest is checked", async () => {
    const { json, check } = used({
      type: "object",
      propertees: {},
      properties: { a: "string", b: { type: "number", minLength: "x" }, c: { type: "any" } },
      required: true,
      anyOf: [],
    });
    expect(json).toEqual({ type: "object", properties: { a: {}, b: { type: "number" }, c: {} } });
    expect((await check({ a: 1, b: 2, c: 3 })).ok).toBe(true);
    expect((await check({ b: "2" })).ok).toBe(false);
  });

  test("what is required and has a default is its owner's to fill in", async () => {
    const { json, check } = used({
      properties: { scale: { type: "string", default: "css" }, url: { type: "string" } },
      required: ["scale", "url"],
    });
    expect(json["required"]).toEqual(["scale", "url"]);
    expect((await check({ url: "a" })).ok).toBe(true);
    expect((await check({ scale: "css" })).ok).toBe(false);
  });

  test("a value that its check cannot take is left to its owner", async () => {
    const { check } = used({
      properties: { a: { $ref: "#/$defs/a" } },
      $defs: { a: { items: { $ref: "#/$defs/a" } } },
    });
    let deep: unknown = [];
    for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
    expect((await check({ a: deep })).ok).toBe(true);
  });

  test.each<readonly [string, unknown, string]>([
    ["a list", [], "its schema is no object"],
    ["a text", "object", "its schema is no object"],
    ["a schema of a text", { type: "string" }, "must be an object's"],
    [
      "a reference to another host",
      { properties: { a: { $ref: "https://a.example/b" } } },
      "which is not in it",
    ],
    ["a reference that leads nowhere", { $ref: "#/definitions/A" }, "which is not in it"],
    ["a circle", { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, "in a circle"],
  ])("%s cannot be used, and it says why", (_, given, why) => {
    expect(foreignParameters(given)).toEqual({ ok: false, why: expect.stringContaining(why) });
  });

  test("a long chain of references is followed", async () => {
    const $defs: Record<string, JsonSchema> = { d100: { type: "string" } };
    for (let i = 0; i < 100; i += 1) $defs[`d${i}`] = { $ref: `#/$defs/d${i + 1}` };
    const { check } = used({ properties: { a: { $ref: "#/$defs/d0" } }, $defs });
    expect((await check({ a: "b" })).ok).toBe(true);
    expect((await check({ a: 1 })).ok).toBe(false);
  });
});
