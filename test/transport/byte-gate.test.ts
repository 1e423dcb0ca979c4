import { describe, expect, test } from "vitest";
import { ByteGate } from "../../src/transport/byte-gate.ts";
import { turn } from "../support/fake-clock.ts";

/** Whether `promise` has settled by the end of this turn. */
async function stateOf(promise: Promise<void>): Promise<string> {
  let state = "pending";
  promise.then(
    () => (state = "resolved"),
    () => (state = "rejected"),
  );
  await turn();
  return state;
}

describe("ByteGate", () => {
  test("is open until what was sent reaches the demand", () => {
    const gate = new ByteGate(10);
    gate.pass(9);
    expect(gate.isOpen).toBe(true);
    gate.pass(1);
    expect(gate.isOpen).toBe(false);
  });

  test("the chunk that crosses the line is counted whole", () => {
    const gate = new ByteGate(10);
    gate.pass(25);
    gate.demand(25);
    expect(gate.isOpen).toBe(false);
    gate.demand(26);
    expect(gate.isOpen).toBe(true);
  });

  test("room is there at once while it is open", async () => {
    expect(await stateOf(new ByteGate(1).room())).toBe("resolved");
  });

  test("room comes with the demand that opens it, for all who wait", async () => {
    const gate = new ByteGate(0);
    const waiting = [gate.room(), gate.room()];
    expect(await Promise.all(waiting.map(stateOf))).toEqual(["pending", "pending"]);
    gate.demand(1);
    expect(await Promise.all(waiting.map(stateOf))).toEqual(["resolved", "resolved"]);
  });

  test("demand that does not open it lets nobody through", async () => {
    const gate = new ByteGate(0);
    gate.pass(10);
    const waiting = gate.room();
    gate.demand(10);
    expect(await stateOf(waiting)).toBe("pending");
  });

  test("demand is never taken back, and repeating it does no harm", () => {
    const gate = new ByteGate(10);
    gate.demand(20);
    gate.demand(5);
    gate.demand(20);
    gate.pass(19);
    expect(gate.isOpen).toBe(true);
    gate.pass(1);
    expect(gate.isOpen).toBe(false);
  });

  test("a negative demand is a closed gate", () => {
    const gate = new ByteGate(-5);
    expect(gate.isOpen).toBe(false);
    gate.demand(1);
    expect(gate.isOpen).toBe(true);
  });

  test("a failure rejects who waits and who comes later, with the first reason", async () => {
    const gate = new ByteGate(0);
    const waiting = gate.room();
    gate.fail("first");
    gate.fail("second");
    await expect(waiting).rejects.toBe("first");
    await expect(gate.room()).rejects.toBe("first");
  });

  test("a failed gate stays failed, whatever is demanded", async () => {
    const gate = new ByteGate(0);
    gate.fail("over");
    gate.demand(100);
    await expect(gate.room()).rejects.toBe("over");
  });
});
