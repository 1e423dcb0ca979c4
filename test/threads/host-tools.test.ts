import { describe, expect, test } from "vitest";
import type { AnyTool } from "../../src/index.ts";
import { AT_ONCE, create } from "../support/behaviours.ts";
import { startScripted } from "../support/supervisors.ts";
import { callsOf, eventsOf, outcomesOf, reachesEvent, toolsOf } from "../support/tools.ts";

const moody = { tools: [toolsOf("moody")] };
const restart = { backoff: AT_ONCE };

describe("a host tool", () => {
  const tool = (execute: AnyTool["execute"], more: Partial<AnyTool> = {}): AnyTool => ({
    name: "look_up",
    parameters: { type: "object" },
    execute,
    ...more,
  });

  test("runs beside the supervisor, with what is there", async () => {
    const { session } = await startScripted(callsOf({ name: "look_up" }));
    const counter = create(session, "counter", { name: "counter" });
    const table = new Map([["key", "value"]]);
    const hostTools = [
      tool(async (_, ctx) => {
        ctx.progress({ half: true });
        await ctx.tell("counter", "add", { n: 2 });
        return [table.get("key"), await ctx.ask("counter", "get"), ctx.jobId];
      }),
    ];
    const job = session.run({ hostTools }, { prompt: "go" }, { id: "j" });
    expect(await outcomesOf(job)).toMatchObject([{ result: '["value",2,"j"]' }]);
    expect(await counter.ask("get")).toBe(2);
    expect(await eventsOf(job, "tool-progress")).toMatchObject([{ progress: { half: true } }]);
  });

  test("is told of a cancel, and the job ends after it", async () => {
    const { session } = await startScripted(callsOf({ name: "look_up" }));
    const order: string[] = [];
    const hostTools = [
      tool(async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await new Promise(setImmediate);
        order.push("tool");
      }),
    ];
    const job = session.run({ hostTools }, { prompt: "go" });
    await reachesEvent(job, "tool-started");
    await job.cancel();
    order.push("job");
    expect(order).toEqual(["tool", "job"]);
  });

  test("that does not stop is left to itself after graceMs, and reported", async () => {
    const { session, supervisor } = await startScripted(callsOf({ name: "look_up" }));
    const reported: unknown[] = [];
    supervisor.events$.subscribe((event) => {
      if (event.type === "tool-stuck") reported.push(event.tool);
    });
    const hostTools = [tool(() => new Promise(() => {}))];
    const job = session.run({ hostTools, graceMs: 10 }, { prompt: "go" });
    await reachesEvent(job, "tool-started");
    await job.cancel();
    expect(reported).toEqual(["look_up"]);
  });

  test("that is told to stop without a grace is left at once", async () => {
    const { session } = await startScripted(callsOf({ name: "look_up" }));
    const hostTools = [tool(() => new Promise(() => {}))];
    const worker = session.createWorker({ hostTools, graceMs: 2_000_000_000 });
    const job = session.run(worker, { prompt: "go" });
    await reachesEvent(job, "tool-started");
    await worker.terminate();
    expect(job.state).toBe("cancelled");
  });

  test("cannot fill the log with progress", async () => {
    const { session } = await startScripted(callsOf({ name: "look_up" }));
    const hostTools = [
      tool(async (_, ctx) => {
        while (!ctx.cancelled) {
          ctx.progress("x".repeat(1_000));
          await new Promise(setImmediate);
        }
      }),
    ];
    const job = session.run({ hostTools, maxOutputBytes: 10_000 }, { prompt: "go" });
    await expect(job.wait()).rejects.toMatchObject({ code: "OUTPUT_LIMIT" });
    expect(await eventsOf(job, "tool-progress")).toHaveLength(10);
  });

  test("that takes too long is an error for the model", async () => {
    const { session } = await startScripted(callsOf({ name: "look_up" }));
    const hostTools = [tool(() => new Promise(() => {}), { timeoutMs: 10 })];
    const job = session.run({ hostTools, graceMs: 10 }, { prompt: "go" });
    expect((await job.wait()).text).toBe("done");
    expect(await outcomesOf(job)).toMatchObject([{ error: { code: "TOOL_TIMEOUT" } }]);
  });

  test("is carried out once, also if the actor dies beside it", async () => {
    const { session } = await startScripted(callsOf({ name: "look_up" }, { name: "exits" }));
    const gate = Promise.withResolvers<string>();
    let calls = 0;
    const hostTools = [
      tool(() => {
        calls += 1;
        return gate.promise;
      }),
    ];
    const job = session.run({ ...moody, hostTools, restart }, { prompt: "go" });
    await reachesEvent(job, "restarted");
    gate.resolve("once");
    await job.wait();
    expect(calls).toBe(1);
    expect(await outcomesOf(job)).toMatchObject([{ toolName: "exits" }, { result: "once" }]);
  });
});
