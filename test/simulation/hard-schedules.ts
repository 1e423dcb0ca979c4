import fc from "fast-check";
import type { Action, ActorFault, GatewayFault, Schedule } from "./commands.ts";
import type { JobPlan } from "./plan.ts";
import {
  anyEnding,
  anyFault,
  anyPlan,
  anyRun,
  anyRunOptions,
  anySchedule,
  anyWorker,
  passMs,
  pick,
  ponders,
  STALL,
} from "./schedules.ts";

/*
 * Schedules that press on one promise each.
 */

/** Actors that die again and again. */
const anyCrash: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("actor"),
      thread: fc.nat({ max: 1 }),
      does: fc.constantFrom<ActorFault[]>("throws", "exits 0", "exits 7", "out of memory"),
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
      plan: fc.oneof(fc.constant<JobPlan>([STALL]), anyPlan),
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
  { weight: 1, arbitrary: anyFault },
  { weight: 1, arbitrary: anyEnding },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("pass"), ms: passMs }) },
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
