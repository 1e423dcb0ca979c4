import { describe, expect, test } from "vitest";
import type { Thread } from "../../src/supervisor/threads/thread.ts";
import { startWithActors } from "../support/bare-session.ts";
import { collect } from "../support/supervisors.ts";

const GO = { prompt: "go" };
const backoff = { initialMs: 1, maxMs: 1 };

describe("a thread that does not start", () => {
  test("is followed by another, and the job then begins", async () => {
    const { session } = await startWithActors((n) => (n < 2 ? "dies-at-start" : "crash-once"));
    const worker = session.createWorker({ restart: { backoff } });
    const job = session.run(worker, GO);
    expect((await job.wait()).text).toBe("done");
    const log = await collect(job.events());
    const begins = log.findIndex(({ type }) => type === "started");
    expect(log.slice(0, begins)).toMatchObject([
      { type: "state", state: "restarting" },
      { type: "state", state: "restarting" },
      { type: "restarted", attempt: 2, failure: { code: "ACTOR_START_FAILED" } },
    ]);
    expect(worker.lastFailure).toBeUndefined();
  });

  test("fails the worker at the limit of restarts, with the cause", async () => {
    const { session, permits } = await startWithActors("dies-at-start");
    const worker = session.createWorker({ restart: { maxRestarts: 2, backoff } });
    const [job, queued] = [session.run(worker, GO), session.run(worker, GO)];
    await expect(job.wait()).rejects.toMatchObject({
      code: "RESTART_LIMIT",
      cause: { code: "ACTOR_START_FAILED" },
    });
    await expect(queued.wait()).rejects.toMatchObject({ code: "WORKER_FAILED" });
    expect([worker.state, permits.held]).toEqual(["failed", 0]);
  });

  test("is not tried again by a worker that is never restarted", async () => {
    const { session } = await startWithActors((n) => (n < 1 ? "dies-at-start" : "crash-once"));
    const worker = session.createWorker({ restart: { policy: "never" } });
    await expect(session.run(worker, GO).wait()).rejects.toMatchObject({
      code: "ACTOR_START_FAILED",
    });
    expect(worker.state).toBe("failed");
  });
});

describe("a thread that hangs at its start", () => {
  /** A session whose first thread hangs; `hanging` resolves when it is there. */
  async function startHanging() {
    const hanging = Promise.withResolvers<void>();
    let terminated = 0;
    const wrap = (thread: Thread): Thread => {
      hanging.resolve();
      return {
        ...thread,
        terminate: () => {
          terminated += 1;
          thread.terminate();
        },
      };
    };
    const entry = (n: number) => (n < 1 ? "hangs-at-start" : "crash-once");
    const { session, permits } = await startWithActors(entry, { wrap });
    return { session, permits, hanging: hanging.promise, terminated: () => terminated };
  }

  test("is ended as soon as the job that wanted it is cancelled", async () => {
    const { session, permits, hanging, terminated } = await startHanging();
    const worker = session.createWorker();
    const job = session.run(worker, GO);
    await hanging;
    const cancelled = job.cancel();
    expect(terminated()).toBe(1);
    expect(await cancelled).toEqual({ how: "cooperative", afterMs: expect.any(Number) });
    expect((await session.run(worker, GO).wait()).text).toBe("done");
    expect([permits.held, worker.lastFailure]).toEqual([1, undefined]);
  });

  test("is waited for as long as another job of the worker wants it", async () => {
    const { session, hanging, terminated } = await startHanging();
    const worker = session.createWorker();
    const jobs = [session.run(worker, GO), session.run(worker, GO)];
    await hanging;
    await jobs[0]?.cancel();
    expect(terminated()).toBe(0);
    await jobs[1]?.cancel();
    expect(terminated()).toBe(1);
    await worker.stop();
  });
});
