import { describe, expect, test } from "vitest";
import { collect, firstChunk, firstText, startScripted } from "../support/supervisors.ts";

describe("cancel()", () => {
  test.each([
    ["first", []],
    ["second", [{ toolCalls: [{ name: "none", args: {} }] }]],
  ])(
    "stops the stream of a job's %s model call, and the worker is idle again with what had arrived in its transcript",
    async (_, before) => {
      const { session } = await startScripted([
        ...before,
        { endless: true, text: "on and on " },
        { text: "ok" },
      ]);
      const worker = session.createWorker();
      const job = session.run(worker, { prompt: "go" });
      await firstText(job);
      expect(await job.cancel("enough")).toMatchObject({ how: "cooperative" });
      await expect(job.wait()).rejects.toMatchObject({
        code: "JOB_CANCELLED",
        details: { reason: "enough" },
      });
      expect(worker.state).toBe("idle");
      expect(worker.lastFailure).toBeUndefined();
      expect(worker.transcript.at(-1)).toMatchObject({ role: "assistant", interrupted: true });
      expect((await collect(job.events())).at(-1)).toMatchObject({
        type: "cancelled",
        reason: "enough",
      });
      expect(await session.run(worker, { prompt: "and now?" }).wait()).toMatchObject({
        text: "ok",
      });
    },
  );

  test("stops a model call that has not answered", async () => {
    const { session, supervisor } = await startScripted([{ stall: true }]);
    const job = session.run({}, { prompt: "go" });
    await whenCalled(supervisor);
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    expect(supervisor.inspect().gateways[0]?.calls).toBe(0);
  });

  test("gives the same promise when called again, and `settled` after the end", async () => {
    const { session } = await startScripted([{ stall: true, text: "x" }]);
    const job = session.run({}, { prompt: "go" });
    await firstChunk(job);
    const first = job.cancel("one");
    expect(job.cancel("two")).toBe(first);
    await first;
    expect(await job.cancel("three")).toEqual({ how: "settled", afterMs: 0 });
    const terminals = (await collect(job.events())).filter((event) => event.type === "cancelled");
    expect(terminals).toMatchObject([{ reason: "one" }]);
  });

  test("before there is a thread sends no request, and leaves no trace in the conversation", async () => {
    const { session, supervisor } = await startScripted([{ text: "hello" }]);
    const worker = session.createWorker();
    const job = session.run(worker, { prompt: "go" });
    expect(job.state).toBe("queued");
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    expect((await job.outcome).status).toBe("cancelled");
    expect(worker.transcript).toEqual([]);
    await session.run(worker, { prompt: "another" }).wait();
    expect(await supervisor.scripted("main").calls()).toHaveLength(1);
  });

  test("while the thread starts sends no request", async () => {
    const { session, supervisor } = await startScripted([{ text: "hello" }]);
    const job = session.run({}, { prompt: "go" });
    // A turn later the thread has been asked for, and is tens of milliseconds from being there.
    await new Promise((resolve) => setImmediate(resolve));
    await job.cancel();
    await session.run({}, { prompt: "another" }).wait();
    expect(await supervisor.scripted("main").calls()).toHaveLength(1);
  });

  test("of a queued job leaves the running one alone", async () => {
    const { session } = await startScripted([
      { text: "slow going", chunks: 5, chunksPerSecond: 100 },
    ]);
    const worker = session.createWorker();
    const running = session.run(worker, { prompt: "1" });
    const queued = session.run(worker, { prompt: "2" });
    const last = session.run(worker, { prompt: "3" });
    await queued.cancel();
    expect((await queued.outcome).status).toBe("cancelled");
    expect((await running.outcome).status).toBe("completed");
    expect((await last.outcome).status).toBe("completed");
    expect(worker.transcript.filter((message) => message.role === "user")).toHaveLength(2);
  });

  test("by an AbortSignal, also one that was aborted before", async () => {
    const { session } = await startScripted([{ stall: true, text: "x" }]);
    const abort = new AbortController();
    const job = session.run({}, { prompt: "go" }, { signal: abort.signal });
    await firstChunk(job);
    abort.abort(new Error("the user has left"));
    expect(await job.outcome).toMatchObject({
      status: "cancelled",
      error: { details: { reason: "the user has left" } },
    });
    const late = session.run({}, { prompt: "go" }, { signal: AbortSignal.abort("no") });
    expect(await late.outcome).toMatchObject({ status: "cancelled", partial: { steps: 0 } });
  });

  test("of many streams at once ends each with one terminal event", async () => {
    const { session } = await startScripted([
      { endless: true, text: "on and on ", chunksPerSecond: 50 },
    ]);
    const jobs = Array.from({ length: 40 }, () => session.run({}, { prompt: "go" }));
    await Promise.all(jobs.map(firstChunk));
    await Promise.all(jobs.map((job) => job.cancel()));
    for (const job of jobs) {
      const events = await collect(job.events());
      expect(events.filter(({ type }) => type === "cancelled")).toHaveLength(1);
      expect(events.at(-1)?.type).toBe("cancelled");
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
    }
    expect(session.jobs.size).toBe(0);
  });
});

/** Resolves when the scripted provider has had a call. */
async function whenCalled(supervisor: Awaited<ReturnType<typeof startScripted>>["supervisor"]) {
  while ((await supervisor.scripted("main").calls()).length === 0);
}
