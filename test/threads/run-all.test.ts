import { describe, expect, test } from "vitest";
import { collect, startScripted } from "../support/supervisors.ts";

describe("runAll()", () => {
  test("gives every input a worker of its own and yields all jobs as they end", async () => {
    const { session, supervisor } = await startScripted([{ text: "ok" }]);
    const inputs = Array.from({ length: 30 }, (_, i) => ({
      id: `job-${i}`,
      prompt: `prompt ${i}`,
      worker: { instructions: `instructions ${i}` },
    }));
    const ended = await collect(session.runAll(inputs, { concurrency: 4 }));
    expect(ended.map(({ outcome }) => outcome.status)).toEqual(inputs.map(() => "completed"));
    expect(new Set(ended.map(({ job }) => job.id)).size).toBe(30);
    const calls = await supervisor.scripted("main").calls();
    expect(new Set(calls.map(({ request }) => request.instructions)).size).toBe(30);
    expect(new Set(calls.map(({ workerId }) => workerId)).size).toBe(30);
  });

  test("pulls an input only when there is room", async () => {
    const { session } = await startScripted([{ text: "ok" }]);
    let pulled = 0;
    async function* inputs() {
      for (; pulled < 20; pulled++) yield { prompt: `prompt ${pulled}` };
    }
    for await (const _ of session.runAll(inputs(), { concurrency: 3 })) {
      expect(session.jobs.size).toBeLessThanOrEqual(3);
      expect(pulled).toBeLessThanOrEqual(20);
    }
    expect(pulled).toBe(20);
  });

  test("cancels what runs when the loop is left", async () => {
    const { session } = await startScripted([{ text: "ok", chunks: 2 }, { stall: true }]);
    const inputs = [{ prompt: "a" }, { prompt: "b" }, { prompt: "c" }];
    const worker = session.createWorker();
    const stalled = await session.run(worker, { prompt: "first" }).wait();
    expect(stalled.text).toBe("ok");
    for await (const _ of session.runAll(inputs, { concurrency: 1 })) break;
    expect(session.jobs.size).toBe(0);
  });

  test("ends early when its signal aborts, and yields what was cancelled", async () => {
    const { session } = await startScripted([{ stall: true, text: "x" }]);
    const abort = new AbortController();
    const inputs = Array.from({ length: 50 }, () => ({ prompt: "go" }));
    session.events$.subscribe((event) => {
      if (event.type === "job-event" && event.event.type === "started") abort.abort();
    });
    const ended = await collect(session.runAll(inputs, { concurrency: 2, signal: abort.signal }));
    expect(ended.length).toBeGreaterThan(0);
    expect(ended.length).toBeLessThan(50);
    expect(ended.every(({ outcome }) => outcome.status === "cancelled")).toBe(true);
  });

  test("throws for an input that is refused, and leaves nothing running", async () => {
    const { session } = await startScripted([{ stall: true }]);
    const inputs = [{ prompt: "a" }, { prompt: "" }];
    await expect(collect(session.runAll(inputs))).rejects.toMatchObject({
      code: "INVALID_INPUT",
      details: { field: "prompt" },
    });
    expect(session.jobs.size).toBe(0);
  });
});
