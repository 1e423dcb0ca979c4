import { describe, expect, expectTypeOf, test } from "vitest";
import { become, defineBehavior, stop } from "../../src/actors/api.ts";
import type { BehaviorWorker, Session } from "../../src/index.ts";

const behavior = defineBehavior({
  start: (_ctx) => 0,
  receive: {
    add: (count, message: { n: number }, _ctx) => become(count + message.n),
    get: (count) => become(count, { reply: count }),
    later: async (count, message: { text: string }) => become(count, { reply: [message.text] }),
    either: (count, message: boolean) =>
      message ? become(count, { reply: "on" }) : stop("normal", { reply: 0 }),
  },
});

type Counter = typeof behavior;

describe("the types of a behaviour", () => {
  test("type who calls it", () => {
    type Ask<K extends string> = Extract<K, keyof Counter["receive"]>;
    const check = (worker: BehaviorWorker<Counter>) => {
      expectTypeOf(worker.ask("get", {}, { timeoutMs: 1 })).toEqualTypeOf<Promise<number>>();
      expectTypeOf(worker.ask("get")).toEqualTypeOf<Promise<number>>();
      expectTypeOf(worker.ask("later", { text: "" })).toEqualTypeOf<Promise<string[]>>();
      expectTypeOf(worker.ask("either", true)).toEqualTypeOf<Promise<string | number>>();
      expectTypeOf(worker.ask("add", { n: 1 })).toEqualTypeOf<Promise<undefined>>();
      expectTypeOf(worker.tell("add", { n: 1 })).toEqualTypeOf<Promise<void>>();
      // @ts-expect-error: there is no such handler
      void worker.tell("nope", {});
      // @ts-expect-error: the handler takes a number
      void worker.tell("add", { n: "1" });
      // @ts-expect-error: the handler needs its message
      void worker.tell("add");
    };
    expectTypeOf(check).toBeFunction();
    expectTypeOf<Ask<"get">>().toEqualTypeOf<"get">();
  });

  test("are found by createWorker, and left open without them", () => {
    const check = (session: Session, url: URL) => {
      const counter = session.createWorker<Counter>({ behavior: url });
      expectTypeOf(counter).toEqualTypeOf<BehaviorWorker<Counter>>();
      const open = session.createWorker({ behavior: url });
      expectTypeOf(open.ask("anything", 1)).toEqualTypeOf<Promise<unknown>>();
      // @ts-expect-error: an agent's option
      session.createWorker({ behavior: url, maxSteps: 1 });
      expectTypeOf(session.createWorker({ maxSteps: 1 }).transcript).not.toBeAny();
    };
    expectTypeOf(check).toBeFunction();
  });

  test("know the state", () => {
    defineBehavior({
      start: () => ({ names: ["a"] }),
      receive: {
        // @ts-expect-error: that is not the state
        wrong: (state) => become(state.names),
      },
    });
  });
});

describe("decisions", () => {
  test("are plain data", () => {
    expect(become(1)).toEqual({ type: "become", state: 1, reply: undefined });
    expect(become(1, { reply: 2 })).toEqual({ type: "become", state: 1, reply: 2 });
    expect(stop("normal")).toEqual({ type: "stop", reason: "normal", reply: undefined });
    expect(stop("tired", { reply: 3 })).toEqual({ type: "stop", reason: "tired", reply: 3 });
  });
});
