import { expect } from "vitest";
import type { JobEvent } from "../../src/protocol/job.ts";
import type { ModelResponseChunk } from "../../src/protocol/model.ts";
import { callVerdict } from "../../src/supervisor/gateways/call-verdict.ts";
import { isTerminal } from "../../src/supervisor/log/job-log.ts";
import { expectBudget, expectUsage } from "./checks-budget.ts";
import { expectFamily, familyOf } from "./checks-family.ts";
import { expectTools } from "./checks-tools.ts";
import { expectTotal } from "./checks-waiting.ts";
import { flawOf } from "./plan.ts";
import type { SeenRequest } from "./sim-gateway.ts";
import type { SimJob } from "./sim-job.ts";
import type { SimReader } from "./sim-reader.ts";
import type { Simulation } from "./simulation.ts";

/** What holds once everything is closed. */
export async function expectEnd(simulation: Simulation): Promise<void> {
  expectNothingLeft(simulation);
  for (const job of simulation.jobs) {
    const log = await logOf(job);
    expectOneEnd(simulation, job, log);
    expectResponses(simulation, job, log);
    expectRequests(simulation, job, log);
    expectFallbacks(job, log);
    expectTools(simulation, job, log);
    expectTotal(job, log);
    expectUsage(simulation, job, log);
    expectBudget(simulation, job, log);
    expectFamily(simulation, job, log);
    await expectCancels(simulation, job);
  }
  for (const reader of simulation.readers) await expectReader(reader);
  for (const request of simulation.world.requests) {
    expect(flawOf(request.messages)).toBeUndefined();
  }
}

/** P6: no thread but those that cannot be ended, which were reported; no timer, nothing that keeps the process alive. */
function expectNothingLeft({ supervisor, world, sessions, workers, events }: Simulation): void {
  const { threads, sessions: open, gateways, providers } = supervisor.inspect();
  expect(open).toEqual([]);
  expect(threads).toMatchObject({ held: 0, waiting: 0, spare: 0, executing: 0 });
  expect(gateways.every(({ state, calls }) => state === "closed" && calls === 0)).toBe(true);
  expect(providers.map(({ inFlight, waiting }) => inFlight + waiting)).toEqual([0, 0]);
  for (const thread of world.threads) {
    if (thread.isGone) continue;
    expect(thread.isUnkillable).toBe(true);
    expect(
      events.some((event) => event.type === "thread-stuck" && event.threadId === thread.threadId),
    ).toBe(true);
  }
  // The watch over threads lets its last tick go by.
  world.clock.advance(10);
  const ofThreads = world.threads.reduce((sum, { timers }) => sum + timers, 0);
  expect(world.clock.pendingTimers - ofThreads).toBe(0);
  expect(world.holders).toBe(0);
  for (const { session } of sessions) {
    expect([session.jobs.size, session.workers.size, session.settledJobs]).toEqual([0, 0, 0]);
  }
  for (const { worker, states } of workers) {
    expect(worker.state).toBe("stopped");
    expect(states.filter((state) => state === "stopped")).toHaveLength(1);
  }
  expect(events.filter(({ type }) => type === "subscriber-failed")).toEqual([]);
}

async function logOf({ job }: SimJob): Promise<readonly JobEvent[]> {
  const log: JobEvent[] = [];
  for await (const event of job.events()) log.push(event);
  return log;
}

/** P1 and P4: one terminal event, the last one; a gapless log; outcome, state and views agree. */
function expectOneEnd({ sessions }: Simulation, sim: SimJob, log: readonly JobEvent[]): void {
  const { job, outcome } = sim;
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i));
  expect(log.filter(isTerminal)).toEqual([log.at(-1)]);
  expect(outcome?.status).toBe(log.at(-1)?.type);
  expect(job.state).toBe(outcome?.status);
  if (outcome?.error) expect(codesOf(outcome.error)).not.toContain("INTERNAL");
  if (outcome?.status === "completed") {
    const responses = log.flatMap((event) => (event.type === "response" ? [event.response] : []));
    expect(outcome.result.text).toBe(responses.at(-1)?.text);
    expect(outcome.result.steps).toBe(responses.length);
    const { inputTokens, estimated } = outcome.result.usage;
    // A provider that was left for another one may have taken some, too.
    if (estimated) expect(inputTokens).toBeGreaterThan(responses.length);
    else expect(inputTokens).toBe(responses.length);
  }
  expect(sim.observed).toEqual(log);
  expect(sim.hasCompleted).toBe(true);
  const told = sessions
    .flatMap(({ seen }) => seen)
    .flatMap((event) =>
      event.type === "job-event" && event.jobId === job.id ? [event.event] : [],
    );
  const others = log.filter(({ type }) => type !== "chunk");
  const known = new Set(told.map(({ seq }) => seq));
  expect(others.filter(({ seq }) => !known.has(seq)).map(({ type }) => type)).toEqual([]);
}

function codesOf(error: unknown): unknown[] {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return cause === undefined ? [code] : [code, ...codesOf(cause)];
}

/** P5: what is in the log between two responses is what the model sent, chunk by chunk. */
function expectResponses({ world }: Simulation, { job }: SimJob, log: readonly JobEvent[]): void {
  const requests = world.requests.filter(({ jobId }) => jobId === job.id);
  let open: ModelResponseChunk[] = [];
  for (const event of log) {
    if (event.type === "chunk") open.push(event.chunk);
    if (event.type !== "response") continue;
    const request = requests.find(({ id }) => id === event.response.id);
    expect(open).toEqual(request?.sent);
    expect(event.response.provider).toBe(request?.provider);
    open = [];
  }
  if (open.length === 0) return;
  // The last response may have been cut off.
  expect(requests.map(({ sent }) => sent.slice(0, open.length))).toContainEqual(open);
}

/** No request for a job that never began, or after its end; each model call is asked once, or again when it had sent nothing. */
function expectRequests(
  { world, schedule }: Simulation,
  sim: SimJob,
  log: readonly JobEvent[],
): void {
  const requests = world.requests.filter(({ jobId }) => jobId === sim.job.id);
  const hasBegun = log.some(({ type }) => type === "started");
  if (!hasBegun) expect(requests).toEqual([]);
  for (const [i, request] of requests.entries()) {
    // A thread that cannot be ended, and turns again, does what nobody waits for any more.
    if (request.thread.isUnkillable) continue;
    expect(request.mostUnderWay).toBeLessThanOrEqual(schedule.limits.maxConcurrent ?? 1_000);
    expect(request.atTurn).toBeLessThanOrEqual(sim.settledTurn ?? 0);
    const before = requests[i - 1];
    if (before?.thread.isUnkillable) continue;
    if (before?.callIndex === request.callIndex) expectAgain(before, request);
    else if (before) expect([before.end, request.step]).toEqual(["responded", before.step + 1]);
  }
}

/** The same call is sent again only by another gateway's life, or to another provider, and only while nothing of it had come. */
function expectAgain(before: SeenRequest, request: SeenRequest): void {
  if (before.end === undefined) return;
  expect([before.end, before.sent]).toEqual(["failed", []]);
  expect(request.provider).not.toBe(before.provider);
}

/** The log says each time that another provider is asked, and why; never for what was cancelled, nor once a response has begun. */
function expectFallbacks({ worker: { plan } }: SimJob, log: readonly JobEvent[]): void {
  let sinceResponse: JobEvent["type"][] = [];
  for (const event of log) {
    if (event.type === "fallback") {
      expect(plan.fallsBack).toBe(true);
      expect([event.from, event.to]).toEqual([
        plan.provider,
        plan.provider === "shared" ? "own" : "shared",
      ]);
      const { code } = event.error;
      expect(code === "BREAKER_OPEN" || callVerdict(code).fallsBack).toBe(true);
      expect(sinceResponse).not.toContain("chunk");
      expect(sinceResponse).not.toContain("fallback");
    }
    sinceResponse = event.type === "response" ? [] : [...sinceResponse, event.type];
  }
}

/** P3 and P4: a cancel settles when the ladder is at its end, at the latest. */
async function expectCancels(simulation: Simulation, sim: SimJob): Promise<void> {
  const { cancels, outcome } = sim;
  const { world } = simulation;
  const ladders = familyOf(simulation, sim).map(
    ({ worker: { plan } }) => plan.graceMs + plan.killMs,
  );
  for (const { how, afterMs } of await Promise.all(cancels)) {
    expect(afterMs).toBeLessThanOrEqual(Math.max(...ladders));
    if (how !== "stuck") continue;
    expect(outcome?.error?.code).toBe("THREAD_STUCK");
    expect(world.threads.some(({ kind, isUnkillable }) => kind === "actor" && isUnkillable)).toBe(
      true,
    );
  }
}

/** P5: a lossless reader has read the log from where it began; one that skips was told what. */
async function expectReader(reader: SimReader): Promise<void> {
  const log: JobEvent[] = [];
  for await (const event of reader.job.events({ from: reader.from })) log.push(event);
  if (!reader.hasLeft) expect(reader.hasEnded).toBe(true);
  if (reader.as === "chunks") {
    const chunks = log.flatMap((event) => (event.type === "chunk" ? [event.chunk] : []));
    expect(reader.chunks).toEqual(reader.hasLeft ? chunks.slice(0, reader.chunks.length) : chunks);
    const { error } = await reader.job.outcome;
    if (!reader.hasLeft) expect(reader.thrown).toBe(error);
    return;
  }
  // No plan has so many chunks that a reader would have to skip any.
  expect(reader.events).toEqual(reader.hasLeft ? log.slice(0, reader.events.length) : log);
}
