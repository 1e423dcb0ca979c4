import { describe, expect, test } from "vitest";
import type { SupervisorSession } from "../../src/supervisor/supervisor-session.ts";
import type { Action, WorkerPlan } from "./commands.ts";
import { finish, runSchedule } from "./run-schedule.ts";
import { CALLS, playing, RUN, STALLS, schedule, worker } from "./short-schedules.ts";
import { SimActor } from "./sim-actor.ts";
import type { SimThread } from "./sim-thread.ts";
import { Simulation } from "./simulation.ts";

/* What random schedules have found, in the fewest words; these do not depend on the seed. */

describe("a schedule that once broke a promise", () => {
  test("close() waited for ever for a spare that could not be ended", async () => {
    const { events } = await runSchedule(
      schedule([{ type: "actor", thread: 0, does: "cannot be ended" }], { spare: 1 }),
    );
    expect(events.at(-1)?.type).toBe("thread-stuck");
  });

  test("a job waited for ever for its worker's parked thread, which could not be ended", async () => {
    const { jobs } = await runSchedule(
      schedule([
        worker({ parkAfterMs: 50 }),
        RUN,
        { type: "actor", thread: 0, does: "cannot be ended" },
        { type: "pass", ms: 60 },
        RUN,
      ]),
    );
    expect(jobs.map(({ outcome }) => outcome?.status)).toEqual(["completed", "completed"]);
  });

  test("a job went on for ever in an unresponsive thread that could not be ended", async () => {
    const { jobs } = await runSchedule(
      schedule([
        worker({ whenUnresponsive: "kill" }),
        RUN,
        { type: "actor", thread: 0, does: "cannot be ended" },
        { ...RUN, plan: CALLS },
        { type: "pass", ms: 2_000 },
      ]),
    );
    expect(jobs[1]?.outcome?.error?.code).toBe("THREAD_STUCK");
  });

  test("a run that interrupts the only job of a worker that closes with it held a thread for ever", async () => {
    const { jobs } = await runSchedule(
      schedule([worker({ whenBusy: "interrupt" }), { ...RUN, worker: undefined }, RUN], {
        commands: [
          { action: worker({ whenBusy: "interrupt" }), turns: 0 },
          { action: { ...RUN, worker: undefined }, turns: 0 },
          { action: RUN, turns: 0 },
        ],
      }),
    );
    expect(jobs.map(({ outcome }) => outcome?.status)).toEqual(["cancelled"]);
  });

  test("a worker that a subscriber stopped began the job that it was told of", async () => {
    const simulation = new Simulation(schedule([]));
    await simulation.start();
    await simulation.perform(worker(), 1);
    simulation.sessions[0]?.session.events$.subscribe(({ type }) => {
      if (type === "job-queued") void simulation.workers[0]?.worker.stop();
    });
    await simulation.perform(RUN, 1);
    expect(simulation.jobs[0]?.outcome?.status).toBe("cancelled");
    await finish(simulation);
  });

  test("a cancel waited for a restart that hung", async () => {
    const { jobs } = await runSchedule(
      schedule([
        worker(),
        RUN,
        { type: "actor", thread: 0, does: "spins" },
        { ...RUN, plan: CALLS },
        { type: "next-thread", kind: "actor", fault: "hangs" },
        { type: "actor", thread: 0, does: "throws" },
        { type: "pass", ms: 10 },
        { type: "cancel", job: 0 },
        { type: "pass", ms: 1_000 },
      ]),
    );
    expect(jobs[1]?.outcome?.status).toBe("cancelled");
  });

  test("a worker failed of a death that came right after its job's own end", async () => {
    const simulation = new Simulation(schedule([]));
    const { world, workers } = simulation;
    const plan = [...CALLS, ...CALLS];
    await simulation.start();
    await simulation.perform(worker({ policy: "never", maxSteps: 2 }), 1);
    await simulation.perform({ ...RUN, plan }, 1);
    const jobOf = ({ body }: SimThread) => (body instanceof SimActor ? body.jobId : undefined);
    const isAtWork = () => world.living("actor").some(jobOf);
    while (!isAtWork()) await world.step();
    while (isAtWork()) await world.step();
    // What the actor has sent last is still on its way.
    world.living("actor")[0]?.die({ exitCode: 7, error: undefined });
    world.threads.find(({ kind }) => kind === "actor")?.exited();
    await finish(simulation);
    expect(workers[0]?.states).not.toContain("failed");
  });

  test("a model call that had failed was made again when the actor died before it could say so", async () => {
    const { jobs, world } = await runSchedule(
      schedule([
        worker(),
        { ...RUN, plan: [...CALLS, ...STALLS] },
        { type: "actor", thread: 0, does: "spins" },
        { type: "gateway", thread: 1, does: "dies" },
        { type: "actor", thread: 0, does: "throws" },
      ]),
    );
    expect(jobs[0]?.outcome?.error?.code).toBe("GATEWAY_LOST");
    expect(world.requests).toHaveLength(2);
  });
});

const HANGS: Action = { type: "next-thread", kind: "actor", fault: "hangs" };
const DIES: Action = { type: "next-thread", kind: "actor", fault: "dies" };

describe("a run that interrupts what its parent waits for", () => {
  test("is refused when the parent ends of it, and leaves no orphan", async () => {
    const simulation = await playing([]);
    const session = simulation.sessions[0]?.session as SupervisorSession;
    const input = { prompt: "[]" };
    const interrupted = session.createWorker({ provider: "shared", whenBusy: "interrupt" });
    const first = session.run(interrupted, input);
    // It closes with its job, which ends with the first one.
    const closing = session.run({ provider: "shared" }, input, { parent: first });
    const parent = session.run(closing.worker, input);
    const again = () => session.run(interrupted, input, { parent });
    expect(again).toThrow(expect.objectContaining({ code: "JOB_SETTLED" }));
    expect(session.jobs.size).toBe(0);
    await finish(simulation);
  });
});

describe("a thread that hangs at its start", () => {
  test("is ended at once when the job that wanted it is cancelled", async () => {
    const simulation = await playing([worker(), HANGS, RUN, { type: "cancel", job: 0 }]);
    expect(simulation.supervisor.inspect().threads.held).toBe(0);
    expect(simulation.jobs[0]?.outcome?.status).toBe("cancelled");
    expect(simulation.workers[0]?.states).toEqual(["idle"]);
    await finish(simulation);
  });

  test("is kept for the worker's next job, and ended with that", async () => {
    const simulation = await playing([worker(), HANGS, RUN, RUN, { type: "cancel", job: 1 }]);
    expect(simulation.supervisor.inspect().threads.held).toBe(1);
    await simulation.perform({ type: "cancel", job: 0 }, 100);
    expect(simulation.supervisor.inspect().threads.held).toBe(0);
    await finish(simulation);
  });
});

describe("a worker's first thread that does not start", () => {
  const actions = (plan: Partial<WorkerPlan>, ...starts: Action[]) =>
    schedule([worker(plan), ...starts, RUN, { type: "pass", ms: 1_000 }]);

  test("is followed by another, by the restart policy", async () => {
    const throws: Action = { type: "next-thread", kind: "actor", fault: "throws" };
    const { jobs, workers } = await runSchedule(actions({}, DIES, throws));
    const restarts = jobs[0]?.observed.filter(({ type }) => type === "restarted");
    expect(restarts).toMatchObject([{ attempt: 2, failure: { code: "ACTOR_START_FAILED" } }]);
    expect(jobs[0]?.outcome?.status).toBe("completed");
    expect(workers[0]?.states).toEqual([
      "idle",
      "restarting",
      "restarting",
      "working",
      "idle",
      "stopped",
    ]);
  });

  test.each([
    ["ACTOR_START_FAILED", { policy: "never" }],
    ["RESTART_LIMIT", { maxRestarts: 1 }],
  ] as const)("fails the job with %s, and the worker, for %j", async (code, plan) => {
    const { jobs, workers } = await runSchedule(actions(plan, DIES, DIES));
    expect(jobs[0]?.outcome?.error).toMatchObject({ code });
    expect(workers[0]?.states).toContain("failed");
  });
});

describe("a child", () => {
  const PONDERS: Action = { type: "actor", thread: 0, does: "ponders" };
  const STALLING = { ...RUN, plan: STALLS, worker: undefined };
  const THINKING = { ...RUN, plan: CALLS };
  /** Two threads: a parent has one, a job that thinks the other, on the worker of the latest `worker()`. */
  const CROWDED: readonly Action[] = [
    worker(),
    STALLING,
    worker(),
    { ...RUN, worker: 0 },
    PONDERS,
    { ...THINKING, worker: 0 },
  ];

  test("that has its turn behind a job does not wait for a thread with it, nor comes when that waits", async () => {
    const simulation = await playing([...CROWDED, { ...RUN, worker: 0, parent: 1 }], {
      maxThreads: 2,
    });
    const { jobs, sessions } = simulation;
    const [parent, , ahead, child] = jobs;
    expect(child?.job).toMatchObject({ state: "queued", parentId: parent?.job.id });
    await simulation.perform(STALLING, 100);
    await simulation.perform({ type: "actor", thread: 0, does: "throws" }, 100);
    await simulation.perform({ type: "pass", ms: 50 }, 100);
    expect(ahead?.observed.at(-1)).toMatchObject({ type: "waiting", for: "thread" });
    expect(child?.outcome?.error?.code).toBe("OVERLOADED");
    const again = () =>
      sessions[0]?.session.run(
        ahead?.job.worker ?? {},
        { prompt: "[]" },
        { parent: parent?.job.id as string },
      );
    expect(again).toThrow(expect.objectContaining({ code: "OVERLOADED" }));
    await finish(simulation);
  });

  test("that its parent waits for at its end leaves the parent's thread to others", async () => {
    const thinking: readonly Action[] = [worker(), RUN, PONDERS, THINKING];
    const child = { ...STALLING, plan: [...CALLS, ...STALLS], parent: 0 };
    const simulation = await playing(
      [...thinking, child, { type: "actor", thread: 0, does: "spins" }],
      { maxThreads: 2 },
    );
    const { world, jobs } = simulation;
    const [, parent, ended] = jobs;
    for (const { body } of world.threads) if (body instanceof SimActor) body.isPondering = false;
    await simulation.perform({ type: "pass", ms: 0 }, 100);
    expect([parent?.job.state, ended?.job.state]).toEqual(["running", "cancelling"]);
    await simulation.perform({ ...RUN, worker: undefined }, 100);
    expect(jobs.at(-1)?.outcome?.status).toBe("completed");
    expect(parent?.outcome).toBeUndefined();
    await finish(simulation);
    expect(parent?.outcome?.status).toBe("completed");
  });
});
