import { describe, expect, test, vi } from "vitest";
import { turn } from "../support/fake-clock.ts";
import { Link } from "./link.ts";

const raw = (value: unknown) => ({ type: "RAW", value });
const apply = (...path: unknown[]) => ({ id: "1", type: "APPLY", path, argumentList: [] });

/** Takes `body` as a call that another thread sent, and tells what came of it. */
async function outcomeOf(body: unknown): Promise<{ called: boolean; replies: number }> {
  const method = vi.fn();
  const nested = Object.assign(vi.fn(), { inner: method });
  const link = new Link({ method, nested });
  link.take(body);
  await turn();
  return {
    called: method.mock.calls.length + nested.mock.calls.length > 0,
    replies: link.messages.length,
  };
}

describe("exposeMethods()", () => {
  test("an honest call is carried out and answered", async () => {
    expect(await outcomeOf(apply("method"))).toEqual({ called: true, replies: 1 });
  });

  const forbidden: readonly (readonly [string, unknown])[] = [
    ["a method that is not exposed", apply("other")],
    ["an inherited method", apply("toString")],
    ["hasOwnProperty", apply("hasOwnProperty")],
    ["constructor", apply("constructor")],
    ["__proto__", apply("__proto__")],
    ["a path through a method", apply("nested", "inner")],
    ["a path to a method's own methods", apply("method", "call")],
    ["a path to Function", apply("method", "constructor")],
    ["no path", apply()],
    ["a path that is no text", apply(["method"])],
    ["a path that is a text", { ...apply(), path: "method" }],
    ["a symbol's name", apply("Symbol(comlink.finalizer)")],
    ["no type", { ...apply("method"), type: undefined }],
    ["GET", { ...apply("method"), type: "GET" }],
    ["SET", { ...apply("method"), type: "SET", value: raw(1) }],
    ["CONSTRUCT", { ...apply("method"), type: "CONSTRUCT" }],
    ["ENDPOINT", { ...apply("method"), type: "ENDPOINT" }],
    ["RELEASE", { ...apply("method"), type: "RELEASE" }],
    ["no arguments", { ...apply("method"), argumentList: undefined }],
    ["arguments that are no list", { ...apply("method"), argumentList: { length: 0 } }],
    ["an argument that is nothing", { ...apply("method"), argumentList: [null] }],
    [
      "an argument of a handler",
      {
        ...apply("method"),
        argumentList: [raw(1), { type: "HANDLER", name: "proxy", value: {} }],
      },
    ],
    [
      "an argument that throws",
      {
        ...apply("method"),
        argumentList: [{ type: "HANDLER", name: "throw", value: { isError: false, value: 1 } }],
      },
    ],
    ["nothing", undefined],
    ["null", null],
    ["a text", "APPLY"],
    ["an empty object", {}],
  ];
  test.each(forbidden)("%s is dropped: nothing is called, nothing is answered", async (_, body) => {
    expect(await outcomeOf(body)).toEqual({ called: false, replies: 0 });
  });

  test("a forbidden call leaves the others working", async () => {
    const link = new Link({ same: (value: unknown) => value });
    for (const [, body] of forbidden) link.take(body);
    expect(await link.call("same", 1)).toBe(1);
  });

  test("only a method's own name is exposed, also when its object inherits others", async () => {
    const inherited = vi.fn();
    const link = new Link(Object.create({ inherited }));
    link.take(apply("inherited"));
    await turn();
    expect(inherited).not.toHaveBeenCalled();
  });

  test("methods of one name on two links do not mix", async () => {
    const [a, b] = [new Link({ who: () => "a" }), new Link({ who: () => "b" })];
    expect(await Promise.all([b.call("who"), a.call("who")])).toEqual(["b", "a"]);
  });
});
