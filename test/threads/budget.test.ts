import { describe, expect, test } from "vitest";
import type { SupervisorOptions } from "../../src/index.ts";
import { GO, typesOf } from "../support/families.ts";
import {
  ADD,
  ENDLESS,
  errorOf,
  FIFTY,
  startSpending,
  TOOLS,
  usageOf,
} from "../support/spending.ts";
import { collect, firstChunk, startScripted } from "../support/supervisors.ts";
import { eventsOf } from "../support/tools.ts";

describe("a job's tokens", () => {
  test("cut off a stream that goes past them; its text stays, marked", async () => {
    const { session, supervisor } = await startSpending();
    const worker = session.createWorker({ ...ENDLESS, budget: { maxTotalTokens: 1_000 } });
    const job = session.run(worker, GO);
    const outcome = await job.outcome;
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "BUDGET_TOKENS", details: { limit: 1_000, scope: "job" } },
      partial: { steps: 0, usage: { inputTokens: 1, estimated: true } },
    });
    expect(outcome.error?.details["used"]).toBeGreaterThan(1_000);
    expect(job.usage.totalTokens).toBeGreaterThan(1_000);
    const { text = "" } = outcome.status === "failed" ? outcome.partial : {};
    expect(job.usage.outputTokens).toBe(Math.ceil(text.length / 4));
    expect(worker.transcript.at(-1)).toEqual({
      role: "assistant",
      content: text,
      interrupted: true,
    });
    expect(worker.lastFailure?.code).toBe("BUDGET_TOKENS");
    expect(worker.state).toBe("idle");
    expect(supervisor.inspect().gateways[0]?.calls).toBe(0);
  });

  test("keep a request from being sent whose input does not fit", async () => {
    const { session, supervisor } = await startSpending();
    const options = { budget: { maxTotalTokens: 24 } };
    const job = session.run(FIFTY, { prompt: "x".repeat(100) }, options);
    expect(await errorOf(job)).toMatchObject({
      code: "BUDGET_TOKENS",
      details: { limit: 24, used: 0, scope: "job" },
    });
    expect(await supervisor.scripted("fifty").calls()).toEqual([]);
    expect(job.usage).toEqual(usageOf(0));
    expect(typesOf(await collect(job.events()))).toEqual(["started", "failed"]);
  });

  test("end it when they are used up and it would go on with tool calls, before any is carried out", async () => {
    const { session, supervisor } = await startScripted([
      { toolCalls: [ADD], usage: usageOf(10) },
      { text: "never said" },
    ]);
    const job = session.run({ budget: { maxTotalTokens: 10 } }, GO);
    expect(await job.outcome).toMatchObject({
      error: { code: "BUDGET_TOKENS", details: { limit: 10, used: 10, scope: "job" } },
      partial: { steps: 1, usage: usageOf(10) },
    });
    expect(job.usage).toEqual(usageOf(10));
    expect(typesOf(await collect(job.events()))).toEqual([
      "started",
      "response",
      "tool-finished",
      "failed",
    ]);
    expect(job.worker.transcript.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(await supervisor.scripted("main").calls()).toHaveLength(1);
  });

  test("end it when they are used up and it would go on with what it was told", async () => {
    const answer = { text: "all done", chunks: 2, chunksPerSecond: 1, usage: usageOf(10) };
    const { session, supervisor } = await startScripted([answer]);
    const agent = session.createWorker({ budget: { maxTotalTokens: 10 } });
    const job = session.run(agent, GO);
    await firstChunk(job);
    await agent.tell("steer", { text: "to the left" });
    expect(await errorOf(job)).toMatchObject({
      code: "BUDGET_TOKENS",
      details: { limit: 10, used: 10, scope: "job" },
    });
    expect(await supervisor.scripted("main").calls()).toHaveLength(1);
  });

  test("let it complete with a last response that went over", async () => {
    const { session } = await startSpending();
    const job = session.run(FIFTY, GO, { budget: { maxTotalTokens: 10 } });
    expect(await job.wait()).toMatchObject({ text: "done", usage: usageOf(50) });
  });
});

describe("a job's tool calls", () => {
  test("end it when a response asks for more, before any of that response is carried out", async () => {
    const { session } = await startSpending();
    const job = session.run({ ...TOOLS, budget: { maxToolCalls: 3 } }, GO);
    expect(await job.outcome).toMatchObject({
      error: { code: "BUDGET_TOOL_CALLS", details: { limit: 3, used: 4, scope: "job" } },
      partial: { steps: 2 },
    });
    const types = typesOf(await collect(job.events()));
    expect(types.filter((type) => type === "response" || type === "failed")).toEqual([
      "response",
      "response",
      "failed",
    ]);
    expect(types.slice(-4)).toEqual(["response", "tool-finished", "tool-finished", "failed"]);
    const ends = await eventsOf(job, "tool-finished");
    expect(ends.map(({ error }) => error?.code)).toEqual([
      "UNKNOWN_TOOL",
      "UNKNOWN_TOOL",
      "BUDGET_TOOL_CALLS",
      "BUDGET_TOOL_CALLS",
    ]);
  });

  test("can be used up", async () => {
    const { session } = await startScripted([{ toolCalls: [ADD, ADD] }, { text: "done" }]);
    const job = session.run({ budget: { maxToolCalls: 2 } }, GO);
    expect(await job.wait()).toMatchObject({ text: "done", steps: 2 });
  });
});

describe("what is given to run", () => {
  test("is laid over the worker's budget field by field, for this job only", async () => {
    const { session } = await startSpending();
    const budget = { maxTotalTokens: 24, maxToolCalls: 1 };
    const worker = session.createWorker({ ...TOOLS, budget });
    const prompt = "x".repeat(100);
    const codeOf = async (options: object) =>
      (await errorOf(session.run(worker, { prompt }, options)))?.code;
    expect(await codeOf({})).toBe("BUDGET_TOKENS");
    expect(await codeOf({ budget: { maxTotalTokens: 10_000 } })).toBe("BUDGET_TOOL_CALLS");
    expect(await codeOf({})).toBe("BUDGET_TOKENS");
  });

  test("can be maxSteps, more or fewer than the worker's", async () => {
    const { session } = await startSpending();
    const worker = session.createWorker({ ...TOOLS, maxSteps: 2 });
    for (const maxSteps of [1, 3]) {
      const job = session.run(worker, GO, { maxSteps });
      expect(await job.outcome).toMatchObject({
        error: { code: "MAX_STEPS", details: { maxSteps } },
        partial: { steps: maxSteps },
      });
    }
    expect((await session.run(worker, GO).outcome).error?.details).toEqual({ maxSteps: 2 });
  });

  test("is taken from the supervisor's defaults, too", async () => {
    const defaults: SupervisorOptions["defaults"] = { budget: { maxToolCalls: 0 } };
    const { session } = await startScripted([{ toolCalls: [ADD] }], { defaults });
    expect((await errorOf(session.run({}, GO)))?.code).toBe("BUDGET_TOOL_CALLS");
  });
});
