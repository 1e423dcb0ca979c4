import { describe, expect, test } from "vitest";
import type { Action, Schedule, WorkerPlan } from "./commands.ts";
import { finish, runSchedule } from "./run-schedule.ts";
import { SimActor } from "./sim-actor.ts";
import type { SimThread } from "./sim-thread.ts";
import { Simulation } from "./simulation.ts";

/* What random schedules have found, in the fewest words; these do not depend on the seed. */

const WORKER: WorkerPlan = {
  graceMs: 100,
  killMs: 100,
  windowBytes: 1_000,
  maxOutputBytes: 100_000,
  maxSteps: 20,
  parkAfterMs: 1_000,
  whenBusy: "enqueue",
  whenUnresponsive: "report",
  provider: "shared",
  policy: "on-failure",
  maxRestarts: 3,
  withinMs: 1_000,
  initialMs: 1,
};

const RUN: Extract<Action, { type: "run" }> = {
  type: "run",
  worker: 0,
  plan: [],
  totalMs: undefined,
  id: "random",
  signal: "none",
  host: "none",
  reader: "none",
};

const STALLS = [{ chunks: [12], toolCalls: 0, end: "stalls", isDeaf: false }] as const;

/** Everything that can happen has happened before the next action. */
function schedule(actions: readonly Action[], options: Partial<Schedule> = {}): Schedule {
  return {
    seed: 1,
    isEager: true,
    maxThreads: 10,
    spare: 0,
    queue: 100,
    gateways: 1,
    limits: {},
    commands: actions.map((action) => ({ action, turns: 100 })),
    ...options,
  };
}

function worker(options: Partial<WorkerPlan> = {}): Action {
  return { type: "create-worker", session: 0, worker: { ...WORKER, ...options } };
}

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
        RUN,
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
        RUN,
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
    const plan = [{ chunks: [], toolCalls: 1, end: "responds", isDeaf: false }] as const;
    await simulation.start();
    await simulation.perform(worker({ policy: "never", maxSteps: 1 }), 1);
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
        { ...RUN, plan: STALLS },
        { type: "actor", thread: 0, does: "spins" },
        { type: "gateway", thread: 1, does: "dies" },
        { type: "actor", thread: 0, does: "throws" },
      ]),
    );
    expect(jobs[0]?.outcome?.error?.code).toBe("GATEWAY_LOST");
    expect(world.requests).toHaveLength(1);
  });
});
