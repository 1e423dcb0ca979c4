import { describe, expect, test } from "vitest";
import type { BehaviorWorker, Session, Supervisor } from "../../src/index.ts";
import { create, reaches } from "../support/behaviours.ts";
import { startScripted } from "../support/supervisors.ts";

const SCRIPT = [{ text: "x" }];
/** So long that a stop that waits for it does not settle within a test. */
const FOR_EVER = { graceMs: 2_000_000_000 };

/** Memory by which a handler says that it has begun. */
function beginning(): { readonly begun: SharedArrayBuffer; readonly seen: () => Promise<unknown> } {
  const begun = new SharedArrayBuffer(4);
  return { begun, seen: async () => await Atomics.waitAsync(new Int32Array(begun), 0, 0).value };
}

/** Asks for what lasts until the worker is to stop; resolves once that has begun. */
async function asked(
  worker: Pick<BehaviorWorker, "ask">,
  name: "poll" | "listen" | "giveUp" | "sleep",
): Promise<{ readonly reply: Promise<unknown> }> {
  const { begun, seen } = beginning();
  const reply = worker.ask(name, { begun }, { timeoutMs: 2_000_000_000 });
  await seen();
  return { reply };
}

describe("a behaviour that is to stop", () => {
  const ends: [string, string, (at: { session: Session; supervisor: Supervisor }) => unknown][] = [
    ["its session's end", "the session was closed", ({ session }) => session.close({ drainMs: 0 })],
    [
      "its supervisor's end",
      "the session was closed",
      ({ supervisor }) => supervisor.close({ drainMs: 0 }),
    ],
    [
      "its own stop()",
      "the worker was stopped",
      ({ session }) => [...session.workers.values()][0]?.stop(),
    ],
  ];
  test.each(ends)("hears of %s", async (_, reason, end) => {
    const { session, supervisor } = await startScripted(SCRIPT);
    const worker = create(session, "stoppable", { name: "s", ...FOR_EVER });
    expect(await worker.ask("look")).toEqual([false, false]);
    const { reply } = await asked(worker, "listen");
    await end({ session, supervisor });
    expect(await reply).toEqual({
      code: "WORKER_STOPPED",
      message: expect.stringContaining(reason),
      cancelled: true,
    });
    expect(worker.lastFailure).toBeUndefined();
  });

  test("hears of its parent's end, which waits for it", async () => {
    const { session } = await startScripted(SCRIPT);
    const parent = create(session, "social");
    await parent.ask("spawn", { module: "./stoppable.js", name: "child", ...FOR_EVER });
    const child = [...session.workers.values()].find(({ name }) => name === "child");
    const { reply } = await asked(child as BehaviorWorker, "listen");
    await parent.stop();
    expect(await reply).toMatchObject({ message: expect.stringContaining("parent has ended") });
    expect(session.workers.size).toBe(0);
  });

  test("sees it in a loop that never yields, and what it then decides counts", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "stoppable", FOR_EVER);
    const { reply } = await asked(worker, "poll");
    await worker.stop();
    expect(await reply).toEqual([true, false]);
    expect(worker.state).toBe("stopped");
    expect(worker.lastFailure).toBeUndefined();
  });

  test("sees it in start(), and handles nothing any more", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "stoppable", { name: "late", ...FOR_EVER });
    const reply = worker.ask("look", {}, { timeoutMs: 2_000_000_000 });
    const another = create(session, "stoppable");
    await another.ask("look");
    await worker.stop();
    await expect(reply).rejects.toMatchObject({ code: "WORKER_STOPPED" });
    expect(worker.lastFailure).toBeUndefined();
  });

  test.each(["giveUp", "sleep"] as const)("may give up: %s is no crash", async (name) => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "stoppable", FOR_EVER);
    const { reply } = await asked(worker, name);
    const rejected = expect(reply).rejects.toMatchObject({ code: "WORKER_STOPPED" });
    await worker.stop();
    await rejected;
    expect(worker.lastFailure).toBeUndefined();
  });

  test("and does not listen loses its thread, and its asker hears that it was stopped", async () => {
    const { session } = await startScripted(SCRIPT);
    const worker = create(session, "faulty", { graceMs: 20 });
    const reply = worker.ask("spin", undefined, { timeoutMs: 2_000_000_000 });
    await reaches(worker, "working");
    const rejected = expect(reply).rejects.toMatchObject({ code: "WORKER_STOPPED" });
    await worker.stop();
    await rejected;
  });
});

test("a restarted behaviour does not think that it is to stop", async () => {
  const { session } = await startScripted(SCRIPT);
  const parent = create(session, "social", { restart: { backoff: { initialMs: 1, maxMs: 1 } } });
  await parent.ask("spawn", { module: "./stoppable.js", name: "child" });
  await parent.tell("crash");
  await parent.ask("spawn", { module: "./stoppable.js", name: "child" });
  expect(await parent.ask("ask", { to: "child", name: "look" })).toEqual([false, false]);
});
