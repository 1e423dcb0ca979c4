import { describe, expect, test } from "vitest";
import type { ToolDecision, WorkerHost } from "../../src/index.ts";
import { startScripted } from "../support/supervisors.ts";
import { callsOf, eventsOf, guarded, Inbox, outcomesOf } from "../support/tools.ts";

type Decision = Pick<ToolDecision, "remember"> & ({ approve: true } | { deny: string });

const args = { to: "ann", text: "hi" };
const script = callsOf({ name: "send", args });
const answering = (answer: () => unknown): WorkerHost => ({
  getToolConfirmation: async () => (await answer()) as ToolDecision,
});

describe("two who answer", () => {
  test("the first counts, and the other is told that nothing waits any more", async () => {
    const { session } = await startScripted(script);
    const called: unknown[] = [];
    const aborted = Promise.withResolvers<void>();
    const late = Promise.withResolvers<ToolDecision>();
    const host: WorkerHost = {
      getToolConfirmation: (_, request, signal) => {
        signal.addEventListener("abort", () => aborted.resolve());
        session.decide(request.confirmationId, { deny: "no" });
        expect(() => session.decide(request.confirmationId, { approve: true })).toThrow(
          expect.objectContaining({ code: "UNKNOWN_CONFIRMATION" }),
        );
        return late.promise;
      },
    };
    const job = session.run(guarded(called), { prompt: "go" }, { host });
    await aborted.promise;
    late.resolve({ approve: true });
    await job.wait();
    expect(called).toEqual([]);
    expect(await eventsOf(job, "confirmation-decided")).toMatchObject([
      { decision: "denied", by: "session", reason: "no" },
    ]);
  });

  test("an answer after confirmationMs is too late: that nobody answered is no denial", async () => {
    const { session } = await startScripted(script);
    const inbox = new Inbox(session);
    const called: unknown[] = [];
    const timeouts = { confirmationMs: 30 };
    const job = session.run({ ...guarded(called), timeouts }, { prompt: "go" });
    const request = await inbox.next();
    expect(request.expiresAtMs).toBeGreaterThan(Date.now() - 60_000);
    await job.wait();
    expect(() => session.decide(request.confirmationId, { approve: true })).toThrow(
      expect.objectContaining({ code: "UNKNOWN_CONFIRMATION" }),
    );
    expect(called).toEqual([]);
    expect(await outcomesOf(job)).toMatchObject([{ error: { code: "CONFIRMATION_EXPIRED" } }]);
    expect(await eventsOf(job, "confirmation-decided")).toMatchObject([{ decision: "expired" }]);
  });

  test.each([
    ["nothing", undefined],
    ["no kind", {}],
    ["two kinds", { approve: true, deny: "x" }],
    ["approve: false", { approve: false }],
    ["an empty reason", { deny: "" }],
    ["an unknown field", { approve: true, always: true }],
    ["another way to remember", { approve: true, remember: "forever" }],
  ])("%s is no decision", async (_, decision) => {
    const { session } = await startScripted(script);
    const inbox = new Inbox(session);
    const job = session.run(guarded([]), { prompt: "go" });
    const { confirmationId } = await inbox.next();
    expect(() => session.decide(confirmationId, decision as never)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT" }),
    );
    expect(job.state).toBe("running");
    session.decide(confirmationId, { deny: "enough" });
    await job.wait();
  });
});

describe("a decision to be remembered", () => {
  test.each<[string, Decision, string, unknown[]]>([
    ["approves", { approve: true }, "approved", [{ to: "a" }, { to: "b" }, { to: "c" }]],
    ["denies", { deny: "no" }, "denied", []],
  ])(
    "%s the calls of that tool that wait already, each with an event of its own",
    async (...row) => {
      const [, decision, decided, sent] = row;
      const calls = ["a", "b", "c"].map((to) => ({ name: "send", args: { to } }));
      const { session } = await startScripted(
        callsOf(...calls, { name: "post", args: { to: "d" } }),
      );
      const inbox = new Inbox(session);
      const called: unknown[] = [];
      const post = guarded(called, { name: "post" });
      const hostTools = [...guarded(called).hostTools, ...post.hostTools];
      const job = session.run({ name: "clerk", hostTools }, { prompt: "go" });
      const asked = [
        await inbox.next(),
        await inbox.next(),
        await inbox.next(),
        await inbox.next(),
      ];
      const [second, other] = [
        asked.find(({ args }) => Object(args).to === "b"),
        asked.find(({ toolName }) => toolName === "post"),
      ];
      session.decide(second?.confirmationId ?? "", decision, { remember: "session" });
      expect([...session.confirmations.keys()]).toEqual([other?.confirmationId]);
      session.decide(other?.confirmationId ?? "", { deny: "not that" });
      await job.wait();
      expect(called).toHaveLength(sent.length);
      expect(called).toEqual(expect.arrayContaining(sent));
      const events = await eventsOf(job, "confirmation-decided");
      expect(events.filter(({ toolName }) => toolName === "send")).toMatchObject([
        { decision: decided, by: "session" },
        { decision: decided, by: "remembered" },
        { decision: decided, by: "remembered" },
      ]);
    },
  );

  test("says nothing of the calls of a worker of another name", async () => {
    const { session } = await startScripted([...script, ...script]);
    const inbox = new Inbox(session);
    const called: unknown[] = [];
    const jobs = ["ann", "ben"].map((name) =>
      session.run({ name, ...guarded(called) }, { prompt: "go" }),
    );
    const asked = [await inbox.next(), await inbox.next()];
    const own = asked.find(({ workerName }) => workerName === "ann");
    session.decide(own?.confirmationId ?? "", { approve: true }, { remember: "session" });
    expect([...session.confirmations.values()]).toMatchObject([{ workerName: "ben" }]);
    await jobs[1]?.cancel();
    await jobs[0]?.wait();
    expect(called).toEqual([args]);
  });

  test.each([
    ["an approval", { approve: true }, ["ann", "ann"]],
    ["a denial", { deny: "never" }, []],
  ] as const)("%s decides for all workers of that name", async (_, decision, calls) => {
    const { session } = await startScripted(script, { repeat: true });
    const called: { to: string }[] = [];
    let asked = 0;
    const host = answering(() => {
      asked += 1;
      return { ...decision, remember: "session" };
    });
    for (let i = 0; i < 2; i++) {
      const worker = session.createWorker({ name: "mailer", ...guarded(called) });
      await session.run(worker, { prompt: "go" }, { host }).wait();
      await worker.stop();
    }
    expect(asked).toBe(1);
    expect(called.map(({ to }) => to)).toEqual(calls);
    const other = session.createWorker({ name: "other", ...guarded(called) });
    await session.run(other, { prompt: "go" }, { host }).wait();
    expect(asked).toBe(2);
  });

  test("an edit is asked about again", async () => {
    const { session } = await startScripted(script, { repeat: true });
    const worker = session.createWorker(guarded([]));
    let asked = 0;
    const host = answering(() => {
      asked += 1;
      return { edit: { to: "bob" }, remember: "session" };
    });
    await session.run(worker, { prompt: "go" }, { host }).wait();
    await session.run(worker, { prompt: "go" }, { host }).wait();
    expect(asked).toBe(2);
  });
});
