import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Schedule } from "./commands.ts";
import {
  anyCrashingSchedule,
  anyCrowdedSchedule,
  anyFamilySchedule,
  anyToolSchedule,
} from "./hard-schedules.ts";
import { runSchedule } from "./run-schedule.ts";
import { anyCalmSchedule, anyRoughSchedule } from "./schedules.ts";
import type { SimJob } from "./sim-job.ts";
import type { Simulation } from "./simulation.ts";

/** How many schedules are played, and which. Others by hand: `HEDDLE_SCHEDULES=200000 HEDDLE_SEED=7 npx vitest run test/simulation`. */
const SCHEDULES = Number(process.env["HEDDLE_SCHEDULES"] ?? 10_000);
const SEED = Number(process.env["HEDDLE_SEED"] ?? 20_261_123);
const TIMEOUT_MS = 3_600_000;

function forAny(
  schedules: fc.Arbitrary<Schedule>,
  share: number,
  check: (simulation: Simulation) => void | Promise<void>,
): Promise<void> {
  return fc.assert(
    fc.asyncProperty(schedules, async (schedule) => check(await runSchedule(schedule))),
    { numRuns: Math.ceil(SCHEDULES * share), seed: SEED },
  );
}

function traceOf({ observed }: SimJob): readonly (readonly [string, number])[] {
  return observed.map(({ type, atMs }) => [type, atMs]);
}

describe("a supervisor in a world that a seed decides", () => {
  test(
    "keeps its promises, whatever fails and in whatever order things happen",
    () => forAny(anyRoughSchedule, 0.25, () => {}),
    TIMEOUT_MS,
  );

  test(
    "restarts actors that die again and again, up to the limit",
    () => forAny(anyCrashingSchedule, 0.2, () => {}),
    TIMEOUT_MS,
  );

  test(
    "ends children with their parents, and lets nobody wait for ever for a child",
    () => forAny(anyFamilySchedule, 0.12, () => {}),
    TIMEOUT_MS,
  );

  test(
    "carries out each tool call as the log says, and no call that nobody has approved",
    () => forAny(anyToolSchedule, 0.2, () => {}),
    TIMEOUT_MS,
  );

  test(
    "keeps to the limits of its providers when many workers ask at once",
    () => forAny(anyCrowdedSchedule, 0.05, () => {}),
    TIMEOUT_MS,
  );

  test("goes the same way again for the same schedule", () =>
    fc.assert(
      fc.asyncProperty(anyRoughSchedule, async (schedule) => {
        const [once, again] = [await runSchedule(schedule), await runSchedule(schedule)];
        expect(again.world.turns).toBe(once.world.turns);
        expect(again.jobs.map(traceOf)).toEqual(once.jobs.map(traceOf));
      }),
      { numRuns: 100 },
    ));

  test(
    "stops jobs at once, and ends no thread for it, when all do as they are told",
    () =>
      forAny(anyCalmSchedule, 0.18, async ({ jobs, events }) => {
        for (const outcome of await Promise.all(jobs.flatMap(({ cancels }) => cancels))) {
          expect(outcome.afterMs).toBe(0);
          expect(["cooperative", "settled"]).toContain(outcome.how);
        }
        expect(events.map(({ type }) => type)).not.toContain("gateway-lost");
        expect(events.map(({ type }) => type)).not.toContain("thread-stuck");
        const restarts = jobs.flatMap(({ observed }) =>
          observed.filter(({ type }) => type === "restarted"),
        );
        expect(restarts).toEqual([]);
      }),
    TIMEOUT_MS,
  );
});
