import { describe, expect, test } from "vitest";
import { checkContext, layContext } from "../../src/supervisor/context.ts";

class Own {}

describe("checkContext()", () => {
  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["an empty one", {}],
    ["one without a prototype", Object.create(null)],
    ["whatever can be cloned", { at: new Date(0), seen: new Set([1]), bytes: new Uint8Array(8) }],
    ["a megabyte less what holds it", { text: "x".repeat(1_048_500) }],
  ])("takes %s", (_, context) => {
    expect(() => checkContext("context", context)).not.toThrow();
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["a text", "user"],
    ["an array", []],
    ["a map", new Map()],
    ["an object of a class", new Own()],
    ["a function in it", { log: () => {} }],
    ["a symbol in it", { a: Symbol("s") }],
    ["shared memory", { cell: new SharedArrayBuffer(4) }],
    [
      "a getter that throws",
      {
        get a() {
          throw new Error("no");
        },
      },
    ],
    ["more than a megabyte of text", { text: "x".repeat(1_048_600) }],
    ["more than a megabyte of bytes", { bytes: new Uint8Array(1_048_600) }],
  ])("refuses %s", (_, context) => {
    expect(() => checkContext("worker.context", context)).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        details: { field: "worker.context" },
        message: expect.stringMatching(/^worker\.context must be /),
      }),
    );
  });
});

describe("layContext()", () => {
  test("lays field over field, and does not look into them", () => {
    const under = { user: 1, tags: { a: 1, b: 2 } };
    expect(layContext(under, { tags: { c: 3 }, turn: 4 })).toEqual({
      user: 1,
      tags: { c: 3 },
      turn: 4,
    });
  });

  test("what is undefined is left out", () => {
    expect(layContext({ user: 1 }, { user: undefined })).toEqual({ user: 1 });
  });

  test("what is changed later changes nothing", () => {
    const over = { tags: ["a"] };
    const laid = layContext(undefined, over);
    over.tags.push("b");
    expect(laid).toEqual({ tags: ["a"] });
  });

  test("without anything over it, it is what lies under it", () => {
    const under = { user: 1 };
    expect(layContext(under, undefined)).toBe(under);
    expect(layContext(undefined, undefined)).toEqual({});
  });

  test("a field named __proto__ is a field like others", () => {
    const laid = layContext({}, JSON.parse('{"__proto__":{"isAdmin":true}}'));
    expect(Object.keys(laid)).toEqual(["__proto__"]);
    expect(laid["isAdmin"]).toBeUndefined();
  });
});
