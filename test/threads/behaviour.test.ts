import { describe, expect, test } from "vitest";
import { startScripted } from "../support/supervisors.ts";

const COUNTER = new URL("../fixtures/behaviours/counter.js", import.meta.url);
type Counter = typeof import("../fixtures/behaviours/counter.ts").behavior;

describe("a behaviour", () => {
  test("handles messages one after the other and replies to who asks", async () => {
    const { session } = await startScripted([{ text: "x" }]);
    const counter = session.createWorker<Counter>({ behavior: COUNTER });
    await counter.tell("add", { n: 1 });
    void counter.tell("add", { n: 2 });
    expect(await counter.ask("get", {}, { timeoutMs: 10_000 })).toBe(3);
    expect(await counter.ask("later", { text: "hi" })).toBe("hi");
  });
});
