import fc from "fast-check";
import type { Action, ActorFault, GatewayFault, Schedule, WorkerPlan } from "./commands.ts";
import type { JobPlan, ResponsePlan } from "./plan.ts";
import { anyPlan, anyRun, anyRunOptions, STALL } from "./run-schedules.ts";
import { anyEnding, anyFault, anySchedule, anyWorker, passMs } from "./schedules.ts";
import { anyDecision, anyTool, pick } from "./tool-schedules.ts";
import { ponders, when } from "./work-schedules.ts";

/*
 * Schedules that press on one promise each.
 */

/** Models that do nothing but call tools. */
const anyToolPlan: fc.Arbitrary<JobPlan> = fc.array(
  fc
    .record({ toolCalls: fc.array(anyTool, { minLength: 1, maxLength: 3 }) })
    .map((step): ResponsePlan => ({ ...step, chunks: [3], end: "responds", isDeaf: false })),
  { minLength: 1, maxLength: 3 },
);

/** Actors that die again and again. */
const anyCrash: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("actor"),
      thread: fc.nat({ max: 1 }),
      does: fc.constantFrom<ActorFault[]>("throws", "exits 0", "exits 7", "out of memory"),
      when,
    }),
  },
  { weight: 2, arbitrary: ponders },
  { weight: 2, arbitrary: anyRun },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("pass"), ms: fc.nat({ max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("cancel"), job: pick }) },
) as fc.Arbitrary<Action>;

/** Workers that are restarted often. */
export const anyCrashingSchedule: fc.Arbitrary<Schedule> = anySchedule(anyCrash, fc.boolean());

const anyFamilyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      ...anyRunOptions,
      worker: fc.option(pick, { nil: undefined, freq: 2 }),
      parent: fc.option(pick, { nil: undefined, freq: 4 }),
      awaitsChildren: fc.constantFrom(true, true, false),
      plan: fc.oneof(fc.constant<JobPlan>([STALL]), anyPlan, anyToolPlan),
      signal: fc.constant("none"),
      host: fc.constant("none"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("cancel"), job: pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("create-worker"),
      session: fc.constant(0),
      worker: anyWorker,
    }),
  },
  { weight: 2, arbitrary: ponders },
  { weight: 2, arbitrary: anyDecision },
  { weight: 1, arbitrary: anyFault },
  { weight: 1, arbitrary: anyEnding },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("pass"), ms: passMs }) },
) as fc.Arbitrary<Action>;

/** Trees of jobs, whose parts are cancelled, fail and wait for each other. */
export const anyFamilySchedule: fc.Arbitrary<Schedule> = anySchedule(
  anyFamilyAction,
  fc.boolean(),
  { maxTurns: 4, maxThreads: [10, 10, 4, 3, 2], minLength: 8 },
);

const anyCrowd: fc.Arbitrary<Action> = fc.oneof(
  { weight: 10, arbitrary: anyRun.map((run) => ({ ...run, worker: undefined })) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("cancel"), job: pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("open-session") }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("pass"), ms: passMs }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("gateway"),
      thread: pick,
      does: fc.constant<GatewayFault>("dies"),
    }),
  },
) as fc.Arbitrary<Action>;

/** Many workers at once, and providers that take few requests at a time. */
export const anyCrowdedSchedule: fc.Arbitrary<Schedule> = fc
  .record({
    schedule: anySchedule(anyCrowd, fc.boolean()),
    maxConcurrent: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ schedule, maxConcurrent }) => ({
    ...schedule,
    maxThreads: 10,
    queue: 100,
    limits: { maxConcurrent },
  }));

/** A worker that can use its tools. */
const anyUser: fc.Arbitrary<WorkerPlan> = anyWorker.map((worker) => ({
  ...worker,
  maxSteps: 20,
  maxOutputBytes: 100_000,
  windowBytes: 1_000,
}));

const anyToolUse: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      ...anyRunOptions,
      plan: anyToolPlan,
      worker: fc.option(pick, { nil: undefined, freq: 8 }),
      parent: fc.option(pick, { nil: undefined, freq: 1 }),
      totalMs: fc.constantFrom(undefined, undefined, undefined, 100, 500),
      signal: fc.constantFrom("none"),
      host: fc.constantFrom("none", "none", "none", "takes"),
    }),
  },
  { weight: 8, arbitrary: anyDecision },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("pass"), ms: passMs }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("cancel"), job: pick }) },
  { weight: 2, arbitrary: anyFault },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("actor"),
      thread: pick,
      does: fc.constantFrom<ActorFault[]>("throws", "exits 7", "spins", "recovers"),
      when,
    }),
  },
  { weight: 1, arbitrary: anyEnding },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("create-worker"),
      session: pick,
      worker: anyUser,
    }),
  },
) as fc.Arbitrary<Action>;

/** Jobs that call tools, and people who decide on the calls. */
export const anyToolSchedule: fc.Arbitrary<Schedule> = anySchedule(anyToolUse, fc.boolean(), {
  maxTurns: 24,
  minLength: 4,
  worker: anyUser,
}).map((schedule) => ({ ...schedule, queue: 100, limits: {} }));
