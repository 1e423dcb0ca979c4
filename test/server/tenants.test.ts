import { describe, expect, test } from "vitest";
import type { Script, Supervisor, WorkerOptions } from "../../src/index.ts";
import type { ServerLimits } from "../../src/server/limits.ts";
import { limitsOf } from "../../src/server/limits.ts";
import { Tenants } from "../../src/server/tenants.ts";
import { startScripted } from "../support/supervisors.ts";
import { guarded, toolsOf } from "../support/tools.ts";

type Setting = {
  readonly responses?: Script["responses"];
  readonly limits?: ServerLimits;
  readonly agent?: WorkerOptions;
};

async function open({ responses = [{ text: "done" }], limits = {}, agent = {} }: Setting = {}) {
  const { supervisor } = await startScripted(responses);
  const agents = new Map([["helper", agent]]);
  const tenants = new Tenants({ supervisor, agents, limits: limitsOf(limits), stateKey: "k" });
  return { supervisor, tenants };
}

function namesOf(supervisor: Supervisor): readonly string[] {
  return supervisor
    .inspect()
    .sessions.map(({ name }) => name)
    .filter((name) => !name.startsWith("session-"));
}

const STALLS = [{ stall: true as const }];
const QUESTION = { messages: [{ role: "user", content: "go" }] } as const;

describe("Tenants", () => {
  test("open one session for each tenant, however many ask at once", async () => {
    const { supervisor, tenants } = await open();
    const desks = await Promise.all([1, 2, 3].map(() => tenants.deskOf({ name: "alice" })));
    expect(new Set(desks).size).toBe(1);
    await tenants.deskOf({ name: "__proto__" });
    expect(namesOf(supervisor)).toEqual(["alice", "__proto__"]);
  });

  test("the one that has been idle for longest gives way", async () => {
    const { tenants } = await open({ limits: { sessions: 3 } });
    for (const name of ["alice", "bob", "carol", "alice"]) await tenants.deskOf({ name });
    await tenants.deskOf({ name: "dora" });
    expect(tenants.all.map(({ name }) => name)).toEqual(["carol", "alice", "dora"]);
  });

  test.each([
    ["a worker", (desk: Desk) => void desk.createWorker("helper")],
    ["a job", (desk: Desk) => void desk.answer("helper", QUESTION)],
    ["a stream", (desk: Desk) => void desk.openStream()],
  ])("one with %s does not", async (_, occupy) => {
    const { tenants } = await open({ responses: STALLS, limits: { sessions: 1 } });
    occupy(await tenants.deskOf({ name: "alice" }));
    await expect(tenants.deskOf({ name: "bob" })).rejects.toMatchObject({
      code: "LIMIT_REACHED",
      details: { limit: "sessions", max: 1 },
    });
    expect(tenants.all.map(({ name }) => name)).toEqual(["alice"]);
  });

  test("one that returns while its session ends waits for that, and has another one", async () => {
    const { supervisor, tenants } = await open({ limits: { sessions: 1 } });
    const first = await tenants.deskOf({ name: "alice" });
    // A worker with a thread: there is something to end.
    await first.answer("helper", QUESTION).outcome;
    await tenants.deskOf({ name: "bob" });
    const [second, third] = await Promise.all([
      tenants.deskOf({ name: "alice" }),
      tenants.deskOf({ name: "alice" }),
    ]);
    expect(second).not.toBe(first);
    expect(third).toBe(second);
    expect(namesOf(supervisor)).toContain("alice");
    expect(() => second.createWorker("helper")).not.toThrow();
  });

  test("a session that was closed by others is opened again", async () => {
    const { tenants } = await open();
    const first = await tenants.deskOf({ name: "alice" });
    await first.session.close();
    expect(tenants.all).toEqual([]);
    expect(await tenants.deskOf({ name: "alice" })).not.toBe(first);
  });

  test("while they drain, nothing is begun, and what there is can be read", async () => {
    const { tenants } = await open({ responses: STALLS });
    const desk = await tenants.deskOf({ name: "alice" });
    const worker = desk.createWorker("helper");
    const job = desk.run(worker, { prompt: "go" });
    tenants.drain();
    const draining = expect.objectContaining({ code: "DRAINING" });
    expect(() => desk.createWorker("helper")).toThrow(draining);
    expect(() => desk.run(worker, { prompt: "go" })).toThrow(draining);
    expect(() => desk.answer("helper", QUESTION)).toThrow(draining);
    await expect(tenants.deskOf({ name: "bob" })).rejects.toMatchObject({ code: "DRAINING" });
    expect(await tenants.deskOf({ name: "alice" })).toBe(desk);
    expect(desk.job(job.id).state).not.toBe("cancelled");
    await tenants.close(0);
    expect((await job.outcome).status).toBe("cancelled");
    expect(tenants.all).toEqual([]);
  });

  test("close() waits also for sessions that had to give way", async () => {
    const { supervisor, tenants } = await open({ limits: { sessions: 1 } });
    const desk = await tenants.deskOf({ name: "alice" });
    await desk.answer("helper", QUESTION).outcome;
    await tenants.deskOf({ name: "bob" });
    await tenants.close(0);
    expect(namesOf(supervisor)).toEqual([]);
  });
});

type Desk = Awaited<ReturnType<Tenants["deskOf"]>>;

async function deskOf(setting: Setting = {}): Promise<Desk> {
  const { tenants } = await open(setting);
  return await tenants.deskOf({ name: "alice" });
}

describe("TenantDesk.answer()", () => {
  test("has one conversation after the other answered by the same worker", async () => {
    const desk = await deskOf();
    const first = desk.answer("helper", QUESTION);
    await first.outcome;
    expect(desk.isIdle).toBe(true);
    const second = desk.answer("helper", QUESTION);
    expect(second.worker).toBe(first.worker);
    expect((await second.outcome).status).toBe("completed");
    expect(first.worker.transcript).toEqual([]);
  });

  test("has two at once answered by two", async () => {
    const desk = await deskOf();
    const [one, two] = [desk.answer("helper", QUESTION), desk.answer("helper", QUESTION)];
    expect(one.worker).not.toBe(two.worker);
    await Promise.all([one.outcome, two.outcome]);
  });

  test.each([
    ["options of its own", {}, { approvals: "deny" as const }],
    ["modules of tools, which keep what they like", { tools: [toolsOf("calculator")] }, undefined],
  ])("gives one with %s a worker that ends with its job", async (_, agent, own) => {
    const desk = await deskOf({ agent });
    const job = desk.answer("helper", QUESTION, {}, own);
    await job.outcome;
    await job.worker.stop();
    expect(desk.session.workers.size).toBe(0);
    expect(desk.answer("helper", QUESTION, {}, own).worker).not.toBe(job.worker);
  });

  test("gives host tools no worker of their own", async () => {
    const desk = await deskOf({ agent: guarded([]) });
    const first = desk.answer("helper", QUESTION);
    await first.outcome;
    expect(desk.answer("helper", QUESTION).worker).toBe(first.worker);
  });

  test("a worker that somebody has stopped is not used again", async () => {
    const desk = await deskOf();
    const first = desk.answer("helper", QUESTION);
    await first.outcome;
    await first.worker.stop();
    const second = desk.answer("helper", QUESTION);
    expect(second.worker).not.toBe(first.worker);
    expect((await second.outcome).status).toBe("completed");
  });

  test("workers that wait for a conversation give way to one that is made", async () => {
    const desk = await deskOf({ limits: { workersPerSession: 1 } });
    const first = desk.answer("helper", QUESTION);
    await first.outcome;
    const made = desk.createWorker("helper");
    expect(() => desk.createWorker("helper")).toThrow(
      expect.objectContaining({ code: "LIMIT_REACHED" }),
    );
    expect(made.state).toBe("idle");
    await first.worker.stop();
    expect([...desk.session.workers.keys()]).toEqual([made.id]);
  });

  test("one that is refused leaves no worker behind", async () => {
    const desk = await deskOf({ limits: { jobsPerSession: 1 }, responses: STALLS });
    const job = desk.answer("helper", QUESTION);
    expect(() => desk.answer("helper", QUESTION, {}, { approvals: "deny" })).toThrow(
      expect.objectContaining({
        code: "LIMIT_REACHED",
        details: { limit: "jobsPerSession", max: 1 },
      }),
    );
    await Promise.all(
      [...desk.session.workers.values()]
        .filter(({ id }) => id !== job.worker.id)
        .map((w) => w.stop()),
    );
    expect([...desk.session.workers.keys()]).toEqual([job.worker.id]);
  });
});
