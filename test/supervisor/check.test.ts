import { describe, expect, test } from "vitest";
import {
  BYTES,
  COUNT,
  checkFields,
  checkIterable,
  checkNumber,
  checkOneOf,
  checkText,
  clonePlain,
  DEADLINE_MS,
  given,
  MS,
} from "../../src/supervisor/check.ts";

/** What a check throws: that it is refused, and for which field. */
function refusalOf(check: () => void): { code?: string; message?: string; details?: object } {
  try {
    check();
  } catch (error) {
    return error as { code: string; message: string; details: object };
  }
  return {};
}

describe("checkNumber()", () => {
  test.each([
    [MS, [0, 1.5, 2_147_483_647], [-1, 2_147_483_648, Number.NaN, Number.POSITIVE_INFINITY]],
    [DEADLINE_MS, [1, 2_147_483_647], [0, 2_147_483_648]],
    [COUNT, [1, 1_000_000], [0, 1.5, 1_000_001]],
    [BYTES, [1, Number.MAX_SAFE_INTEGER], [0, 0.5, Number.MAX_SAFE_INTEGER + 1]],
  ])("takes what lies in %j, its ends included", (bounds, good, bad) => {
    for (const value of good) expect(refusalOf(() => checkNumber("a", value, bounds))).toEqual({});
    for (const value of bad) {
      expect(refusalOf(() => checkNumber("a.b", value, bounds))).toMatchObject({
        code: "INVALID_OPTION",
        message: expect.stringMatching(`a.b must be an? (number|integer) from ${bounds.min} to`),
        details: { field: "a.b" },
      });
    }
  });

  test.each(["1", null, true, 1n, {}, [1], Symbol("1")])(
    "refuses %s, which is no number",
    (value) => {
      expect(refusalOf(() => checkNumber("a", value, MS)).code).toBe("INVALID_OPTION");
    },
  );

  test("takes undefined for not given", () => {
    expect(refusalOf(() => checkNumber("a", undefined, MS))).toEqual({});
  });
});

describe("checkText()", () => {
  test("takes texts that are not empty, and undefined for not given", () => {
    for (const value of ["a", " ", undefined])
      expect(refusalOf(() => checkText("a", value))).toEqual({});
  });

  test.each(["", 1, null, [], {}])(
    "refuses %j, naming the field, with the code asked for",
    (value) => {
      expect(refusalOf(() => checkText("a.b", value, "INVALID_INPUT"))).toMatchObject({
        code: "INVALID_INPUT",
        message: "a.b must be a string that is not empty",
        details: { field: "a.b" },
      });
    },
  );
});

describe("checkFields()", () => {
  test("refuses a field that nobody reads, and says which there are", () => {
    const check = () => checkFields("options", { max: 1, maxx: 2 }, ["max", "min"]);
    expect(refusalOf(check)).toMatchObject({
      message: "options.maxx is unknown; known are max, min",
      details: { field: "options.maxx" },
    });
  });

  test("names a field of nothing by itself", () => {
    expect(refusalOf(() => checkFields("", { a: 1 }, []))).toMatchObject({
      details: { field: "a" },
    });
  });

  test.each([null, 1, "a", [], () => {}])("refuses %s, which is no object", (value) => {
    expect(refusalOf(() => checkFields("options", value, []))).toMatchObject({
      message: "options must be an object",
      details: { field: "options" },
    });
  });

  test("does not mind fields that are inherited", () => {
    expect(refusalOf(() => checkFields("options", Object.create({ a: 1 }), []))).toEqual({});
  });
});

describe("checkOneOf()", () => {
  test("lists what is allowed", () => {
    expect(refusalOf(() => checkOneOf("policy", "best", ["a", "b"]))).toMatchObject({
      message: 'policy must be one of "a", "b"',
      details: { field: "policy" },
    });
    for (const value of ["a", "b", undefined]) {
      expect(refusalOf(() => checkOneOf("policy", value, ["a", "b"]))).toEqual({});
    }
  });
});

describe("clonePlain()", () => {
  test("copies plain data so that nothing is shared", () => {
    const given = { a: [{ b: 1 }] };
    const copy = clonePlain("options", given);
    expect(copy).toEqual(given);
    expect(copy.a[0]).not.toBe(given.a[0]);
  });

  test.each([{ f: () => {} }, Symbol("s"), { deep: [new WeakMap()] }])(
    "refuses what is no data",
    (value) => {
      expect(refusalOf(() => clonePlain("options", value))).toMatchObject({
        code: "INVALID_OPTION",
        details: { field: "options" },
      });
    },
  );
});

describe("checkIterable()", () => {
  test.each([[[]], [new Set()], [(function* () {})()], [(async function* () {})()]])(
    "takes what can be iterated",
    (value) => {
      expect(refusalOf(() => checkIterable("inputs", value))).toEqual({});
    },
  );

  test.each([undefined, null, 5, {}, "a text", () => {}])("refuses %s", (value) => {
    expect(refusalOf(() => checkIterable("inputs", value))).toMatchObject({
      code: "INVALID_OPTION",
      details: { field: "inputs" },
    });
  });
});

describe("given()", () => {
  test("leaves out what is undefined, and nothing else", () => {
    const options = { a: undefined, b: 0, c: null, d: "", e: false };
    expect(Object.keys(given(options))).toEqual(["b", "c", "d", "e"]);
    expect(given(undefined)).toEqual({});
  });
});
