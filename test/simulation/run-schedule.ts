import { expect } from "vitest";
import { expectEnd } from "./checks-end.ts";
import { expectRestarts } from "./checks-restart.ts";
import { expectParked, isParkable } from "./checks-waiting.ts";
import type { Schedule } from "./commands.ts";
import { SimActor } from "./sim-actor.ts";
import { SimPerson } from "./sim-host.ts";
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
  expect(simulation.violations).toEqual([]);
}

/** P4: with faults over, every job ends; those that wait for ever by their plan are cancelled. */
async function comeToRest(simulation: Simulation): Promise<void> {
  const { world, jobs, readers } = simulation;
  world.spawnFaults.actor.length = 0;
  world.spawnFaults.gateway.length = 0;
  for (const thread of world.threads) {
    thread.isSpinning = false;
    if (thread.body instanceof SimActor) thread.body.isPondering = false;
  }
  for (const reader of readers) reader.isPaused = false;
  for (const job of jobs) if (!job.endsByItself) job.cancel();
  await world.settle();
  while (await world.step());
  expectThreadsShared(simulation);
  // Longer than any worker keeps its thread when it only waits.
  const parkedMs = world.clock.monotonicMs() + 1_100;
  await world.until(() => world.clock.monotonicMs() >= parkedMs);
  expectParked(simulation);
  expect(simulation.violations).toEqual([]);
  world.participants.push(new SimPerson(simulation.sessions.map(({ session }) => session)));
  const untilMs = world.clock.monotonicMs() + LONG_MS;
  await world.until(
    () => jobs.every(({ outcome }) => outcome) || world.clock.monotonicMs() > untilMs,
  );
  const open = jobs.filter(({ outcome }) => !outcome).map(({ job }) => [job.id, job.state]);
  expect(open).toEqual([]);
  // Threads that were ended are gone, or written off; those that hang at their start were given up.
  await world.pass(67_000);
  // And idle ones were parked.
  expect(simulation.supervisor.inspect().threads.held).toBe(0);
  expectRoom(simulation);
}

/** Nobody waits for a thread while somebody has one that is not needed. */
function expectThreadsShared({ world, supervisor, jobs }: Simulation): void {
  const { threads, sessions } = supervisor.inspect();
  if (threads.waiting === 0 || world.threads.some(({ isUnkillable }) => isUnkillable)) return;
  const waiting = jobs.filter(isParkable).map(({ job }) => job.id);
  const busy = sessions
    .flatMap((session) => session.jobs)
    .filter(({ id }) => !waiting.includes(id))
    .map(({ workerId }) => workerId);
  const ready = world.threads.filter(({ body }) => body).map(({ threadId }) => threadId);
  const idle = sessions
    .flatMap(({ workers }) => workers)
    .filter(({ id, threadId = 0 }) => !busy.includes(id) && ready.includes(threadId));
  expect(idle).toEqual([]);
}

/** With all jobs over, there is room for another, unless its session's budget is used up. */
function expectRoom({ sessions }: Simulation): void {
  for (const { session } of sessions) {
    try {
      void session.run({ provider: "shared" }, { prompt: "[]" }).cancel();
    } catch (error) {
      const { code } = error as { code?: string };
      expect(["SESSION_CLOSED", "BUDGET_TOKENS", "BUDGET_TOOL_CALLS"]).toContain(code);
    }
  }
}
