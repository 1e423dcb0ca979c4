import { expect } from "vitest";
import type { JobEvent } from "../../src/protocol/job.ts";
import type { SimJob } from "./sim-job.ts";
import type { Simulation } from "./simulation.ts";

/** At any time: what is asked is what the logs of open jobs say, and a worker's state shows it. */
export function expectConfirmations({ sessions, jobs, workers }: Simulation): void {
  for (const { session } of sessions) {
    const own = jobs.filter(
      ({ job, worker }) => worker.session.session === session && !job.isSettled,
    );
    const asked = own.reduce((sum, { calls }) => sum + calls.asked, 0);
    const { size } = session.tools.confirmations;
    if (size !== asked) expect({ size }).toEqual({ asked });
  }
  for (const { worker } of workers) {
    const isAsked = jobs.some(
      ({ job, calls }) => job.worker === worker && !job.isSettled && calls.asked > 0,
    );
    if (worker.state === "awaiting-confirmation") expect(isAsked).toBe(true);
    if (isAsked)
      expect(["awaiting-confirmation", "restarting", "cancelling"]).toContain(worker.state);
  }
}

/** At any time: who only waits for others holds no thread, once `parkAfterMs` have passed. */
export function expectParked(simulation: Simulation): void {
  const { world, jobs, violations } = simulation;
  const nowMs = world.clock.monotonicMs();
  for (const sim of jobs) {
    const { plan, worker } = sim.worker;
    if (!isParkable(sim) || !("threadId" in worker)) continue;
    const thread = world.threads.find(({ threadId }) => threadId === worker.threadId);
    if (!thread || thread.wasTerminated || thread.isDead) continue;
    const sinceMs = Math.max(sim.calls.lastMs - world.startMs, thread.ownedSinceMs ?? nowMs);
    if (nowMs - sinceMs > plan.parkAfterMs + 1) {
      violations.push(`${sim.job.id} has waited since ${sinceMs}, and holds a thread at ${nowMs}`);
    }
  }
}

/** Whether nothing is lost with the thread of the job's actor. */
export function isParkable({ job, worker: { plan }, calls }: SimJob): boolean {
  if (job.isSettled || job.isEnding || plan.tools === "stateful") return false;
  return calls.isActorWaiting(plan.maxParallelToolCalls);
}

/** `totalMs` has not passed while somebody was asked. */
export function expectTotal({ action, outcome }: SimJob, log: readonly JobEvent[]): void {
  if (outcome?.error?.code !== "JOB_TIMEOUT") return;
  const end = log.findIndex((event) => event.type === "state" && event.state === "cancelling");
  const start = log.findIndex(({ type }) => type === "started");
  let activeMs = 0;
  const asked = new Set<string>();
  for (const [i, event] of log.slice(start, end).entries()) {
    if (event.type === "confirmation-requested") asked.add(event.confirmationId);
    if (event.type === "confirmation-decided") asked.delete(event.confirmationId);
    const next = log[start + i + 1];
    if (asked.size === 0 && next) activeMs += next.atMs - event.atMs;
  }
  expect(activeMs).toBeGreaterThanOrEqual(action.totalMs ?? 0);
}
