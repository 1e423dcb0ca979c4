import { describe, expect, onTestFinished, test } from "vitest";
import type { WorkerJob } from "../../src/index.ts";
import type { Thread } from "../../src/supervisor/thread.ts";
import { startWithActors } from "../support/bare-session.ts";
import { collect } from "../support/supervisors.ts";

/** Resolves when the job runs on its thread. */
async function begun(job: WorkerJob): Promise<void> {
  for await (const event of job.events()) if (event.type === "started") return;
}

describe("the ladder", () => {
  test("ends the thread of an actor that does not listen, after graceMs", async () => {
    const { session, permits } = await startWithActors("deaf");
    const worker = session.createWorker({ graceMs: 50 });
    const job = session.run(worker, { prompt: "go" });
    await begun(job);
    const { how, afterMs } = await job.cancel();
    expect(how).toBe("terminated");
    expect(afterMs).toBeGreaterThanOrEqual(45);
    expect((await job.outcome).status).toBe("cancelled");
    expect(worker.state).toBe("idle");
    expect(permits.held).toBe(0);
    expect((await collect(job.events())).at(-1)?.type).toBe("cancelled");
  });

  test("also ends a job whose deadline has passed, and it is the deadline that the job fails with", async () => {
    const { session } = await startWithActors("deaf");
    const worker = session.createWorker({ graceMs: 0, timeouts: { totalMs: 50 } });
    const job = session.run(worker, { prompt: "go" });
    await expect(job.wait()).rejects.toMatchObject({ code: "JOB_TIMEOUT" });
    expect(worker.lastFailure?.code).toBe("JOB_TIMEOUT");
  });

  test("settles with THREAD_STUCK when the thread cannot be ended, reports it and writes it off", async () => {
    const threads: Thread[] = [];
    const { session, events, permits } = await startWithActors("deaf", (thread) => {
      threads.push(thread);
      return { ...thread, terminate: () => {} };
    });
    onTestFinished(() => {
      for (const thread of threads) thread.terminate();
    });
    const worker = session.createWorker({ graceMs: 10, killMs: 20 });
    const job = session.run(worker, { prompt: "go" });
    await begun(job);
    expect(await job.cancel()).toMatchObject({ how: "stuck" });
    await expect(job.wait()).rejects.toMatchObject({ code: "THREAD_STUCK" });
    expect(events).toContainEqual({
      type: "thread-stuck",
      thread: expect.stringContaining(worker.name),
      threadId: threads[0]?.threadId,
    });
    expect(permits.held).toBe(0);
  });

  test("terminate() does not wait for the grace", async () => {
    const { session } = await startWithActors("deaf");
    const worker = session.createWorker({ graceMs: 600_000 });
    const job = session.run(worker, { prompt: "go" });
    await begun(job);
    await worker.terminate();
    expect((await job.outcome).status).toBe("cancelled");
    expect(worker.state).toBe("stopped");
  });

  test("terminate() cuts short the grace of a cancel that is under way", async () => {
    const { session } = await startWithActors("deaf");
    const worker = session.createWorker({ graceMs: 600_000 });
    const job = session.run(worker, { prompt: "go" });
    await begun(job);
    const cancelled = job.cancel();
    await worker.terminate();
    expect(await cancelled).toMatchObject({ how: "terminated" });
  });
});

describe("an actor that crashes", () => {
  test("fails its job with ACTOR_CRASHED and its cause, and the worker can go on", async () => {
    const { session } = await startWithActors("crash");
    const worker = session.createWorker();
    const job = session.run(worker, { prompt: "go" });
    const error = await job.wait().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "ACTOR_CRASHED", details: { exitCode: 1 } });
    expect(error.cause).toMatchObject({ name: "TypeError", message: "boom", code: "E_BOOM" });
    expect(worker.lastFailure).toBe(error);
    expect(worker.state).toBe("idle");
    await expect(session.run(worker, { prompt: "again" }).wait()).rejects.toMatchObject({
      code: "ACTOR_CRASHED",
    });
  });
});
