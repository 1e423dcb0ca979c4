import { lastValueFrom, toArray } from "rxjs";
import { describe, expect, test } from "vitest";
import type { Session, WorkerState } from "../../src/index.ts";
import { scriptedProvider } from "../../src/index.ts";
import { collect, firstChunk, startScripted, startSupervisor } from "../support/supervisors.ts";

const SLOW = { text: "take your time", chunks: 14, chunksPerSecond: 100 };

describe("supervisor.sessions", () => {
  test("has a session from before it is told of until after it was closed", async () => {
    const { supervisor } = await startScripted([{ text: "x" }]);
    const told: [string, boolean][] = [];
    supervisor.events$.subscribe((event) => {
      if (event.type === "session-opened" || event.type === "session-closed")
        told.push([event.type, supervisor.sessions.has(event.session)]);
    });
    const session = supervisor.openSession({ name: "alice" });
    expect(supervisor.sessions.get("alice")).toBe(session);
    await session.close();
    expect(told).toEqual([
      ["session-opened", true],
      ["session-closed", false],
    ]);
    expect(supervisor.sessions.has("alice")).toBe(false);
  });
});

describe("supervisor.events$", () => {
  test("tells of each failure of its own subscribers once, however many fail", async () => {
    const { supervisor } = await startScripted([{ text: "x" }]);
    let calls = 0;
    for (let i = 0; i < 8; i++) {
      supervisor.events$.subscribe(() => {
        calls += 1;
        throw new Error("mine");
      });
    }
    const failures: unknown[] = [];
    supervisor.events$.subscribe((event) => {
      if (event.type === "subscriber-failed") failures.push(event.error);
    });
    supervisor.openSession();
    expect(failures).toHaveLength(8);
    expect(calls).toBe(8 + 8 * 8);
  });
});

describe("a session", () => {
  test("lets settled jobs go, and still finds them while they are kept", async () => {
    const { session } = await startScripted([{ text: "x" }], { keepSettled: { count: 2 } });
    const jobs = ["a", "b", "c"].map((id) => session.run({}, { prompt: "go" }, { id }));
    expect([...session.jobs.keys()]).toEqual(["a", "b", "c"]);
    expect(session.job("a")).toBe(jobs[0]);
    for (const job of jobs) await job.wait();
    expect(session.jobs.size).toBe(0);
    expect(["a", "b", "c"].filter((id) => session.job(id))).toHaveLength(2);
  });

  test("closes a worker that was made for one job with that job", async () => {
    const { session } = await startScripted([{ text: "x" }]);
    const job = session.run({}, { prompt: "go" });
    expect(session.workers.size).toBe(1);
    await lastValueFrom(job.worker.state$);
    expect(job.worker.state).toBe("stopped");
    expect((await job.outcome).status).toBe("completed");
    expect(session.workers.size).toBe(0);
  });

  test("shows a worker's states, to those who come late the present one first", async () => {
    const { session } = await startScripted([{ text: "x" }]);
    const worker = session.createWorker({ name: "w" });
    const states: WorkerState[] = [];
    worker.state$.subscribe((state) => states.push(state));
    await session.run(worker, { prompt: "go" }).wait();
    expect(worker.state).toBe("idle");
    await worker.stop();
    expect(states).toEqual(["idle", "working", "idle", "stopped"]);
    expect(await lastValueFrom(worker.state$, { defaultValue: "none" })).toBe("none");
  });

  test("tells of its workers and jobs, chunks left out", async () => {
    const { session } = await startScripted([{ text: "x y z" }]);
    const seen = lastValueFrom(session.events$.pipe(toArray()));
    const worker = session.createWorker({ name: "w" });
    const job = session.run(worker, { prompt: "go" }, { id: "j" });
    await job.wait();
    await session.close();
    const types = (await seen).map((event) =>
      event.type === "job-event" ? event.event.type : event.type,
    );
    expect(types).toEqual([
      "worker-created",
      "job-queued",
      "started",
      "state",
      "worker-state",
      "response",
      "completed",
      "worker-state",
      "worker-state",
      "worker-stopped",
    ]);
  });

  test("takes a worker's jobs one after the other, each with the conversation so far", async () => {
    const { session, supervisor } = await startScripted([{ text: "one" }, { text: "two" }]);
    const worker = session.createWorker({ transcript: [{ role: "user", content: "before" }] });
    const jobs = ["first", "second"].map((prompt) => session.run(worker, { prompt }));
    await Promise.all(jobs.map((job) => job.wait()));
    const calls = await supervisor.scripted("main").calls();
    expect(calls.map(({ request }) => request.messages.map(({ content }) => content))).toEqual([
      ["before", "first"],
      ["before", "first", "one", "second"],
    ]);
    expect(calls.map(({ callIndex }) => callIndex)).toEqual([0, 1]);
  });

  test("lays the job's model settings over the worker's, and those over the defaults", async () => {
    const { session, supervisor } = await startScripted([{ text: "x" }], {
      defaults: { model: { name: "m", temperature: 1 }, instructions: "be good" },
    });
    const worker = session.createWorker({ model: { temperature: 0 } });
    await session.run(worker, { prompt: "go" }, { model: { maxOutputTokens: 9 } }).wait();
    const [call] = await supervisor.scripted("main").calls();
    expect(call?.request).toMatchObject({
      instructions: "be good",
      settings: { name: "m", temperature: 0, maxOutputTokens: 9 },
    });
  });

  test("refuses a second job of a busy worker if that is what was asked for", async () => {
    const { session } = await startScripted([{ stall: true, text: "x" }]);
    const worker = session.createWorker({ whenBusy: "reject" });
    const job = session.run(worker, { prompt: "1" });
    expect(() => session.run(worker, { prompt: "2" })).toThrow(
      expect.objectContaining({ code: "WORKER_BUSY" }),
    );
    await job.cancel();
    expect(session.jobs.size).toBe(0);
  });

  test("interrupts a busy worker for a newer job if that is what was asked for", async () => {
    const { session } = await startScripted([{ stall: true, text: "x" }, { text: "newer" }]);
    const worker = session.createWorker({ whenBusy: "interrupt" });
    const old = session.run(worker, { prompt: "1" });
    await firstChunk(old);
    const newer = session.run(worker, { prompt: "2" });
    expect((await old.outcome).status).toBe("cancelled");
    expect(await newer.wait()).toMatchObject({ text: "newer" });
  });

  test("waits for a thread when all are taken, and gets that of an idle worker", async () => {
    const { session, supervisor } = await startScripted([SLOW], { threads: { max: 2 } });
    const workers = Array.from({ length: 5 }, () => session.createWorker());
    const jobs = workers.map((worker) => session.run(worker, { prompt: "go" }));
    await Promise.all(jobs.map((job) => job.wait()));
    expect(supervisor.inspect().threads).toMatchObject({ max: 2, held: 2, waiting: 0 });
    const types = (await Promise.all(jobs.map((job) => collect(job.events())))).map(
      ([first]) => first?.type,
    );
    expect(types.filter((type) => type === "waiting")).toHaveLength(3);
    // A worker whose thread was taken from it goes on with its conversation.
    await Promise.all(workers.map((worker) => session.run(worker, { prompt: "more" }).wait()));
    expect(workers.map((worker) => worker.transcript.length)).toEqual([4, 4, 4, 4, 4]);
  });

  test("close() cancels queued jobs at once, lets running ones end, and starts nothing any more", async () => {
    const { session } = await startScripted([SLOW]);
    const worker = session.createWorker();
    const running = session.run(worker, { prompt: "1" });
    const queued = session.run(worker, { prompt: "2" });
    await firstChunk(running);
    await session.close({ drainMs: 60_000 });
    expect((await running.outcome).status).toBe("completed");
    expect((await queued.outcome).status).toBe("cancelled");
    expect(worker.state).toBe("stopped");
    expect(() => session.createWorker()).toThrow(
      expect.objectContaining({ code: "SESSION_CLOSED" }),
    );
    expect(() => session.run({}, { prompt: "x" })).toThrow(
      expect.objectContaining({ code: "SESSION_CLOSED" }),
    );
  });

  test("`await using` ends what runs", async () => {
    const { supervisor } = await startScripted([{ stall: true, text: "x" }]);
    const outcome = await (async () => {
      await using session: Session = supervisor.openSession();
      const job = session.run({}, { prompt: "go" });
      await firstChunk(job);
      return job.outcome.then(({ status }) => [status]);
    })().then((pending) => pending);
    expect(outcome).toEqual(["cancelled"]);
    expect(supervisor.inspect().threads.held).toBe(0);
  });

  test("spreads its workers over several gateways", async () => {
    const main = scriptedProvider({ repeat: true, responses: [{ stall: true, text: "x" }] });
    const supervisor = await startSupervisor({ providers: { main }, threads: { gateways: 2 } });
    const session = supervisor.openSession();
    const jobs = Array.from({ length: 4 }, () => session.run({}, { prompt: "go" }));
    await Promise.all(jobs.map(firstChunk));
    expect(supervisor.inspect().gateways.map(({ calls }) => calls)).toEqual([2, 2]);
    expect(await supervisor.scripted("main").calls()).toHaveLength(4);
  });
});
