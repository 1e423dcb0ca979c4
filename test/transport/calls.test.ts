import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { HeddleError } from "../../src/errors.ts";
import { Caller, threadGone } from "../../src/transport/calls.ts";
import { turn } from "../support/fake-clock.ts";
import { Link } from "./link.ts";

const never = () => new Promise<never>(() => {});
const gone = new HeddleError("ACTOR_CRASHED", "gone", { details: { exitCode: 1 } });

describe("Caller.call()", () => {
  test("gives the arguments to the method and its value back", async () => {
    const link = new Link({ join: (...words: string[]) => words.join(" ") });
    expect(await link.call("join", "a", "b", "c")).toBe("a b c");
  });

  test("arguments and values are clones", async () => {
    const given = { list: [1], when: new Date(0), bytes: new Uint8Array([1]) };
    const link = new Link({ same: async (value: unknown) => value });
    const back = await link.call("same", given);
    expect(back).toEqual(given);
    expect(back).not.toBe(given);
  });

  test("nothing comes back as undefined", async () => {
    const link = new Link({ configure: () => {} });
    expect(await link.call("configure", { a: 1 })).toBeUndefined();
  });

  test("answers that come in another order find their calls", async () => {
    const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const link = new Link({ wait: (i: number) => gates[i]?.promise });
    const calls = [link.call("wait", 0), link.call("wait", 1)];
    gates[1]?.resolve("second");
    gates[0]?.resolve("first");
    expect(await Promise.all(calls)).toEqual(["first", "second"]);
  });

  test("what the method throws keeps its code, details and cause", async () => {
    const thrown = new HeddleError("PROVIDER_AUTH", "no key", {
      details: { status: 401 },
      cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }),
    });
    const link = new Link({ fail: () => Promise.reject(thrown) });
    await expect(link.call("fail")).rejects.toMatchObject({
      name: "HeddleError",
      code: "PROVIDER_AUTH",
      message: "no key",
      details: { status: 401 },
      cause: { message: "refused", code: "ECONNREFUSED" },
    });
  });

  test.each([
    ["an error of its own", new TypeError("odd"), "odd"],
    ["a text", "just a text", "just a text"],
    ["nothing", undefined, "undefined"],
    ["a function", () => {}, "() => {}"],
  ])("a method that throws %s rejects with INTERNAL", async (_, thrown, message) => {
    const link = new Link({
      fail: () => {
        throw thrown;
      },
    });
    await expect(link.call("fail")).rejects.toMatchObject({ code: "INTERNAL", message });
  });

  test("an argument that cannot be cloned rejects the call, and the next one works", async () => {
    const link = new Link({ same: (value: unknown) => value });
    await expect(link.call("same", () => {})).rejects.toMatchObject({
      code: "INTERNAL",
      cause: { name: "DataCloneError" },
    });
    expect(await link.call("same", 1)).toBe(1);
  });

  test("a value that cannot be cloned rejects the call with a HeddleError", async () => {
    const link = new Link({ give: () => () => {} });
    const failure = link.call("give").catch((error: unknown) => error);
    expect(HeddleError.is(await failure)).toBe(true);
    expect(await failure).toMatchObject({ code: "INTERNAL" });
  });
});

describe("Caller.close()", () => {
  test("rejects calls that are under way", async () => {
    const link = new Link({ wait: never });
    const calls = [link.call("wait"), link.call("wait")].map((call) => expect(call).rejects);
    await turn();
    link.cut(gone);
    for (const call of calls) await call.toMatchObject({ code: "ACTOR_CRASHED", message: "gone" });
  });

  test("rejects later calls with the same error, and sends nothing", async () => {
    const link = new Link({ wait: never });
    link.cut(gone);
    await expect(link.call("wait")).rejects.toMatchObject({
      code: "ACTOR_CRASHED",
      details: { exitCode: 1 },
    });
    expect(link.messages).toEqual([]);
  });

  test("the first error counts", async () => {
    const link = new Link({ wait: never });
    const call = expect(link.call("wait")).rejects;
    link.caller.close(gone);
    link.caller.close(threadGone("the thread"));
    await call.toMatchObject({ code: "ACTOR_CRASHED" });
    await expect(link.call("wait")).rejects.toMatchObject({ code: "ACTOR_CRASHED" });
  });

  test("an answer that comes after it is ignored", async () => {
    const gate = Promise.withResolvers<string>();
    const link = new Link({ wait: () => gate.promise });
    const call = expect(link.call("wait")).rejects;
    await turn();
    link.caller.close(gone);
    gate.resolve("late");
    await call.toMatchObject({ code: "ACTOR_CRASHED" });
    await turn();
  });

  test("leaves calls that were answered as they are", async () => {
    const link = new Link({ same: (value: unknown) => value });
    const call = link.call("same", 1);
    await turn();
    link.cut(gone);
    expect(await call).toBe(1);
  });
});

describe("Caller.deliver()", () => {
  test.each([
    undefined,
    null,
    1,
    "text",
    {},
    { id: 1 },
    { id: "unknown", type: "RAW", value: { ok: true, value: 1 } },
    { id: "__proto__" },
  ])("ignores %j, which answers no call", async (body) => {
    const link = new Link({ same: (value: unknown) => value });
    link.caller.deliver(body);
    expect(await link.call("same", 1)).toBe(1);
  });

  test("a second answer to one call is ignored", async () => {
    const link = new Link({ same: (value: unknown) => value });
    expect(await link.call("same", 1)).toBe(1);
    const [, reply] = link.messages;
    link.caller.deliver(reply?.body);
    expect(await link.call("same", 2)).toBe(2);
  });

  const badReplies: readonly (readonly [string, object])[] = [
    ["no value", { type: "RAW" }],
    ["no result", { type: "RAW", value: null }],
    ["an error that is none", { type: "RAW", value: { ok: false, error: null } }],
    ["a type nobody knows", { type: "WHAT" }],
    ["a handler nobody knows", { type: "HANDLER", name: "what", value: 1 }],
    ["comlink's own error", { type: "HANDLER", name: "throw", value: { value: 1 } }],
  ];
  test.each(badReplies)("an answer with %s rejects its call with INTERNAL", async (_, reply) => {
    const sent: { id: string }[] = [];
    const caller = new Caller<{ ask(): void }>(({ body }) => sent.push(body as { id: string }));
    const call = expect(caller.call("ask")).rejects;
    caller.deliver({ id: sent[0]?.id, ...reply });
    await call.toMatchObject({ name: "HeddleError", code: "INTERNAL" });
  });

  test("an answer cannot make this side open a port", async () => {
    const sent: { id: string }[] = [];
    const caller = new Caller<{ ask(): void }>(({ body }) => sent.push(body as { id: string }));
    const call = expect(caller.call("ask")).rejects;
    let isStarted = false;
    const port = { start: () => (isStarted = true), addEventListener: () => {} };
    caller.deliver({ id: sent[0]?.id, type: "HANDLER", name: "proxy", value: port });
    await call.toMatchObject({ code: "INTERNAL" });
    expect(isStarted).toBe(false);
  });
});

describe("threadGone()", () => {
  test("names the thread and keeps the cause", () => {
    const cause = new Error("why");
    expect(threadGone("the gateway", cause)).toMatchObject({
      code: "THREAD_GONE",
      message: "the gateway is gone",
      cause,
    });
  });
});

describe("garbage collection", () => {
  test("does not settle or lose a call that is under way", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const gate = Promise.withResolvers<string>();
    const link = new Link({ wait: () => gate.promise, same: (value: unknown) => value });
    const call = link.call("wait");
    for (let i = 0; i < 5; i++) {
      for (let n = 0; n < 100; n++) await link.call("same", n);
      collect();
      await turn();
    }
    expect(link.messages.every(({ body }) => (body as { type: string }).type !== "RELEASE")).toBe(
      true,
    );
    gate.resolve("still here");
    expect(await call).toBe("still here");
  });
});
