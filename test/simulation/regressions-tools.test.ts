import { describe, expect, test } from "vitest";
import type { Action, WorkerPlan } from "./commands.ts";
import { finish } from "./run-schedule.ts";
import { playing, RUN, schedule, worker } from "./short-schedules.ts";
import { SimActor } from "./sim-actor.ts";
import type { Deciding } from "./sim-host.ts";
import { Simulation } from "./simulation.ts";
import type { ToolKind } from "./tool-kinds.ts";

/* What random schedules have found about tool calls and those who decide on them, in the fewest words. */

const THROWS: Action = { type: "actor", thread: 0, does: "throws" };
const APPROVES: Action = { type: "decide", session: 0, confirmation: 0, decides: "approves" };

function calls(tools: readonly ToolKind[], decides: Deciding = "never answers"): Action {
  const step = { chunks: [], toolCalls: tools, end: "responds", isDeaf: false } as const;
  return { ...RUN, plan: [step], decides };
}

function calling(
  tool: ToolKind,
  plan: Partial<WorkerPlan>,
  ...then: readonly Action[]
): Promise<Simulation> {
  return playing([worker(plan), calls([tool]), ...then]);
}

function typesOf({ jobs }: Simulation): readonly string[] {
  const types = jobs[0]?.observed.map(({ type }) => type) ?? [];
  return types.filter((type) => type !== "state");
}

describe("a job whose actor is gone for good", () => {
  test("asks nobody any more, and says so", async () => {
    const simulation = await calling("asks", { policy: "never" }, THROWS);
    const { sessions, jobs } = simulation;
    expect(sessions[0]?.session.confirmations.size).toBe(0);
    expect(typesOf(simulation).slice(-3)).toEqual([
      "confirmation-decided",
      "tool-finished",
      "failed",
    ]);
    expect(jobs[0]?.outcome?.error?.code).toBe("ACTOR_CRASHED");
    await finish(simulation);
  });

  test("begins no host tool that somebody approves afterwards", async () => {
    const simulation = await calling("host-asks", { policy: "never" }, THROWS, APPROVES);
    expect(simulation.world.executions).toEqual([]);
    expect(simulation.jobs[0]?.outcome?.status).toBe("failed");
    await finish(simulation);
  });

  test("tells its host tools to stop, and does not wait for ever for them", async () => {
    const simulation = await calling("host-listens", { policy: "never" }, THROWS);
    expect(simulation.jobs[0]?.outcome?.error?.code).toBe("ACTOR_CRASHED");
    await finish(simulation);
  });

  test("writes a host tool off that does not stop, also when the thread itself cannot be ended", async () => {
    const simulation = await calling(
      "host-deaf",
      { parkAfterMs: 50 },
      { type: "actor", thread: 0, does: "cannot be ended" },
      { type: "pass", ms: 400 },
    );
    expect(simulation.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["thread-stuck", "tool-stuck"]),
    );
    expect(simulation.jobs[0]?.outcome?.error?.code).toBe("THREAD_STUCK");
    await finish(simulation);
  });
});

describe("a job that is cancelled by whoever is told that somebody is asked", () => {
  test.each(["asks", "host-asks"] as const)("asks nobody any more: %s", async (tool) => {
    const simulation = new Simulation(schedule([]));
    await simulation.start();
    await simulation.perform(worker(), 1);
    await simulation.perform(calls([tool]), 1);
    const { jobs, sessions } = simulation;
    const job = jobs[0]?.job;
    job?.events$.subscribe(({ type }) => {
      if (type === "confirmation-requested") void job.cancel();
    });
    const isAsked = () => typesOf(simulation).includes("confirmation-requested");
    while (!isAsked()) await simulation.world.step();
    expect(sessions[0]?.session.confirmations.size).toBe(0);
    expect(typesOf(simulation).at(-1)).toBe("confirmation-decided");
    await finish(simulation);
  });
});

describe("a job whose actor died while somebody was asked", () => {
  test("holds no thread while they think on, and goes on as they say", async () => {
    const simulation = await calling("asks", {}, THROWS, { type: "pass", ms: 1_100 });
    const { supervisor, workers, jobs, world } = simulation;
    expect(typesOf(simulation)).toContain("restarted");
    expect(supervisor.inspect().threads.held).toBe(0);
    expect(workers[0]?.worker.state).toBe("awaiting-confirmation");
    await simulation.perform(APPROVES, 100);
    expect(jobs[0]?.outcome?.status).toBe("completed");
    expect(world.executions).toHaveLength(1);
    await finish(simulation);
  });

  test("is restarting until it has a thread, whatever they say meanwhile", async () => {
    const simulation = await calling("asks", { initialMs: 400 }, THROWS, APPROVES);
    const [sim] = simulation.workers;
    expect(sim?.worker.state).toBe("restarting");
    await finish(simulation);
    expect(sim?.states.slice(0, 5)).toEqual([
      "idle",
      "working",
      "awaiting-confirmation",
      "restarting",
      "working",
    ]);
  });
});

describe("a host tool that ends while its caller's actor is replaced", () => {
  test("is not called again, and its end is told", async () => {
    const simulation = new Simulation(schedule([]));
    const { world, hostTools, jobs } = simulation;
    await simulation.start();
    await simulation.perform(worker(), 1);
    hostTools.isPaused = true;
    await simulation.perform(calls(["host"]), 100);
    await simulation.perform(THROWS, 1);
    const isAtWork = () =>
      world.living("actor").some(({ body }) => body instanceof SimActor && body.jobId);
    await world.until(isAtWork);
    hostTools.isPaused = false;
    while (!world.executions[0]?.isOver) {
      const all: (() => void)[] = [];
      hostTools.collect(all);
      all[0]?.();
      await world.settle();
    }
    await finish(simulation);
    expect(jobs[0]?.outcome?.status).toBe("completed");
    expect(world.executions).toHaveLength(1);
  });
});

describe("a job that is cancelled while its tools are loaded", () => {
  test("is not begun by an actor that was told before it knew the job", async () => {
    const simulation = new Simulation(schedule([]));
    const { world, jobs } = simulation;
    await simulation.start();
    await simulation.perform(worker(), 1);
    await simulation.perform(RUN, 1);
    const isLoading = () => jobs[0]?.job.state === "running";
    while (!isLoading()) await world.step();
    for (const { body } of world.threads) if (body instanceof SimActor) body.isPondering = true;
    jobs[0]?.cancel();
    await simulation.perform({ type: "pass", ms: 500 }, 1);
    await finish(simulation);
    expect(await jobs[0]?.cancels[0]).toEqual({ how: "cooperative", afterMs: 0 });
  });
});
