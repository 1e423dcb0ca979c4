import { describe, expect, test } from "vitest";
import type { FormField } from "../../../src/cli/confirm/form-fields.ts";
import { formFields, readField } from "../../../src/cli/confirm/form-fields.ts";

function fieldOf(property: object, required: readonly string[] = []): FormField {
  const schema = { type: "object", properties: { it: property }, required };
  const [field] = formFields({ server: "s", message: "m", schema });
  return field ?? expect.unreachable();
}

const value = (given: unknown) => ({ type: "value", value: given });
const nothing = { type: "nothing" };
const unclear = { type: "unclear", why: expect.any(String) };

describe("readField()", () => {
  test.each<[object, string, object]>([
    [{ type: "string" }, " Ada ", value("Ada")],
    [{ type: "string" }, "7", value("7")],
    [{ type: "string" }, "", nothing],
    [{ type: "integer" }, "7", value(7)],
    [{ type: "number" }, "-1.5e3", value(-1_500)],
    [{ type: "number" }, "many", unclear],
    [{ type: "boolean" }, "Y", value(true)],
    [{ type: "boolean" }, "no", value(false)],
    [{ type: "boolean" }, "perhaps", unclear],
    [{ type: "string", enum: ["a", "b"] }, "2", value("b")],
    [{ type: "string", enum: ["a", "b"] }, "a", value("a")],
    [{ type: "string", enum: ["2", "1"] }, "1", value("1")],
    [{ type: "string", enum: ["a", "b"] }, "3", unclear],
    [{ type: "string", enum: ["a", "b"] }, "0", unclear],
    [{ type: "string", enum: ["a"], enumNames: ["Anna"] }, "Anna", value("a")],
    [{ type: "string", oneOf: [{ const: "a", title: "Anna" }] }, "Anna", value("a")],
    [
      { type: "array", items: { type: "string", enum: ["a", "b", "c"] } },
      "1, c",
      value(["a", "c"]),
    ],
    [{ type: "array", items: { anyOf: [{ const: "a", title: "A" }] } }, "A", value(["a"])],
    [{ type: "array", items: { type: "string", enum: ["a"] } }, "1, 2", unclear],
  ])("%j, %j", (property, line, answer) => {
    expect(readField(fieldOf(property), line)).toEqual(answer);
  });

  test("an empty line is no answer where one is needed, unless there is a default", () => {
    expect(readField(fieldOf({ type: "string" }, ["it"]), " ")).toEqual(unclear);
    expect(readField(fieldOf({ type: "string", default: "x" }, ["it"]), "")).toEqual(nothing);
  });
});

describe("formFields()", () => {
  test("what is no form has no fields", () => {
    for (const schema of [{}, { properties: null }, { properties: [] }]) {
      expect(formFields({ server: "s", message: "m", schema })).toEqual([]);
    }
  });
});
