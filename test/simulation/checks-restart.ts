import { expect } from "vitest";
import type { JobEvent } from "../../src/protocol/job.ts";
import type { SimJob } from "./sim-job.ts";
import type { Simulation, SimWorker } from "./simulation.ts";

const CRASHES = new Set([
  "ACTOR_START_FAILED",
  "ACTOR_CRASHED",
  "ACTOR_EXITED",
  "ACTOR_OUT_OF_MEMORY",
]);

/** P10: restarts stop at the limit, visibly; and only there, or where the policy says no. */
export function expectRestarts({ workers, jobs }: Simulation): void {
  for (const worker of workers) {
    const own = jobs.filter((job) => job.worker === worker);
    const events = own.flatMap(({ observed }) => observed).sort((a, b) => a.atMs - b.atMs);
    expectIntensity(worker, events);
    for (const job of own) expectReason(worker, job, events);
    const codes = own.map(({ outcome }) => outcome?.error?.code ?? "");
    const mayFail = codes.some((code) => code === "RESTART_LIMIT" || code.startsWith("ACTOR_"));
    if (worker.states.includes("failed")) expect([mayFail, codes]).toEqual([true, codes]);
  }
}

function expectIntensity({ plan }: SimWorker, events: readonly JobEvent[]): void {
  const times = restartsOf(events);
  for (const atMs of times) {
    const recent = times.filter((other) => other <= atMs && atMs - other < plan.withinMs);
    expect(recent.length).toBeLessThanOrEqual(plan.maxRestarts);
  }
}

function expectReason(worker: SimWorker, { outcome }: SimJob, events: readonly JobEvent[]): void {
  const { plan, states } = worker;
  const code = outcome?.error?.code ?? "";
  const isNormal = outcome?.error?.details["exitCode"] === 0;
  if (code === "RESTART_LIMIT") {
    expect(states).toContain("failed");
    expect(plan.policy).not.toBe("never");
    expect(restartsOf(events).length).toBeGreaterThanOrEqual(plan.maxRestarts);
  }
  if (!CRASHES.has(code)) return;
  expect(plan.policy === "never" || (plan.policy === "on-failure" && isNormal)).toBe(true);
  expect(states).toContain("failed");
}

function restartsOf(events: readonly JobEvent[]): readonly number[] {
  return events.flatMap((event) =>
    event.type === "state" && event.state === "restarting" ? [event.atMs] : [],
  );
}
