import { expect } from "vitest";
import type { JobEvent } from "../../src/protocol/job.ts";
import type { ModelResponse } from "../../src/protocol/model.ts";
import type { Budget } from "../../src/supervisor/options.ts";
import type { SimJob } from "./sim-job.ts";
import type { Simulation } from "./simulation.ts";

/** What a session has used is what its jobs have, those that have ended and are not kept included. */
export function expectSums({ sessions, jobs }: Simulation): void {
  for (const { session } of sessions) {
    const parts = jobs.filter(({ worker }) => worker.session.session === session);
    const totals = parts.map(({ job }) => job.usage.totalTokens);
    const sum = totals.reduce((all, tokens) => all + tokens, 0);
    const { totalTokens, estimated } = session.usage;
    if (totalTokens !== sum) expect({ session: totalTokens, jobs: totals }).toEqual({ sum });
    expect(estimated).toBe(parts.some(({ job }) => job.usage.estimated) ? true : undefined);
  }
}

/** What a job says that it has used: nothing that was never sent, and what the models said where all was said. */
export function expectUsage(
  { world, events }: Simulation,
  { job }: SimJob,
  log: readonly JobEvent[],
): void {
  const { usage } = job;
  const requests = world.requests.filter(({ jobId }) => jobId === job.id);
  const said = responsesOf(log);
  // What was sent to a gateway that died may never have come there.
  const areAllSeen = !events.some(({ type }) => type === "gateway-lost");
  if (requests.length === 0 && areAllSeen) expect(usage.totalTokens).toBe(0);
  expect(usage.totalTokens).toBeGreaterThanOrEqual(tokensOf(said));
  if (!usage.estimated && requests.length === said.length) {
    expect(usage.totalTokens).toBe(tokensOf(said));
  }
  const isCutOff = requests.some(({ end, sent }) => end === undefined && sent.length > 0);
  if (isCutOff) expect(usage.estimated).toBe(true);
}

/** A budget that has ended a job was there, and no job has gone on when its own or its session's left nothing. */
export function expectBudget(
  { schedule }: Simulation,
  sim: SimJob,
  log: readonly JobEvent[],
): void {
  const own = sim.worker.plan.budget ?? {};
  const ofSession = schedule.budget ?? {};
  expectReason(sim, { job: own, session: ofSession });
  for (const budget of [own, ofSession]) expectWithin(sim, responsesOf(log), budget);
}

function expectReason(
  { outcome, parent }: SimJob,
  budgets: { readonly job: Budget; readonly session: Budget },
): void {
  const error = outcome?.error;
  if (error?.code !== "BUDGET_TOKENS" && error?.code !== "BUDGET_TOOL_CALLS") return;
  const { scope, limit } = error.details;
  if (scope === "parent") {
    expect(parent).toBeDefined();
    return;
  }
  const { maxTotalTokens, maxToolCalls } = budgets[scope as "job" | "session"];
  expect(limit).toBe(error.code === "BUDGET_TOKENS" ? maxTotalTokens : maxToolCalls);
}

function expectWithin(
  { outcome }: SimJob,
  responses: readonly ModelResponse[],
  { maxTotalTokens = 1e9, maxToolCalls = 1e9 }: Budget,
): void {
  // The last response may have gone over: nothing came after it.
  expect(tokensOf(responses.slice(0, -1))).toBeLessThan(maxTotalTokens);
  const calls = responses.flatMap(({ toolCalls }) => toolCalls);
  if (outcome?.status === "completed") expect(calls.length).toBeLessThanOrEqual(maxToolCalls);
}

function responsesOf(log: readonly JobEvent[]): readonly ModelResponse[] {
  return log.flatMap((event) => (event.type === "response" ? [event.response] : []));
}

function tokensOf(responses: readonly ModelResponse[]): number {
  return responses.reduce((sum, { usage }) => sum + usage.totalTokens, 0);
}
