import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeddleError } from "../../src/errors.ts";
import type { ResultLimits } from "../../src/tools/tool-end.ts";
import { errorEnd, resultEnd } from "../../src/tools/tool-end.ts";

const PLENTY = 65_536;
const LIMITS = { maxBytes: PLENTY, maxMediaBytes: 1_000 };
const LEFT_OUT = /^(.*)\n… (\d+) bytes more were left out$/s;

function upTo(maxBytes: number): ResultLimits {
  return { maxBytes, maxMediaBytes: 0 };
}

describe("resultEnd()", () => {
  test.each([
    ["text as it is", 'a "b"\n', 'a "b"\n'],
    ["nothing in words", undefined, "The tool returned nothing."],
    ["an empty text in words", "", "The tool returned an empty text."],
    ["blanks in words", " \n", "The tool returned an empty text."],
    ["null as JSON", null, "null"],
    ["a number as JSON", 1.5, "1.5"],
    ["a boolean as JSON", false, "false"],
    ["data as JSON", { a: [1, { b: "c" }], d: undefined }, '{"a":[1,{"b":"c"}]}'],
    ["what has a form for JSON in that", new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [
      "what has nothing for JSON in words",
      { toJSON: () => undefined },
      "The tool returned nothing.",
    ],
  ])("shows %s", (_, value, result) => {
    expect(resultEnd(value, LIMITS)).toEqual({ result });
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const unfit: readonly (readonly [string, unknown, string])[] = [
    ["a cycle", cycle, "circular"],
    ["a BigInt", 1n, "JSON has no bigint"],
    ["a BigInt somewhere in it", { a: [{ b: 1n }] }, 'JSON has no bigint ("b")'],
    ["a function", () => 1, "JSON has no function"],
    ["a function somewhere in it", [{ run() {} }], 'JSON has no function ("run")'],
    ["a symbol", Symbol("s"), "JSON has no symbol"],
    ["a Map", new Map([[1, 2]]), "JSON has no Map"],
    ["bytes", new Uint8Array([1, 2]), 'JSON has no bytes: give { type: "image"'],
    ["a Buffer somewhere in it", { png: Buffer.from("a") }, 'JSON has no bytes ("png")'],
    ["an Error somewhere in it", { why: new Error("no") }, 'JSON has no Error ("why")'],
    ["a Set somewhere in it", { seen: new Set([1]) }, 'JSON has no Set ("seen")'],
    [
      "what throws when it is read",
      {
        get a() {
          throw new Error("not now");
        },
      },
      "not now",
    ],
  ];
  test.each(unfit)("%s is TOOL_RESULT_INVALID", (_, value, why) => {
    const { result, error } = resultEnd(value, LIMITS);
    expect(error).toMatchObject({
      code: "TOOL_RESULT_INVALID",
      message: expect.stringContaining(why),
    });
    expect(result).toBe(`Error: ${error?.message}`);
  });

  test("an Error that is returned counts as thrown", () => {
    expect(resultEnd(new RangeError("too far"), LIMITS)).toMatchObject({
      result: "Error: too far",
      error: { code: "TOOL_FAILED" },
    });
  });

  test("keeps what has just maxBytes", () => {
    expect(resultEnd("aé", upTo(3))).toEqual({ result: "aé" });
  });

  test("cuts at a code point, and says how many bytes were left out", () => {
    expect(resultEnd("aé😀b", upTo(6)).result).toBe("aé\n… 5 bytes more were left out");
    expect(resultEnd("aé😀b", upTo(7)).result).toBe("aé😀\n… 1 bytes more were left out");
    expect(resultEnd({ a: "bcdef" }, upTo(4)).result).toBe('{"a"\n… 9 bytes more were left out');
  });

  test("keeps as much of the beginning as fits, for any text", () => {
    const said = fc.string({ unit: "grapheme", minLength: 1 }).filter((one) => one.trim() !== "");
    const text = fc
      .tuple(said, fc.nat({ max: 40 }))
      .map(([given, more]) => ({ given, more, sizeBytes: Buffer.byteLength(given) }));
    fc.assert(
      fc.property(text, ({ given, more, sizeBytes }) => {
        const maxBytes = Math.max(1, sizeBytes - more);
        const { result } = resultEnd(given, upTo(maxBytes));
        const [, kept = result, leftOut = "0"] = LEFT_OUT.exec(result) ?? [];
        expect(given.startsWith(kept)).toBe(true);
        expect(Buffer.byteLength(kept) + Number(leftOut)).toBe(sizeBytes);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(maxBytes);
        const next = String.fromCodePoint(given.codePointAt(kept.length) ?? 0);
        expect(kept === given || Buffer.byteLength(kept + next) > maxBytes).toBe(true);
      }),
    );
  });
});

describe("errorEnd()", () => {
  test("the model is told the message without the stack; people get both", () => {
    const cause = new RangeError("too far");
    const { result, error } = errorEnd(new Error("oops", { cause }), PLENTY);
    expect(result).toBe("Error: oops");
    expect(error).toMatchObject({
      code: "TOOL_FAILED",
      message: "oops",
      cause: {
        message: "oops",
        stack: expect.stringContaining("tool-end.test"),
        cause: { name: "RangeError", message: "too far" },
      },
    });
  });

  test("a HeddleError keeps its code and its details", () => {
    const thrown = new HeddleError("EXEC_FAILED", "no such program", {
      details: { field: "argv" },
    });
    expect(errorEnd(thrown, PLENTY)).toMatchObject({
      result: "Error: no such program",
      error: { code: "EXEC_FAILED", details: { field: "argv" } },
    });
  });

  test.each([
    ["a text", "oops", "Error: oops"],
    ["nothing", undefined, "Error: undefined"],
    ["an object", { a: 1 }, 'Error: {"a":1}'],
    ["an error without a message", new TypeError(), "Error: TypeError"],
  ])("takes %s that was thrown", (_, thrown, result) => {
    expect(errorEnd(thrown, PLENTY)).toMatchObject({ result, error: { code: "TOOL_FAILED" } });
  });

  test("what throws when it is looked at is an error like others", () => {
    const hostile = new Proxy(new Error("hidden"), {
      get: () => {
        throw new Error("hands off");
      },
    });
    expect(errorEnd(hostile, PLENTY).error).toMatchObject({ code: "TOOL_FAILED" });
  });

  test("a long message is cut like a result", () => {
    expect(errorEnd(new Error("a".repeat(100)), 10).result).toBe(
      "Error: aaa\n… 97 bytes more were left out",
    );
  });
});

/** As Node throws it. What it throws on real threads is tested with the pool. */
function refusal(fields: { permission?: string; resource?: string; syscall?: string }): Error {
  const message = "Access to this API has been restricted.";
  return Object.assign(new Error(message), { code: "ERR_ACCESS_DENIED" }, fields);
}

describe("errorEnd() of what the permission model has refused", () => {
  test.each([
    [
      { permission: "FileSystemRead", resource: "/etc/hosts" },
      "to read /etc/hosts",
      'permissions.fsRead: ["/etc/hosts"]',
    ],
    [
      { permission: "FileSystemWrite", resource: 'C:\\a"b' },
      'to write C:\\a"b',
      'permissions.fsWrite: ["C:\\\\a\\"b"]',
    ],
    [
      { permission: "ChildProcess", resource: "ls" },
      "to start a process",
      "permissions.childProcess: true",
    ],
    [{ permission: "Net", resource: "" }, "to use the network", "permissions.net: true"],
    [{ syscall: "connect" }, "to use the network", "permissions.net: true"],
  ])("%j names its grant", (fields, doing, grant) => {
    const { result, error } = errorEnd(refusal(fields), PLENTY);
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", details: { grant } });
    expect(result).toBe(`Error: permission denied: ${doing} takes ${grant}`);
  });

  test.each([
    [{ permission: "WorkerThreads", resource: "" }, "to start a thread is not allowed"],
    [{ permission: "Addon", resource: "" }, "Access to this API has been restricted."],
    [{}, "Access to this API has been restricted."],
  ])("%j has no grant", (fields, message) => {
    const { result, error } = errorEnd(refusal(fields), PLENTY);
    expect(result).toBe(`Error: permission denied: ${message}`);
    expect(error?.code).toBe("PERMISSION_DENIED");
    expect(error).not.toHaveProperty("details");
  });

  const net = refusal({ syscall: "connect" });
  test.each([
    ["a cause, as of fetch", new TypeError("fetch failed", { cause: net })],
    ["a cause's cause", new Error("a", { cause: new Error("b", { cause: net }) })],
    ["one of many errors", new AggregateError([new Error("a"), net])],
    [
      "one of many errors of a cause",
      new Error("a", { cause: new AggregateError([new AggregateError([net])]) }),
    ],
    ["a HeddleError's cause", new HeddleError("TOOL_FAILED", "a", { cause: net })],
    ["a cause of what is no error", { cause: net }],
  ])("is found as %s", (_, thrown) => {
    expect(errorEnd(thrown, PLENTY).error).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { grant: "permissions.net: true" },
      cause: expect.anything(),
    });
  });

  test("PERMISSION_DENIED of our own is left as it is", () => {
    const thrown = new HeddleError("PERMISSION_DENIED", "not you", { cause: net });
    expect(errorEnd(thrown, PLENTY)).toMatchObject({
      result: "Error: not you",
      error: { code: "PERMISSION_DENIED", message: "not you" },
    });
  });

  test("causes that go round, and causes without end, come to an end", () => {
    const round = new Error("round");
    round.cause = new AggregateError([round]);
    expect(errorEnd(round, PLENTY).error).toMatchObject({ code: "TOOL_FAILED" });
    const endless: Error = new Error("endless");
    Object.defineProperty(endless, "cause", {
      get: () => Object.create(endless, { n: { value: {} } }),
    });
    expect(errorEnd(endless, PLENTY).error).toMatchObject({ code: "TOOL_FAILED" });
  });
});
