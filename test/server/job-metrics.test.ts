import { describe, expect, test } from "vitest";
import type { Session, WorkerHost, WorkerJob, WorkerOptions } from "../../src/index.ts";
import { scriptedProvider } from "../../src/index.ts";
import { AT_ONCE, create, reaches } from "../support/behaviours.ts";
import { serveMetered } from "../support/metrics.ts";
import { begun, firstChunk, startSupervisor, startWithEntry } from "../support/supervisors.ts";

function tools(name: string): readonly URL[] {
  return [new URL(`../fixtures/tools/${name}.ts`, import.meta.url)];
}

/** A model that has `fault` happen in a tool, and is content with whatever comes of it. */
function faulty(fault: string) {
  return [{ toolCalls: [{ name: "fault", args: { name: fault } }] }, { text: "well then" }];
}

function run(session: Session, options: WorkerOptions = {}, host?: WorkerHost): WorkerJob {
  return session.run(options, { prompt: "go" }, host ? { host } : {});
}

describe("jobs", () => {
  test("by how they have ended, with their times", async () => {
    const { supervisor, figures } = await serveMetered([
      { text: "done" },
      { error: { status: 400, message: "no" } },
    ]);
    const session = supervisor.openSession();
    const worker = session.createWorker();
    await session.run(worker, { prompt: "go" }).wait();
    await session.run(worker, { prompt: "go" }).outcome;
    const { sum } = await figures();
    expect(sum("heddle_jobs_ended_total", { outcome: "completed", code: "" })).toBe(1);
    const failed = { outcome: "failed", code: "PROVIDER_BAD_REQUEST" };
    expect(sum("heddle_jobs_ended_total", failed)).toBe(1);
    expect(sum("heddle_jobs_ended_total")).toBe(2);
    expect(sum("heddle_job_queue_seconds_count")).toBe(2);
    expect(sum("heddle_job_first_chunk_seconds_count", { provider: "main" })).toBe(1);
    expect(sum("heddle_job_duration_seconds_count", { outcome: "completed" })).toBe(1);
    expect(sum("heddle_job_duration_seconds_count", { outcome: "failed" })).toBe(1);
    expect(sum("heddle_jobs")).toBe(0);
  });

  test("by state; one that is cancelled before it starts has no duration", async () => {
    const { supervisor, figures } = await serveMetered([{ stall: true }]);
    const session = supervisor.openSession();
    const worker = session.createWorker();
    const running = session.run(worker, { prompt: "go" });
    const queued = session.run(worker, { prompt: "go" });
    await begun(running);
    const before = await figures();
    expect(before.sum("heddle_jobs", { state: "running" })).toBe(1);
    expect(before.sum("heddle_jobs", { state: "queued" })).toBe(1);
    expect(before.sum("heddle_worker_queued_jobs")).toBe(1);
    expect(before.sum("heddle_workers", { state: "working", parked: "false" })).toBe(1);
    expect(before.sum("heddle_threads", { state: "held" })).toBe(1);
    await queued.cancel();
    const after = await figures();
    expect(after.sum("heddle_jobs", { state: "queued" })).toBe(0);
    expect(after.sum("heddle_jobs_ended_total", { code: "JOB_CANCELLED" })).toBe(1);
    expect(after.sum("heddle_job_duration_seconds_count")).toBe(0);
    expect(after.sum("heddle_job_stop_seconds_count")).toBe(0);
  });

  test("by how long they took to stop, and how", async () => {
    const { supervisor, figures } = await serveMetered([
      { toolCalls: [{ name: "deaf", args: {} }] },
    ]);
    const { supervisor: other, figures: otherFigures } = await serveMetered([
      { endless: true, text: "x" },
    ]);
    const listening = run(other.openSession());
    await firstChunk(listening);
    expect(await listening.cancel()).toMatchObject({ how: "cooperative" });
    const deaf = run(supervisor.openSession(), { tools: tools("moody"), graceMs: 20 });
    for await (const { type } of deaf.events()) if (type === "tool-progress") break;
    expect(await deaf.cancel()).toMatchObject({ how: "terminated" });
    const [soft, hard] = [await otherFigures(), await figures()];
    expect(soft.sum("heddle_job_stop_seconds_count", { how: "cooperative" })).toBe(1);
    expect(hard.sum("heddle_job_stop_seconds_count", { how: "terminated" })).toBe(1);
    expect(hard.sum("heddle_job_stop_seconds_sum")).toBeGreaterThanOrEqual(0.02);
    expect(hard.sum("heddle_jobs_ended_total", { outcome: "cancelled" })).toBe(1);
  });

  test("that wait for their provider's limits, and how long its requests have waited", async () => {
    const main = scriptedProvider({
      repeat: true,
      responses: [{ stall: true, text: "x" }],
      limits: { maxConcurrent: 1 },
    });
    const { supervisor, figures } = await serveMetered([], {
      supervisor: await startSupervisor({ providers: { main } }),
    });
    const session = supervisor.openSession();
    const first = run(session);
    await firstChunk(first);
    const second = run(session);
    for await (const event of second.events()) if (event.type === "waiting") break;
    const waiting = await figures();
    const provider = { provider: "main" };
    expect(waiting.sum("heddle_job_waits_total", { for: "rate-limit" })).toBe(1);
    expect(waiting.sum("heddle_provider_requests_waiting", provider)).toBe(1);
    expect(waiting.sum("heddle_provider_requests_in_flight", provider)).toBe(1);
    expect(waiting.sum("heddle_provider_waits_total", provider)).toBe(0);
    await first.cancel();
    await firstChunk(second);
    const gone = await figures();
    expect(gone.sum("heddle_provider_requests_waiting", provider)).toBe(0);
    expect(gone.sum("heddle_provider_waits_total", provider)).toBe(1);
    expect(gone.sum("heddle_provider_wait_seconds_total", provider)).toBeGreaterThan(0);
    await second.cancel();
  });

  test("that wait because their provider has refused another one", async () => {
    const { supervisor, figures } = await serveMetered([
      { error: { status: 429, message: "slow down" } },
    ]);
    const session = supervisor.openSession();
    await run(session).outcome;
    // The first one may have waited as well, before it was sent again.
    const before = (await figures()).sum("heddle_job_waits_total", { for: "rate-limit" });
    const second = run(session);
    for await (const event of second.events())
      if (event.type === "waiting" && event.for === "rate-limit") break;
    const { sum } = await figures();
    expect(sum("heddle_jobs_ended_total", { code: "PROVIDER_RATE_LIMITED" })).toBe(1);
    expect(sum("heddle_job_waits_total", { for: "rate-limit" }) - before).toBe(1);
    expect(sum("heddle_provider_requests_waiting")).toBe(1);
    expect(sum("heddle_provider_back_off_seconds")).toBeGreaterThan(0);
    await second.cancel();
  });
});

describe("tool calls", () => {
  test("by how they have ended", async () => {
    const add = { name: "add", args: { a: 1, b: 2 } };
    const { supervisor, figures } = await serveMetered([
      { toolCalls: [add, add, { name: "made_up_by_the_model", args: {} }] },
      { text: "3" },
    ]);
    await run(supervisor.openSession(), { tools: tools("calculator") }).wait();
    const { sum, text } = await figures();
    expect(sum("heddle_tool_calls_total", { outcome: "ok", code: "" })).toBe(2);
    expect(sum("heddle_tool_calls_total", { outcome: "error", code: "UNKNOWN_TOOL" })).toBe(1);
    expect(text).not.toContain("made_up");
  });

  test("that were denied or approved, and by whom; those that wait", async () => {
    const { supervisor, figures } = await serveMetered([
      { toolCalls: [{ name: "divide", args: { a: 4, b: 2 } }] },
      { text: "done" },
    ]);
    const session = supervisor.openSession();
    const asked = Promise.withResolvers<string>();
    session.confirmations$.subscribe(({ confirmationId }) => asked.resolve(confirmationId));
    const job = run(session, { tools: tools("calculator") });
    const confirmationId = await asked.promise;
    expect((await figures()).sum("heddle_tool_confirmations_waiting")).toBe(1);
    session.decide(confirmationId, { deny: "not today" });
    await job.wait();
    const host = {
      workerStateChange: () => {},
      responseChunkReceived: () => {},
      getToolConfirmation: async () => ({ approve: true as const }),
    };
    await run(session, { tools: tools("calculator") }, host).wait();
    const { sum } = await figures();
    expect(sum("heddle_tool_confirmations_waiting")).toBe(0);
    expect(sum("heddle_tool_decisions_total", { decision: "denied", by: "session" })).toBe(1);
    expect(sum("heddle_tool_decisions_total", { decision: "approved", by: "host" })).toBe(1);
    expect(sum("heddle_tool_calls_total", { code: "TOOL_DENIED" })).toBe(1);
    expect(sum("heddle_tool_calls_total", { outcome: "ok" })).toBe(1);
  });
});

describe("actors", () => {
  test.each([
    ["objects", "ACTOR_OUT_OF_MEMORY", { heapMb: 48 }],
    ["endless loop", "ACTOR_UNRESPONSIVE", { unresponsiveMs: 100, whenUnresponsive: "kill" }],
    ["throw", undefined, {}],
    ["reject", "ACTOR_CRASHED", {}],
  ] as const)("that die by %s: %s", async (fault, code, options) => {
    const { supervisor, figures } = await serveMetered(faulty(fault));
    const restart = { policy: "never" } as const;
    await run(supervisor.openSession(), { tools: tools("rogue"), restart, ...options }).outcome;
    const { sum } = await figures();
    expect(sum("heddle_actor_failures_total")).toBe(code ? 1 : 0);
    if (code) expect(sum("heddle_actor_failures_total", { code })).toBe(1);
    expect(sum("heddle_actor_restarts_total")).toBe(0);
    expect(sum("heddle_actor_unresponsive_total")).toBe(code === "ACTOR_UNRESPONSIVE" ? 1 : 0);
    expect(sum("heddle_jobs_ended_total", { code: code ?? "" })).toBe(1);
  });

  test("that flood the supervisor", async () => {
    const entry = new URL("../fixtures/actors/rogue.ts", import.meta.url);
    const [call, answer] = faulty("none");
    const main = scriptedProvider({ responses: call && answer ? [call, answer] : [] });
    const { supervisor, figures } = await serveMetered([], {
      supervisor: await startWithEntry({ providers: { main } }, entry),
    });
    const prompt = JSON.stringify({ fault: "flood", moment: "before the model call" });
    const restart = { backoff: AT_ONCE };
    await supervisor.openSession().run({ restart }, { prompt }).wait();
    const { sum } = await figures();
    expect(sum("heddle_actor_failures_total", { code: "ACTOR_FLOODED" })).toBe(1);
    expect(sum("heddle_actor_restarts_total", { code: "ACTOR_FLOODED" })).toBe(1);
    expect(sum("heddle_jobs_ended_total", { outcome: "completed" })).toBe(1);
  });

  test("that are started again, and what becomes of the call", async () => {
    const { supervisor, figures } = await serveMetered(faulty("exit 7"));
    const restart = { backoff: AT_ONCE };
    await run(supervisor.openSession(), { tools: tools("rogue"), restart }).wait();
    const { sum } = await figures();
    expect(sum("heddle_actor_restarts_total", { code: "ACTOR_EXITED" })).toBe(1);
    expect(sum("heddle_actor_failures_total", { code: "ACTOR_EXITED" })).toBe(1);
    expect(sum("heddle_tool_calls_total", { code: "TOOL_INTERRUPTED" })).toBe(1);
    expect(sum("heddle_jobs_ended_total", { outcome: "completed" })).toBe(1);
  });

  test("that die too often: each death counts once", async () => {
    const [call] = faulty("exit 7");
    const { supervisor, figures } = await serveMetered(call ? [call] : []);
    const restart = { maxRestarts: 1, backoff: AT_ONCE };
    const outcome = await run(supervisor.openSession(), { tools: tools("rogue"), restart }).outcome;
    expect(outcome.error).toMatchObject({ code: "RESTART_LIMIT" });
    const { sum } = await figures();
    expect(sum("heddle_actor_restarts_total", { code: "ACTOR_EXITED" })).toBe(1);
    expect(sum("heddle_actor_failures_total", { code: "ACTOR_EXITED" })).toBe(2);
    expect(sum("heddle_jobs_ended_total", { code: "RESTART_LIMIT" })).toBe(1);
  });

  test("that run a behaviour", async () => {
    const { supervisor, figures } = await serveMetered([{ text: "x" }]);
    const restart = { maxRestarts: 1, backoff: AT_ONCE };
    const worker = create(supervisor.openSession(), "faulty", { restart });
    const failed = reaches(worker, "failed");
    for (let death = 0; death < 2; death++) await worker.ask("exit", { code: 3 }).catch(() => {});
    await failed;
    const { sum } = await figures();
    expect(sum("heddle_actor_restarts_total", { code: "ACTOR_EXITED" })).toBe(1);
    expect(sum("heddle_actor_failures_total", { code: "ACTOR_EXITED" })).toBe(2);
    expect(sum("heddle_workers", { state: "failed" })).toBe(1);
  });

  test("whose gateway dies", async () => {
    const echo = { module: new URL("../fixtures/providers/echo.ts", import.meta.url) };
    const { supervisor, figures } = await serveMetered([], {
      supervisor: await startSupervisor({ providers: { echo } }),
    });
    const gateway = { gateway: "gateway-echo" };
    expect((await figures()).sum("heddle_gateway_losses_total", gateway)).toBe(0);
    await supervisor.openSession().run({ provider: "echo" }, { prompt: "exit after" }).outcome;
    const { sum } = await figures();
    expect(sum("heddle_gateway_losses_total", gateway)).toBe(1);
    expect(sum("heddle_gateway_lost_calls_total", { ...gateway, outcome: "failed" })).toBe(1);
    expect(sum("heddle_gateway_lost_calls_total", { ...gateway, outcome: "resent" })).toBe(0);
    expect(sum("heddle_jobs_ended_total", { code: "GATEWAY_LOST" })).toBe(1);
  });
});
