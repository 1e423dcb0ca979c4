import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { lastValueFrom } from "rxjs";
import { describe, expect, test } from "vitest";
import type { Session, SessionEvent, WorkerJob } from "../../src/index.ts";
import { startWithActors } from "../support/bare-session.ts";
import { turn } from "../support/fake-clock.ts";
import { GO, QUICK, SLOW, startWithBoth, typesOf } from "../support/families.ts";
import { atWork, collect, firstChunk } from "../support/supervisors.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

describe("a child job", () => {
  test("shows on both handles, in the parent's log, in the session's events and in inspect()", async () => {
    const { supervisor, session } = await startWithBoth();
    const seen: SessionEvent[] = [];
    session.events$.subscribe((event) => seen.push(event));
    const parent = session.run(SLOW, GO, { id: "parent" });
    await firstChunk(parent);
    const child = session.run(QUICK, GO, { id: "child", parent });
    expect([child.parent, child.parentId]).toEqual([parent, "parent"]);
    expect([...parent.children]).toEqual([["child", child]]);
    expect([parent.parent, parent.parentId]).toEqual([undefined, undefined]);
    expect(supervisor.inspect().sessions[0]?.jobs).toMatchObject([
      { id: "parent", parentId: undefined },
      { id: "child", parentId: "parent" },
    ]);
    expect((await child.wait()).text).toBe("done");
    expect([child.parent, child.parentId]).toEqual([undefined, "parent"]);
    expect(parent.children.size).toBe(0);
    expect(parent.state).toBe("running");
    await parent.cancel();
    const workerId = child.worker.id;
    const log = await collect(parent.events());
    expect(log.filter(({ type }) => type.startsWith("child"))).toMatchObject([
      { type: "child-started", jobId: "child", workerId },
      { type: "child-settled", jobId: "child", workerId, status: "completed" },
    ]);
    expect(seen).toContainEqual({
      type: "job-queued",
      jobId: "child",
      workerId,
      parentId: "parent",
    });
    expect(seen.flatMap((event) => (event.type === "job-event" ? [event.event.type] : []))).toEqual(
      expect.arrayContaining(["child-started", "child-settled"]),
    );
  });

  test("is named by its parent's id as well, and can be run before the parent has begun", async () => {
    const { session } = await startWithBoth();
    const parent = session.run(SLOW, GO, { id: "parent" });
    const child = session.run(QUICK, GO, { parent: "parent" });
    expect(child.parent).toBe(parent);
    expect((await child.wait()).text).toBe("done");
    await parent.cancel();
  });

  test("waits its turn behind another child on the same worker, and knows its answer", async () => {
    const { session } = await startWithBoth();
    const parent = session.run(SLOW, GO);
    const helper = session.createWorker(QUICK);
    const children = [1, 2].map(() => session.run(helper, GO, { parent }));
    for (const child of children) expect((await child.wait()).text).toBe("done");
    expect(helper.transcript).toHaveLength(4);
    await parent.cancel();
  });

  test("can be each job of a batch", async () => {
    const { session } = await startWithBoth();
    const parent = session.run(SLOW, GO);
    const batch = await collect(session.runAll([GO, GO, GO], { worker: QUICK, parent }));
    expect(batch.map(({ job }) => job.parentId)).toEqual(Array(3).fill(parent.id));
    expect(batch.map(({ outcome }) => outcome.status)).toEqual(Array(3).fill("completed"));
    await parent.cancel();
  });
});

describe("the end of a parent", () => {
  /** A parent, its child, and the child's child, all of which have begun. */
  async function family(session: Session, parentOptions = {}) {
    const parent = session.run(SLOW, GO, { id: "parent", ...parentOptions });
    const child = session.run(SLOW, GO, { id: "child", parent });
    const grandchild = session.run(SLOW, GO, { id: "grandchild", parent: child });
    await Promise.all([parent, child, grandchild].map(firstChunk));
    return { parent, child, grandchild };
  }

  test("cancels all below it, and settles after them, by a reason that names its own", async () => {
    const { session, supervisor } = await startWithBoth();
    const { parent, child, grandchild } = await family(session);
    const order: string[] = [];
    for (const job of [parent, child, grandchild]) void job.outcome.then(() => order.push(job.id));
    const cancelled = parent.cancel("user left");
    expect([child.state, grandchild.state]).toEqual(["cancelling", "cancelling"]);
    await cancelled;
    expect(order).toEqual(["grandchild", "child", "parent"]);
    const reasonOf = async (job: typeof child) => (await job.outcome).error?.details["reason"];
    expect(await reasonOf(child)).toBe("its parent was cancelled: user left");
    expect(await reasonOf(grandchild)).toBe(
      "its parent was cancelled: its parent was cancelled: user left",
    );
    expect(typesOf(await collect(parent.events())).slice(-2)).toEqual([
      "child-settled",
      "cancelled",
    ]);
    expect(supervisor.inspect().gateways[0]?.calls).toBe(0);
  });

  test("by its deadline cancels them too", async () => {
    const { session } = await startWithBoth();
    const parent = session.run(SLOW, GO, { timeouts: { totalMs: 300 } });
    const child = session.run(SLOW, GO, { parent });
    await expect(parent.wait()).rejects.toMatchObject({ code: "JOB_TIMEOUT" });
    const { error } = await child.outcome;
    expect(error?.details["reason"]).toMatch(/^its parent failed: the job took longer than 300 ms/);
  });

  test("by completing cancels them, and is written when they have ended", async () => {
    const { session } = await startWithBoth();
    const parent = session.run(QUICK, GO);
    const child = session.run(SLOW, GO, { parent });
    expect((await parent.wait()).text).toBe("done");
    expect((await child.outcome).error).toMatchObject({
      code: "JOB_CANCELLED",
      details: { reason: "its parent has completed" },
    });
    expect(typesOf(await collect(parent.events())).slice(-2)).toEqual([
      "child-settled",
      "completed",
    ]);
  });

  test("by a crash that is not restarted cancels them", async () => {
    const { session } = await startWithActors("crash");
    const parent = session.run({ restart: { policy: "never" } }, GO);
    const backoff = { initialMs: 600_000, maxMs: 600_000 };
    const child = session.run({ restart: { backoff } }, GO, { parent });
    await expect(parent.wait()).rejects.toMatchObject({ code: "ACTOR_CRASHED" });
    expect((await child.outcome).error?.details["reason"]).toMatch(/^its parent failed: /);
  });

  test("waits for the ladder of a child that does not listen", async () => {
    const { session } = await startWithActors("deaf");
    const parent = session.run({ graceMs: 0 }, GO);
    const child = session.run({ graceMs: 80 }, GO, { parent });
    await Promise.all([parent, child].map(atWork));
    const { afterMs } = await parent.cancel();
    expect(afterMs).toBeGreaterThanOrEqual(75);
    expect(child.state).toBe("cancelled");
  });

  test.each<[string, (session: Session, job: { worker: { stop(): Promise<void> } }) => unknown]>([
    ["its worker is stopped", (_, { worker }) => worker.stop()],
    ["its session is closed", (session) => session.close({ drainMs: 0 })],
  ])("comes when %s, and takes its children with it", async (_, end) => {
    const { session } = await startWithBoth();
    const { parent, child, grandchild } = await family(session);
    await end(session, parent);
    expect([parent, child, grandchild].map(({ state }) => state)).toEqual(
      Array(3).fill("cancelled"),
    );
  });

  test("comes when its signal aborts, and takes its children with it", async () => {
    const { session } = await startWithBoth();
    const abort = new AbortController();
    const { parent, grandchild } = await family(session, { signal: abort.signal });
    abort.abort("no more");
    await parent.outcome;
    expect(grandchild.state).toBe("cancelled");
  });

  test("leaves a queued one waiting for its children, and the worker goes on after that", async () => {
    const { session } = await startWithBoth();
    const worker = session.createWorker(SLOW);
    const first = session.run(worker, GO);
    const parent = session.run(worker, GO);
    const child = session.run(SLOW, GO, { parent });
    const last = session.run(worker, GO, { model: { name: "other" } });
    await Promise.all([first, child].map(firstChunk));
    const cancelled = parent.cancel();
    expect([parent.state, child.state]).toEqual(["cancelling", "cancelling"]);
    await cancelled;
    expect([parent.state, child.state]).toEqual(["cancelled", "cancelled"]);
    expect(typesOf(await collect(parent.events()))).toEqual([
      "child-started",
      "child-settled",
      "cancelled",
    ]);
    await first.cancel();
    await firstChunk(last);
    await last.cancel();
    expect(worker.state).toBe("idle");
  });

  test("that has begun cancels a child that comes then, before it begins", async () => {
    const { session, permits } = await startWithActors("deaf");
    const parent = session.run({ graceMs: 100 }, GO);
    await atWork(parent);
    const cancelled = parent.cancel("enough");
    const held = permits.held;
    const child = session.run({}, GO, { parent });
    expect(child.state).toBe("queued");
    expect((await child.outcome).error?.details["reason"]).toBe("its parent was cancelled: enough");
    expect(typesOf(await collect(child.events()))).toEqual(["cancelled"]);
    expect(permits.held).toBe(held);
    await cancelled;
  });
});

describe("a family that has ended", () => {
  test("does not keep its members in memory for each other", async () => {
    const { session } = await startWithBoth({ keepSettled: { count: 0 } });
    const kept = { parent: [] as WorkerJob[], child: [] as WorkerJob[] };
    const lost: WeakRef<WorkerJob>[] = [];
    // In a function of its own: its variables are gone with it.
    const run = async (keep: "parent" | "child") => {
      const parent = session.run(SLOW, GO);
      const child = session.run(QUICK, GO, { parent });
      await child.wait();
      await parent.cancel();
      const stopped = { defaultValue: "stopped" };
      for (const { worker } of [parent, child]) await lastValueFrom(worker.state$, stopped);
      kept[keep].push(keep === "parent" ? parent : child);
      lost.push(new WeakRef(keep === "parent" ? child : parent));
    };
    await run("parent");
    await run("child");
    // What was looked at in a turn is kept until its end.
    do {
      await turn();
      collectGarbage();
    } while (lost.some((ref) => ref.deref()));
    expect(kept.parent.map(({ state }) => state)).toEqual(["cancelled"]);
    expect(kept.child.map(({ state }) => state)).toEqual(["completed"]);
  });
});
