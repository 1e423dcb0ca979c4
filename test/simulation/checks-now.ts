import { expect } from "vitest";
import { isTerminal } from "../../src/supervisor/log/job-log.ts";
import type { SessionEvent } from "../../src/supervisor/session-event.ts";
import type { SupervisorSession } from "../../src/supervisor/supervisor-session.ts";
import { SessionWorker } from "../../src/supervisor/workers/session-worker.ts";
import { expectSums } from "./checks-budget.ts";
import { expectFamilies } from "./checks-family.ts";
import { expectConfirmations, expectParked } from "./checks-waiting.ts";
import { flawOf } from "./plan.ts";
import type { Simulation } from "./simulation.ts";

/** The largest chunk of any plan, in bytes. */
const MAX_CHUNK_BYTES = 60;

/** What holds at any time, between two turns. */
export function expectNow(simulation: Simulation): void {
  expect(simulation.violations).toEqual([]);
  expectPermits(simulation);
  expectRegistry(simulation);
  expectStates(simulation);
  expectWindows(simulation);
  expectFamilies(simulation);
  expectSums(simulation);
  expectConfirmations(simulation);
  // Where messages take time, nobody outside knows when the thread was ready.
  if (simulation.schedule.isEager) expectParked(simulation);
}

/**
 * Permits are held, or lent, for threads that workers have, and held for children that wait for their worker's last thread to be gone. What
 * was lent is taken back without waiting, so for a time there may be more than `maxThreads`: jobs that are nobody's child have twice as many at most.
 */
function expectPermits({ world, supervisor, schedule, events, jobs }: Simulation): void {
  const writtenOff = events.flatMap((event) =>
    event.type === "thread-stuck" ? [event.threadId] : [],
  );
  const owned = world.threads.filter(
    ({ isOwned, isGone, threadId }) => isOwned && !isGone && !writtenOff.includes(threadId),
  );
  const { held, lent } = supervisor.inspect().threads;
  const claims = jobs.filter(({ job, parent }) => parent && job.state === "queued").length;
  const spareHeld = held + lent - owned.length;
  const { maxThreads: max } = schedule;
  const children = jobs.filter(({ parent }) => parent).length;
  if (spareHeld < 0 || spareHeld > claims || held > 2 * max + children) {
    expect({ held, lent, max }).toEqual({ held: owned.length, claims });
  }
}

/** `session.jobs` are those that have not ended. */
function expectRegistry({ sessions, jobs }: Simulation): void {
  const registered = sessions.flatMap(({ session }) => [...session.jobs.values()]);
  const open = jobs.filter(({ job }) => !job.isSettled).map(({ job }) => job);
  if (registered.length !== open.length || open.some((job) => !registered.includes(job))) {
    expect(registered.map(({ id }) => id)).toEqual(open.map(({ id }) => id));
  }
}

/** What a job still holds when its end is told: nothing. */
export function heldAtEnd(session: SupervisorSession, event: SessionEvent): string[] {
  if (event.type !== "job-event" || !isTerminal(event.event)) return [];
  const { jobId, workerId } = event;
  const worker = session.workers.get(workerId);
  const isBusy = worker instanceof SessionWorker && worker.jobs.some(({ id }) => id === jobId);
  const parent = session.job(jobId)?.parent;
  return [
    ...(isBusy ? [`${jobId} has ended, and its worker is busy with it`] : []),
    ...(parent?.children.has(jobId) ? [`${jobId} has ended, and its parent waits for it`] : []),
  ];
}

/** A worker is idle when it has no job; its conversation is one that a model accepts. */
function expectStates({ workers, jobs }: Simulation): void {
  for (const { worker } of workers) {
    const open = jobs.filter(({ job }) => job.worker === worker && !job.isSettled);
    const hasJob = open.length > 0;
    const isFinal = worker.state === "failed" || worker.state === "stopped";
    const isStopping = "isStopped" in worker && worker.isStopped === true;
    if (!hasJob && !isFinal && !isStopping) expect(worker.state).toBe("idle");
    if (worker.state === "stopped") expect(hasJob).toBe(false);
    // What was queued may still wait for its children.
    if (worker.state === "failed") expect(open.every(({ job }) => job.isEnding)).toBe(true);
    expect(flawOf(worker.transcript)).toBeUndefined();
  }
}

/** What was sent and not read is bounded for every lossless reader that was there from the start. */
function expectWindows({ readers, jobs }: Simulation): void {
  for (const reader of readers) {
    if (!reader.fromStart || reader.hasLeft || reader.hasEnded || reader.as === "latest") continue;
    const plan = jobs.find(({ job }) => job === reader.job)?.worker.plan;
    const unread = reader.log.chunkBytes - reader.readBytes;
    expect(unread).toBeLessThanOrEqual((plan?.windowBytes ?? 0) + MAX_CHUNK_BYTES);
  }
}
