import fc from "fast-check";
import { expect, describe as group, test } from "vitest";
import { describe, fromWireError, HeddleError, toHeddleError, toWireError } from "../src/errors.ts";
import type { ForeignError, WireError } from "../src/protocol/error.ts";

const hostile = new Proxy(new Error("never seen"), {
  get: () => fail(),
  getPrototypeOf: () => fail(),
  ownKeys: () => fail(),
  getOwnPropertyDescriptor: () => fail(),
  has: () => fail(),
});

function fail(): never {
  throw new Error("a trap");
}

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** An error whose every field throws when it is read. */
function trapped(): Error {
  const error = new Error("x");
  for (const name of ["message", "stack", "name", "code", "cause", "details"]) {
    Object.defineProperty(error, name, { get: fail });
  }
  return error;
}

function withCause(error: Error, cause: unknown): Error {
  return Object.assign(error, { cause });
}

const cyclic = new Error("a");
withCause(cyclic, withCause(new HeddleError("INTERNAL", "b"), cyclic));

const strange: readonly (readonly [string, unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["a symbol", Symbol("s")],
  ["a bigint", 1n],
  ["a function", () => {}],
  ["a function that cannot be a string", Object.assign(() => {}, { toString: fail })],
  ["an object without a prototype", Object.create(null)],
  ["an object that is undefined as JSON", { toJSON: () => undefined }],
  ["an object that throws as JSON", { toJSON: fail }],
  [
    "an object whose tag throws",
    {
      toJSON: fail,
      get [Symbol.toStringTag]() {
        return fail();
      },
    },
  ],
  ["a cyclic cause", cyclic],
  ["an error whose getters throw", trapped()],
  ["a proxy whose traps throw", hostile],
  ["a revoked proxy", revokedProxy()],
  ["a cause that throws", withCause(new Error("outer"), hostile)],
  ["a message that is no text", Object.assign(new Error("x"), { message: { a: 1 } })],
  ["a HeddleError whose message is no text", Object.assign(heddleLike(), { message: 7 })],
  [
    "a HeddleError whose message throws",
    Object.defineProperty(heddleLike(), "message", { get: fail }),
  ],
  ["a HeddleError whose details are null", Object.assign(heddleLike(), { details: null })],
  ["a HeddleError whose details throw", Object.assign(heddleLike(), { details: hostile })],
  [
    "a HeddleError whose details hold functions",
    Object.assign(heddleLike(), { details: { a: fail } }),
  ],
  ["a DOMException", new DOMException("aborted", "AbortError")],
  ["an AggregateError without a message", new AggregateError([new Error("a")])],
  ["a subclass with a private brand", new (class Odd extends Error {})("odd")],
];

/** One that another copy of this library, or JavaScript, has made. */
function heddleLike(): Error {
  return Object.assign(new Error("x"), { name: "HeddleError", code: "PROVIDER_AUTH", details: {} });
}

function depthOf(wire: WireError | ForeignError | undefined): number {
  return wire === undefined ? 0 : 1 + depthOf(wire.cause);
}

group("toWireError()", () => {
  test.each(strange)("%s becomes plain data", (_, value) => {
    const wire = toWireError(value);
    expect(structuredClone(wire)).toEqual(wire);
    expect(typeof wire.message).toBe("string");
    expect(typeof wire.code).toBe("string");
    expect(HeddleError.is(fromWireError(wire))).toBe(true);
  });

  test("never throws, and what it returns can be cloned", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    const field = fc.constantFrom("message", "name", "code", "cause", "details", "stack");
    const broken = fc.array(fc.tuple(field, anything)).map((fields) => {
      const error = new HeddleError("INTERNAL", "x");
      for (const [name, value] of fields)
        Object.defineProperty(error, name, { value, configurable: true });
      return error;
    });
    fc.assert(
      fc.property(fc.oneof(anything, broken), (value) => {
        const wire = toWireError(value);
        expect(structuredClone(wire)).toEqual(wire);
        fromWireError(wire);
      }),
      { numRuns: 500 },
    );
  });

  test("causes are kept at most five deep", () => {
    expect(depthOf(toWireError(cyclic))).toBe(6);
    let deep: Error = new Error("root");
    for (let i = 0; i < 100; i++) deep = new HeddleError("INTERNAL", `${i}`, { cause: deep });
    expect(depthOf(toWireError(deep))).toBe(6);
  });

  test("texts are cut at 4,096 characters, wherever they are", () => {
    const long = "x".repeat(1_000_000);
    const cause = Object.assign(new Error(long), { name: long, code: long, stack: long });
    const wire = toWireError(
      Object.assign(new HeddleError("INTERNAL", long, { cause, details: { long } }), {
        stack: long,
      }),
    );
    expect(wire.message).toBe(`${"x".repeat(4_096)}…`);
    expect(JSON.stringify(wire).length).toBeLessThan(50_000);
    expect(JSON.stringify(toWireError(long)).length).toBeLessThan(50_000);
  });

  test("details keep texts, numbers and booleans, and drop what is none", () => {
    const details = { status: 429, field: "a", retryable: true, object: {}, call: fail };
    const error = new HeddleError("PROVIDER_FAILED", "x", { details: details as never });
    expect(toWireError(error).details).toEqual({ status: 429, field: "a", retryable: true });
  });

  test("an error that is not Heddle's gets the given code and is its own cause", () => {
    const wire = toWireError(new TypeError("no"), "PROVIDER_FAILED");
    expect(wire).toMatchObject({
      code: "PROVIDER_FAILED",
      message: "no",
      cause: { name: "TypeError", message: "no" },
    });
  });

  test("a foreign error's own code is kept", () => {
    const error = Object.assign(new Error("reset"), { code: "ECONNRESET" });
    const back = fromWireError(structuredClone(toWireError(error)));
    expect(back.cause).toMatchObject({ message: "reset", code: "ECONNRESET" });
  });

  test("a DOMException keeps its name", () => {
    expect(toWireError(new DOMException("aborted", "AbortError")).cause).toMatchObject({
      name: "AbortError",
      message: "aborted",
    });
  });

  test("a thrown value that is no error is described", () => {
    expect(toWireError("boom").message).toBe("boom");
    expect(toWireError({ status: 1 })).toMatchObject({
      message: '{"status":1}',
      cause: { name: "object", message: '{"status":1}' },
    });
    expect(toWireError(undefined)).toMatchObject({ message: "undefined" });
  });
});

group("fromWireError()", () => {
  test("code, message, details, stack and the chain of causes survive the way between threads", () => {
    const cause = new HeddleError("PROVIDER_CONNECTION", "reset", {
      cause: Object.assign(new TypeError("fetch failed"), { code: "ECONNRESET" }),
      details: { attempt: 2 },
    });
    const error = new HeddleError("GATEWAY_LOST", "gone", { cause, details: { exitCode: 1 } });
    const back = fromWireError(structuredClone(toWireError(error)));
    expect(back).toBeInstanceOf(HeddleError);
    expect(back).toMatchObject({
      code: "GATEWAY_LOST",
      message: "gone",
      details: { exitCode: 1 },
      stack: error.stack,
    });
    expect(back.cause).toMatchObject({ code: "PROVIDER_CONNECTION", details: { attempt: 2 } });
    expect((back.cause as Error).cause).toMatchObject({
      name: "TypeError",
      message: "fetch failed",
      code: "ECONNRESET",
    });
  });

  test("a second crossing changes nothing", () => {
    const error = new HeddleError("JOB_TIMEOUT", "late", { cause: new TypeError("x") });
    const wire = toWireError(error);
    expect(toWireError(fromWireError(wire))).toEqual(wire);
  });
});

group("HeddleError.is()", () => {
  test.each(strange)("looks at %s without throwing", (_, value) => {
    expect(typeof HeddleError.is(value)).toBe("boolean");
  });

  test("knows one that another copy of the module has made", () => {
    expect(HeddleError.is(heddleLike())).toBe(true);
    expect(toHeddleError(heddleLike(), "INTERNAL").code).toBe("PROVIDER_AUTH");
  });

  test("an error that only looks like one by its name is none", () => {
    expect(HeddleError.is(Object.assign(new Error("x"), { name: "HeddleError" }))).toBe(false);
    expect(HeddleError.is({ name: "HeddleError", code: "INTERNAL", details: {} })).toBe(false);
  });
});

group("describe()", () => {
  test.each(strange)("gives one line for %s", (_, value) => {
    expect(describe(value)).not.toBe("");
  });

  test("an error without a message is told by its name", () => {
    expect(describe(new RangeError())).toBe("RangeError");
  });
});
