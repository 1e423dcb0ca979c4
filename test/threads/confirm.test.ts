import { describe, expect, test } from "vitest";
import type { ToolDecision, WorkerHost } from "../../src/index.ts";
import { collect, startScripted } from "../support/supervisors.ts";
import { callsOf, eventsOf, guarded, Inbox, outcomesOf, toolsOf } from "../support/tools.ts";

const args = { to: "ann", text: "hi" };
const script = callsOf({ name: "send", args });
const answering = (answer: () => unknown): WorkerHost => ({
  getToolConfirmation: async () => (await answer()) as ToolDecision,
});

describe("a call that needs approval", () => {
  test("waits, is shown with its exact arguments, and is carried out once it is approved", async () => {
    const { session } = await startScripted(script);
    const inbox = new Inbox(session);
    const called: unknown[] = [];
    const worker = session.createWorker({ name: "mailer", ...guarded(called) });
    const job = session.run(worker, { prompt: "go" });
    const request = await inbox.next();
    expect(request).toEqual({
      confirmationId: expect.any(String),
      jobId: job.id,
      workerId: worker.id,
      workerName: "mailer",
      toolCallId: "call_0_0",
      toolName: "send",
      args,
    });
    expect([worker.state, called]).toEqual(["awaiting-confirmation", []]);
    expect([...session.confirmations.keys()]).toEqual([request.confirmationId]);
    session.decide(request.confirmationId, { approve: true });
    expect(session.confirmations.size).toBe(0);
    await job.wait();
    expect(called).toEqual([args]);
    const types = (await collect(job.events())).map((event) =>
      event.type === "state" ? event.state : event.type,
    );
    expect(types.filter((type) => type !== "chunk")).toEqual([
      "started",
      "working",
      "response",
      "confirmation-requested",
      "awaiting-confirmation",
      "confirmation-decided",
      "working",
      "tool-started",
      "tool-finished",
      "response",
      "completed",
    ]);
  });

  test.each([
    ["approved", { approve: true }, [args], "sent"],
    ["edited", { edit: { to: "bob" } }, [{ to: "bob" }], "sent"],
    ["denied", { deny: "not today" }, [], expect.stringContaining("not today")],
  ] as const)("%s by the job's host", async (decision, answer, calls, result) => {
    const { session } = await startScripted(script);
    const called: unknown[] = [];
    const job = session.run(guarded(called), { prompt: "go" }, { host: answering(() => answer) });
    expect((await job.wait()).text).toBe("done");
    expect(called).toEqual(calls);
    expect(await outcomesOf(job)).toMatchObject([{ result, isError: decision === "denied" }]);
    expect(await eventsOf(job, "confirmation-decided")).toMatchObject([{ decision, by: "host" }]);
  });

  test("is denied, with the reason, when nobody is there to answer", async () => {
    const { session } = await startScripted(script);
    const called: unknown[] = [];
    const job = session.run(guarded(called), { prompt: "go" });
    await job.wait();
    expect(called).toEqual([]);
    const [outcome] = await outcomesOf(job);
    expect(outcome).toMatchObject({ isError: true, error: { code: "TOOL_DENIED" } });
    expect(outcome?.result).toContain("nobody is there");
  });

  test("waits for who sees it in the log, and decides at once", async () => {
    const { session } = await startScripted(script);
    const called: unknown[] = [];
    const job = session.run(guarded(called), { prompt: "go" });
    for await (const event of job.events()) {
      if (event.type === "confirmation-requested") {
        session.decide(event.confirmationId, { approve: true });
      }
    }
    expect(called).toEqual([args]);
  });

  test.each([
    ["allow", [args], undefined],
    ["deny", [], "TOOL_DENIED"],
  ] as const)("with approvals %s nobody is asked", async (approvals, calls, code) => {
    const { session } = await startScripted(script);
    const called: unknown[] = [];
    const host = answering(() => {
      throw new Error("asked");
    });
    const job = session.run({ ...guarded(called), approvals }, { prompt: "go" }, { host });
    await job.wait();
    expect(called).toEqual(calls);
    expect((await outcomesOf(job))[0]?.error?.code).toBe(code);
  });

  test("is asked about only where the tool's rule says so, and not carried out when the rule throws", async () => {
    const { session } = await startScripted([
      { toolCalls: ["ann", "bob", "eve"].map((to) => ({ name: "send", args: { to } })) },
      { text: "done" },
    ]);
    const called: unknown[] = [];
    const asked: unknown[] = [];
    const needsApproval = ({ to }: { to: string }) => {
      if (to === "eve") throw new Error("no rule");
      return to === "bob";
    };
    const host: WorkerHost = {
      getToolConfirmation: async (_, request) => {
        asked.push(request.args);
        return { approve: true };
      },
    };
    const job = session.run(guarded(called, { needsApproval }), { prompt: "go" }, { host });
    await job.wait();
    expect(asked).toEqual([{ to: "bob" }]);
    expect(called).toEqual([{ to: "ann" }, { to: "bob" }]);
    const failed = (await outcomesOf(job)).filter(({ isError }) => isError);
    expect(failed).toMatchObject([{ result: expect.stringContaining("no rule") }]);
  });

  test("of a tool in the worker's thread is checked before anybody is asked", async () => {
    const { session } = await startScripted(
      callsOf(
        { name: "divide", args: { a: 1, b: 0 } },
        { name: "divide", argumentsText: '{"a":1' },
      ),
    );
    const inbox = new Inbox(session);
    const job = session.run({ tools: [toolsOf("calculator")] }, { prompt: "go" });
    const outcomes = await outcomesOf(job);
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      "TOOL_ARGUMENTS_INVALID",
      "TOOL_ARGUMENTS_INVALID",
    ]);
    expect(await eventsOf(job, "confirmation-requested")).toEqual([]);
    void inbox;
  });
});

describe("an edit", () => {
  test("that the tool's schema does not take is refused, and the call goes on waiting", async () => {
    const { session } = await startScripted(script);
    const inbox = new Inbox(session);
    const called: unknown[] = [];
    const job = session.run(guarded(called), { prompt: "go" });
    const { confirmationId } = await inbox.next();
    const wrong = () => session.decide(confirmationId, { edit: { to: 7, more: true } });
    expect(wrong).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", details: { field: "decision.edit" } }),
    );
    expect(wrong).toThrow(/to: .*number.*; more: is not allowed/);
    session.decide(confirmationId, { edit: { to: "bob" } });
    await job.wait();
    expect(called).toEqual([{ to: "bob" }]);
  });

  test("that only the tool's own check refuses is not carried out, and the model is told", async () => {
    const { session } = await startScripted(callsOf({ name: "divide", args: { a: 1, b: 2 } }));
    const host = answering(() => ({ edit: { a: 1, b: 0 } }));
    const job = session.run({ tools: [toolsOf("calculator")] }, { prompt: "go" }, { host });
    expect(await outcomesOf(job)).toMatchObject([
      {
        result: expect.stringContaining("must not be 0"),
        error: { code: "TOOL_ARGUMENTS_INVALID" },
      },
    ]);
    expect(await eventsOf(job, "tool-started")).toEqual([]);
  });
});
