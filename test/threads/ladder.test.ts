import { describe, expect, onTestFinished, test } from "vitest";
import type { Thread } from "../../src/supervisor/threads/thread.ts";
import { startWithActors } from "../support/bare-session.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { atWork, collect } from "../support/supervisors.ts";

describe("the ladder", () => {
  test("ends the thread of an actor that does not listen, after graceMs", async () => {
    const { session, permits } = await startWithActors("deaf");
    const worker = session.createWorker({ graceMs: 50 });
    const job = session.run(worker, { prompt: "go" });
    await atWork(job);
    const { how, afterMs } = await job.cancel();
    expect(how).toBe("terminated");
    expect(afterMs).toBeGreaterThanOrEqual(45);
    expect((await job.outcome).status).toBe("cancelled");
    expect(worker.state).toBe("idle");
    expect(permits.held).toBe(0);
    expect((await collect(job.events())).at(-1)?.type).toBe("cancelled");
  });

  test("also ends a job whose deadline has passed, and it is the deadline that the job fails with", async () => {
    const clock = new FakeClock();
    const { session, permits } = await startWithActors("deaf", { clock });
    const worker = session.createWorker({ graceMs: 100, timeouts: { totalMs: 50 } });
    const job = session.run(worker, { prompt: "go" });
    await atWork(job);
    clock.advance(50);
    expect([job.state, permits.held]).toEqual(["cancelling", 1]);
    clock.advance(100);
    await expect(job.wait()).rejects.toMatchObject({ code: "JOB_TIMEOUT" });
    expect(worker.lastFailure?.code).toBe("JOB_TIMEOUT");
    expect(permits.held).toBe(0);
  });

  test("settles with THREAD_STUCK when the thread cannot be ended, reports it and writes it off", async () => {
    const threads: Thread[] = [];
    const { session, events, permits } = await startWithActors("deaf", {
      wrap: (thread) => {
        threads.push(thread);
        return { ...thread, terminate: () => {} };
      },
    });
    onTestFinished(() => {
      for (const thread of threads) thread.terminate();
    });
    const worker = session.createWorker({ graceMs: 10, killMs: 20 });
    const job = session.run(worker, { prompt: "go" });
    await atWork(job);
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
    await atWork(job);
    await worker.terminate();
    expect((await job.outcome).status).toBe("cancelled");
    expect(worker.state).toBe("stopped");
  });

  test("terminate() cuts short the grace of a cancel that is under way", async () => {
    const { session } = await startWithActors("deaf");
    const worker = session.createWorker({ graceMs: 600_000 });
    const job = session.run(worker, { prompt: "go" });
    await atWork(job);
    const cancelled = job.cancel();
    await worker.terminate();
    expect(await cancelled).toMatchObject({ how: "terminated" });
  });
});

describe("an actor that crashes", () => {
  test("fails its job with ACTOR_CRASHED and its cause, and its worker with it, if it is not to be restarted", async () => {
    const { session } = await startWithActors("crash");
    const worker = session.createWorker({ restart: { policy: "never" } });
    const job = session.run(worker, { prompt: "go" });
    const error = await job.wait().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "ACTOR_CRASHED", details: { exitCode: 1 } });
    expect(error.cause).toMatchObject({ name: "TypeError", message: "boom", code: "E_BOOM" });
    expect(worker.lastFailure).toBe(error);
    expect(worker.state).toBe("failed");
    expect(() => session.run(worker, { prompt: "again" })).toThrow(
      expect.objectContaining({ code: "WORKER_FAILED", cause: error }),
    );
  });

  test("is restarted until the limit, and then fails visibly with what was wrong", async () => {
    const { session } = await startWithActors("crash");
    const restart = { maxRestarts: 2, backoff: { initialMs: 1, maxMs: 1 } };
    const worker = session.createWorker({ restart });
    const job = session.run(worker, { prompt: "go" });
    const queued = session.run(worker, { prompt: "never begun" });
    const error = await job.wait().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "RESTART_LIMIT", cause: { code: "ACTOR_CRASHED" } });
    expect(worker.state).toBe("failed");
    const events = await collect(job.events());
    expect(events.filter(({ type }) => type === "restarted")).toMatchObject([
      { attempt: 1, failure: { code: "ACTOR_CRASHED" } },
      { attempt: 2, failure: { code: "ACTOR_CRASHED" } },
    ]);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
    await expect(queued.wait()).rejects.toMatchObject({ code: "WORKER_FAILED" });
  });

  test("can be cancelled while it waits to be restarted", async () => {
    const { session } = await startWithActors("crash");
    const restart = { backoff: { initialMs: 600_000, maxMs: 600_000 } };
    const worker = session.createWorker({ restart });
    const job = session.run(worker, { prompt: "go" });
    const restarting = Promise.withResolvers<void>();
    worker.state$.subscribe((state) => {
      if (state === "restarting") restarting.resolve();
    });
    await restarting.promise;
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    expect((await job.outcome).status).toBe("cancelled");
    expect(worker.state).toBe("idle");
  });

  test("once is no harm: the job goes on from its last completed step", async () => {
    const { session } = await startWithActors("crash-once");
    const worker = session.createWorker({ restart: { backoff: { initialMs: 1, maxMs: 1 } } });
    const job = session.run(worker, { prompt: "go" });
    expect(await job.wait()).toMatchObject({ text: "done", steps: 2 });
    const types = (await collect(job.events())).map(({ type }) => type);
    expect(types.filter((type) => type === "tool-finished")).toHaveLength(1);
    expect(types.filter((type) => type === "restarted")).toHaveLength(1);
    expect(worker.transcript.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
  });
});
