import { expect } from "vitest";
import { expectEnd } from "./checks-end.ts";
import { expectRestarts } from "./checks-restart.ts";
import type { Schedule } from "./commands.ts";
import { Simulation } from "./simulation.ts";

/** Longer than any deadline of the supervisor's own. */
const LONG_MS = 300_000;

/** Plays a schedule to its end and checks it. */
export async function runSchedule(schedule: Schedule): Promise<Simulation> {
  const simulation = new Simulation(schedule);
  await simulation.start();
  for (const { action, turns } of schedule.commands) await simulation.perform(action, turns);
  await finish(simulation);
  return simulation;
}

/** Lets what is left come to its end, closes, and checks it all. */
export async function finish(simulation: Simulation): Promise<void> {
  await comeToRest(simulation);
  await simulation.close(0, LONG_MS);
  await simulation.world.until(() => simulation.readers.every((r) => r.hasEnded || r.hasLeft));
  await expectEnd(simulation);
  expectRestarts(simulation);
}

/** P4: with faults over, every job ends; those that wait for ever by their plan are cancelled. */
async function comeToRest({ world, jobs, readers }: Simulation): Promise<void> {
  world.spawnFaults.actor.length = 0;
  world.spawnFaults.gateway.length = 0;
  for (const thread of world.threads) thread.isSpinning = false;
  for (const reader of readers) reader.isPaused = false;
  for (const job of jobs) if (!job.endsByItself) job.cancel();
  const untilMs = world.clock.monotonicMs() + LONG_MS;
  await world.until(
    () => jobs.every(({ outcome }) => outcome) || world.clock.monotonicMs() > untilMs,
  );
  const open = jobs.filter(({ outcome }) => !outcome).map(({ job }) => [job.id, job.state]);
  expect(open).toEqual([]);
}
