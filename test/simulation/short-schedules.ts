import type { Action, Schedule, WorkerPlan } from "./commands.ts";
import { Simulation } from "./simulation.ts";

/* Schedules of a few actions, which do not depend on the seed. */

const WORKER: WorkerPlan = {
  graceMs: 100,
  killMs: 100,
  windowBytes: 1_000,
  maxOutputBytes: 100_000,
  maxSteps: 20,
  maxDepth: 8,
  maxChildren: 100,
  parkAfterMs: 1_000,
  whenBusy: "enqueue",
  whenUnresponsive: "report",
  provider: "shared",
  policy: "on-failure",
  maxRestarts: 3,
  withinMs: 1_000,
  initialMs: 1,
  tools: "stateless",
  approvals: "ask",
  maxParallelToolCalls: 3,
  toolMs: undefined,
  confirmationMs: undefined,
};

export const RUN: Extract<Action, { type: "run" }> = {
  type: "run",
  worker: 0,
  parent: undefined,
  awaitsChildren: false,
  plan: [],
  totalMs: undefined,
  id: "random",
  signal: "none",
  host: "none",
  decides: "is not asked",
  reader: "none",
};

/** The model calls a tool that there is not, and then answers: the actor is at work, which it is not during a job's first model call. */
export const CALLS = [
  { chunks: [], toolCalls: ["unknown"], end: "responds", isDeaf: false },
] as const;

export const STALLS = [{ chunks: [12], toolCalls: [], end: "stalls", isDeaf: false }] as const;

/** Everything that can happen has happened before the next action. */
export function schedule(actions: readonly Action[], options: Partial<Schedule> = {}): Schedule {
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

export function worker(options: Partial<WorkerPlan> = {}): Action {
  return { type: "create-worker", session: 0, worker: { ...WORKER, ...options } };
}

/** A simulation that has played `actions`; not over yet. */
export async function playing(
  actions: readonly Action[],
  options: Partial<Schedule> = {},
): Promise<Simulation> {
  const simulation = new Simulation(schedule(actions, options));
  await simulation.start();
  for (const action of actions) await simulation.perform(action, 100);
  return simulation;
}
