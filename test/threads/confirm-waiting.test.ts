import { describe, expect, test } from "vitest";
import type { ToolDecision, WorkerHost } from "../../src/index.ts";
import { reaches } from "../support/behaviours.ts";
import { startScripted } from "../support/supervisors.ts";
import { callsOf, eventsOf, guarded, Inbox, outcomesOf, toolsOf } from "../support/tools.ts";

const args = { to: "ann", text: "hi" };
const script = callsOf({ name: "send", args });
const answering = (answer: () => unknown): WorkerHost => ({
  getToolConfirmation: async () => (await answer()) as ToolDecision,
});

describe("a host that is asked", () => {
  test.each([
    ["throws", () => Promise.reject(new Error("host broke")), "host broke"],
    [
      "answers with what is no decision",
      () => ({ approved: true }),
      "decision.approved is unknown",
    ],
    ["edits what the tool does not take", () => ({ edit: {} }), "decision.edit is not"],
  ])("and %s fails its own job, and no other", async (_, answer, message) => {
    const { session } = await startScripted(script);
    const called: unknown[] = [];
    const job = session.run(guarded(called), { prompt: "go" }, { host: answering(answer) });
    const bystander = session.run({ ...guarded([]), approvals: "allow" }, { prompt: "go" });
    const error = await job.wait().catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: "HOST_FAILED",
      cause: { message: expect.stringContaining(message) },
    });
    expect(called).toEqual([]);
    await bystander.wait();
  });

  test("and never answers harms only its own job, which a cancel ends: the tool never runs", async () => {
    const { session } = await startScripted(script);
    const called: unknown[] = [];
    const asked = Promise.withResolvers<AbortSignal>();
    const host: WorkerHost = {
      getToolConfirmation: (_, __, signal) => {
        asked.resolve(signal);
        return new Promise(() => {});
      },
    };
    const worker = session.createWorker(guarded(called));
    const job = session.run(worker, { prompt: "go" }, { host });
    const signal = await asked.promise;
    expect(await job.cancel("never mind")).toMatchObject({ how: "cooperative" });
    expect([signal.aborted, called, worker.state]).toEqual([true, [], "idle"]);
    expect(session.confirmations.size).toBe(0);
    expect(await eventsOf(job, "confirmation-decided")).toMatchObject([{ decision: "cancelled" }]);
    expect(worker.transcript.at(-1)).toMatchObject({
      role: "tool",
      isError: true,
      content: expect.stringContaining("cancelled and not carried out"),
    });
  });
});

describe("while somebody is asked", () => {
  test("totalMs stands still", async () => {
    const { session } = await startScripted(script);
    const inbox = new Inbox(session);
    const timeouts = { totalMs: 2_000 };
    const job = session.run({ ...guarded([]), timeouts }, { prompt: "go" });
    const { confirmationId } = await inbox.next();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    session.decide(confirmationId, { approve: true });
    expect(await job.wait()).toMatchObject({ text: "done" });
  });

  test("the worker is parked, and goes on when it is decided", async () => {
    const { session, supervisor } = await startScripted(
      callsOf({ name: "add", args: { a: 1, b: 2 } }, { name: "divide", args: { a: 6, b: 3 } }),
    );
    const inbox = new Inbox(session);
    const worker = session.createWorker({ tools: [toolsOf("calculator")], parkAfterMs: 1 });
    const job = session.run(worker, { prompt: "go" });
    const { confirmationId } = await inbox.next();
    while (supervisor.inspect().threads.held > 0) await new Promise(setImmediate);
    expect(worker.state).toBe("awaiting-confirmation");
    session.decide(confirmationId, { approve: true });
    expect((await job.wait()).text).toBe("done");
    const started = await eventsOf(job, "tool-started");
    expect(started.map(({ toolName }) => toolName).sort()).toEqual(["add", "divide"]);
    expect(await eventsOf(job, "confirmation-requested")).toHaveLength(1);
    expect(await eventsOf(job, "restarted")).toEqual([]);
  });

  test("a parked worker's job is cancelled without a thread", async () => {
    const { session, supervisor } = await startScripted(script);
    const inbox = new Inbox(session);
    const worker = session.createWorker({ ...guarded([]), parkAfterMs: 1 });
    const job = session.run(worker, { prompt: "go" });
    await inbox.next();
    while (supervisor.inspect().threads.held > 0) await new Promise(setImmediate);
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    expect(supervisor.inspect().threads.held).toBe(0);
  });

  test("its thread goes to a job that needs one", async () => {
    const { session } = await startScripted(script, { threads: { max: 1, spare: 0 } });
    const inbox = new Inbox(session);
    const called: unknown[] = [];
    const waiting = session.run(guarded(called), { prompt: "go" });
    const { confirmationId } = await inbox.next();
    const other = session.run({ ...guarded([]), approvals: "deny" }, { prompt: "go" });
    await other.wait();
    session.decide(confirmationId, { approve: true });
    await waiting.wait();
    expect(called).toEqual([args]);
  });

  test("whoever hears of it can cancel the job in the same turn, and nothing is left to decide", async () => {
    const { session } = await startScripted(script);
    new Inbox(session);
    const called: unknown[] = [];
    const job = session.run(guarded(called), { prompt: "go" });
    job.events$.subscribe(({ type }) => {
      if (type === "confirmation-requested") void job.cancel("no");
    });
    expect(await job.outcome).toMatchObject({ status: "cancelled" });
    expect([session.confirmations.size, called]).toEqual([0, []]);
    expect(await eventsOf(job, "confirmation-decided")).toMatchObject([{ decision: "cancelled" }]);
  });

  test.each([
    ["before", 0],
    ["after", 1],
  ])("a cancel in the same turn, %s the approval, wins: the tool never runs", async (_, place) => {
    const { session } = await startScripted(script);
    const inbox = new Inbox(session);
    const called: unknown[] = [];
    const worker = session.createWorker(guarded(called));
    const job = session.run(worker, { prompt: "go" });
    const { confirmationId } = await inbox.next();
    const acts = [() => session.decide(confirmationId, { approve: true })];
    acts.splice(place, 0, () => void job.cancel("no"));
    const decided = acts.map((act) => {
      try {
        return act();
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    expect(decided).toEqual(
      place === 0 ? [undefined, "UNKNOWN_CONFIRMATION"] : [undefined, undefined],
    );
    expect(await job.outcome).toMatchObject({ status: "cancelled" });
    expect([called, session.confirmations.size]).toEqual([[], 0]);
    expect(await outcomesOf(job)).toMatchObject([
      { isError: true, error: { code: "JOB_CANCELLED" } },
    ]);
    expect(worker.transcript.at(-1)).toMatchObject({ role: "tool", isError: true });
  });

  test("closing the session ends it", async () => {
    const { session } = await startScripted(script);
    const inbox = new Inbox(session);
    const worker = session.createWorker(guarded([]));
    const job = session.run(worker, { prompt: "go" });
    await Promise.all([inbox.next(), reaches(worker, "awaiting-confirmation")]);
    await session.close({ drainMs: 0 });
    expect(await job.outcome).toMatchObject({ status: "cancelled" });
  });
});
