import { describe, expect, test } from "vitest";
import { z } from "zod";
import { asTool } from "../../src/tools/as-tool.ts";
import { defineTool } from "../../src/tools/define-tool.ts";
import { Toolbox } from "../../src/tools/toolbox.ts";

const base = { name: "look", parameters: { type: "object" }, execute: () => "seen" };
// biome-ignore lint/suspicious/noExplicitAny: what is not of the type is the test.
const define = (fields: object) => () => defineTool({ ...base, ...fields } as any);

describe("defineTool()", () => {
  test.each<readonly [object, string, string]>([
    [{ name: "a b" }, "name", "name must be 1 to 64 of"],
    [{ name: undefined }, "name", "name must be 1 to 64 of"],
    [{ execute: undefined }, "execute", "execute must be a function"],
    [{ description: 1 }, "description", "description must be a string"],
    [{ needsApproval: "yes" }, "needsApproval", "needsApproval must be true, false or a function"],
    [{ runsIn: "thread" }, "runsIn", 'runsIn must be "actor" or "pool"'],
    [{ timeoutMs: 0 }, "timeoutMs", "timeoutMs must be an integer from 1 to"],
    [{ idempotent: 1 }, "idempotent", "idempotent must be true or false"],
    [{ strict: "yes" }, "strict", "strict must be true or false"],
    [{ parameters: undefined }, "parameters", "parameters must be a JSON Schema"],
    [{ parameters: { city: z.string() } }, "parameters", "z.object({ city: … })"],
    [{ timeoutms: 5 }, "timeoutms", '"timeoutMs" is meant'],
    [{ needApproval: true }, "needApproval", '"needsApproval" is meant'],
    [{ inputSchema: {} }, "inputSchema", '"parameters" is meant'],
    [{ handler: () => 1 }, "handler", '"execute" is meant'],
    [{ retries: 3 }, "retries", "retries is unknown; known are name, description"],
  ])("refuses %o by name, with the mend", (fields, field, message) => {
    const refused = {
      code: "INVALID_OPTION",
      message: expect.stringContaining(message),
      details: { field },
    };
    expect(define(fields)).toThrow(expect.objectContaining(refused));
  });

  test("refuses what is no object", () => {
    for (const given of [undefined, null, "look", [base]]) {
      expect(() => defineTool(given as never)).toThrow("must be an object");
    }
  });

  test("returns the tool itself", () => {
    expect(defineTool(base)).toBe(base);
  });
});

describe("asTool()", () => {
  test("refuses what defineTool() refuses, and an output that is no schema", () => {
    expect(() => asTool({ name: "a b" })).toThrow("name must be 1 to 64 of");
    expect(() => asTool({ name: "a", output: { city: "string" } })).toThrow(
      "output has no keyword",
    );
  });
});

describe("a strict tool", () => {
  const closed = (properties: object, required = Object.keys(properties)) => ({
    strict: true,
    parameters: { type: "object", properties, required, additionalProperties: false },
  });

  test("says so to the model's server; others do not", () => {
    const strict = defineTool({ ...base, ...closed({ a: { type: "string", pattern: "^(?=a)" } }) });
    const open = defineTool({ ...base, name: "other" });
    expect(new Toolbox([strict, open]).specs.map((spec) => spec.strict)).toEqual([true, undefined]);
  });

  test("may be of zod", () => {
    const parameters = z.strictObject({
      a: z.email(),
      b: z.enum(["x"]).nullable(),
      c: z.array(z.int()),
    });
    expect(define({ strict: true, parameters })).not.toThrow();
  });

  test.each<readonly [string, object, string]>([
    ["is open", { strict: true }, "its root must have additionalProperties: false"],
    ["has an optional property", closed({ a: { type: "string" } }, []), "does not require a"],
    ["allows anything", closed({ a: {} }), "properties.a allows anything"],
    [
      "has an open object in it",
      closed({ a: { type: "object" } }),
      "properties.a must have additionalProperties: false",
    ],
    [
      "has an unknown keyword",
      closed({ a: { type: "string", minLength: 1 } }),
      'properties.a has "minLength"',
    ],
    [
      "has an unknown format",
      closed({ a: { type: "string", format: "uri" } }),
      'has the format "uri"',
    ],
    ["has oneOf", closed({ a: { oneOf: [{ type: "string" }] } }), 'has "oneOf"'],
    [
      "has a tuple",
      closed({ a: { type: "array", prefixItems: [{ type: "string" }] } }),
      'has "prefixItems"',
    ],
    [
      "has a record",
      closed({ a: { type: "object", additionalProperties: { type: "string" } } }),
      "must have additionalProperties: false",
    ],
  ])("whose schema %s is refused, with the reason", (_, fields, reason) => {
    expect(define(fields)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field: "strict" } }),
    );
    expect(define(fields)).toThrow(reason);
  });
});
