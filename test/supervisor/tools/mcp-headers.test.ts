import { describe, expect, test } from "vitest";
import { headerFault } from "../../../src/supervisor/tools/mcp-headers.ts";

const asked = (fields: object = {}) => ({ type: "string", "x-mcp-header": "Region", ...fields });

describe("headerFault()", () => {
  test.each<object>([
    {},
    { properties: { a: asked(), b: asked({ "x-mcp-header": "Other", type: "integer" }) } },
    { properties: { a: { properties: { b: asked() } } } },
    { properties: { a: { default: { "x-mcp-header": "" } } } },
  ])("none in %j", (schema) => {
    expect(headerFault(schema)).toBeUndefined();
  });

  test.each<[fault: RegExp, schema: object]>([
    [/not at a property/, asked()],
    [/not at a property/, { properties: { a: { items: asked() } } }],
    [/not at a property/, { anyOf: [{ properties: { a: asked() } }] }],
    [/not at a property/, { $defs: { a: asked() } }],
    [/not at a string, integer or boolean/, { properties: { a: asked({ type: "number" }) } }],
    [/not at a string, integer or boolean/, { properties: { a: asked({ type: undefined }) } }],
    [/no name of a header/, { properties: { a: asked({ "x-mcp-header": "a b" }) } }],
    [/no name of a header/, { properties: { a: asked({ "x-mcp-header": "" }) } }],
    [/there twice/, { properties: { a: asked(), b: asked({ "x-mcp-header": "REGION" }) } }],
  ])("%s in %j", (fault, schema) => {
    expect(headerFault(schema)).toMatch(fault);
  });
});
