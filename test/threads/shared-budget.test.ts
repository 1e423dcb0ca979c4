import { describe, expect, test } from "vitest";
import { GO } from "../support/families.ts";
import {
  ENDLESS,
  errorOf,
  FIFTY,
  SLOW,
  startSpending,
  TOOLS,
  usageOf,
} from "../support/spending.ts";
import { firstChunk } from "../support/supervisors.ts";

describe("a child's use", () => {
  test("ends all jobs above it whose budget it goes past, and their other children", async () => {
    const { session } = await startSpending();
    const root = session.run(SLOW, GO, { budget: { maxTotalTokens: 500 } });
    const sibling = session.run(SLOW, GO, { parent: root });
    const child = session.run(SLOW, GO, { parent: root });
    await Promise.all([root, sibling, child].map(firstChunk));
    const grandchild = session.run(ENDLESS, GO, { parent: child });
    const limit = 500;
    expect(await errorOf(grandchild)).toMatchObject({
      code: "BUDGET_TOKENS",
      details: { limit, scope: "parent" },
    });
    expect(await errorOf(root)).toMatchObject({
      code: "BUDGET_TOKENS",
      details: { limit, scope: "job" },
    });
    for (const other of [sibling, child]) {
      expect((await errorOf(other))?.details["reason"]).toMatch(/^its parent failed: /);
    }
    // What a job says that it has used is its own.
    expect(root.usage.totalTokens).toBeLessThan(10);
  });

  test("leaves its parent less", async () => {
    const { session, supervisor } = await startSpending();
    const worker = session.createWorker(SLOW);
    const before = session.run(worker, GO);
    const options = { budget: { maxTotalTokens: 60 } };
    const parent = session.run(worker, { prompt: "x".repeat(44) }, options);
    await session.run(FIFTY, GO, { parent }).wait();
    await firstChunk(before);
    await before.cancel();
    expect(await errorOf(parent)).toMatchObject({
      code: "BUDGET_TOKENS",
      details: { limit: 60, used: 50, scope: "job" },
    });
    expect(parent.usage).toEqual(usageOf(0));
    expect(await supervisor.scripted("slow").calls()).toHaveLength(1);
  });

  test("is refused where it does not fit into the parent's, and the parent goes on", async () => {
    const { session } = await startSpending();
    const parent = session.run(SLOW, GO, { budget: { maxTotalTokens: 100 } });
    await firstChunk(parent);
    const child = session.run(FIFTY, { prompt: "x".repeat(400) }, { parent });
    expect(await errorOf(child)).toMatchObject({
      code: "BUDGET_TOKENS",
      details: { limit: 100, scope: "parent" },
    });
    expect(parent.state).toBe("running");
    await parent.cancel();
  });

  test("of tool calls counts above, as well", async () => {
    const { session } = await startSpending();
    const parent = session.run(SLOW, GO, { budget: { maxToolCalls: 1 } });
    await firstChunk(parent);
    const child = session.run(TOOLS, GO, { parent });
    const [ofChild, ofParent] = [await errorOf(child), await errorOf(parent)];
    expect(ofChild).toMatchObject({ code: "BUDGET_TOOL_CALLS", details: { scope: "parent" } });
    expect(ofParent).toMatchObject({ code: "BUDGET_TOOL_CALLS", details: { scope: "job" } });
  });
});

describe("a session's budget", () => {
  test("ends all its jobs when one goes past it, families and those that wait among them, and none in other sessions", async () => {
    const { session, supervisor } = await startSpending({ maxTotalTokens: 500 });
    const elsewhere = supervisor.openSession().run(SLOW, GO);
    const worker = session.createWorker(SLOW);
    const parent = session.run(worker, GO);
    const child = session.run(SLOW, GO, { parent });
    const queued = session.run(worker, GO);
    await Promise.all([parent, child, elsewhere].map(firstChunk));
    const greedy = session.run(ENDLESS, GO);
    for (const job of [greedy, parent, child, queued]) {
      expect(await errorOf(job)).toMatchObject({
        code: "BUDGET_TOKENS",
        details: { limit: 500, scope: "session" },
      });
    }
    const before = session.workers.size;
    expect(() => session.run(SLOW, GO)).toThrow(
      expect.objectContaining({
        code: "BUDGET_TOKENS",
        details: { limit: 500, used: session.usage.totalTokens, scope: "session" },
      }),
    );
    expect(session.workers.size).toBe(before);
    expect(elsewhere.state).toBe("running");
    await elsewhere.cancel();
  });

  test("is over after a last response that used it up, which counts", async () => {
    const { session } = await startSpending({ maxTotalTokens: 50 });
    const other = session.run(SLOW, GO);
    await firstChunk(other);
    expect(await session.run(FIFTY, GO).wait()).toMatchObject({ text: "done" });
    expect(await errorOf(other)).toMatchObject({
      code: "BUDGET_TOKENS",
      details: { scope: "session" },
    });
    expect(() => session.run(SLOW, GO)).toThrow(expect.objectContaining({ code: "BUDGET_TOKENS" }));
  });

  test("is over when more tool calls are asked for than it allows", async () => {
    const { session } = await startSpending({ maxToolCalls: 3 });
    const other = session.run(SLOW, GO);
    await firstChunk(other);
    const job = session.run(TOOLS, GO);
    const details = { limit: 3, used: 4, scope: "session" };
    for (const ended of [job, other]) {
      expect(await errorOf(ended)).toMatchObject({ code: "BUDGET_TOOL_CALLS", details });
    }
    expect(() => session.run(SLOW, GO)).toThrow(
      expect.objectContaining({ code: "BUDGET_TOOL_CALLS", details }),
    );
  });

  test("ends a batch with the refusal of the next input", async () => {
    const { session } = await startSpending({ maxTotalTokens: 100 });
    const ended: string[] = [];
    const batch = async () => {
      const options = { worker: FIFTY, concurrency: 1 };
      for await (const { outcome } of session.runAll([GO, GO, GO, GO], options)) {
        ended.push(outcome.status);
      }
    };
    await expect(batch()).rejects.toMatchObject({ code: "BUDGET_TOKENS" });
    expect(ended).toEqual(["completed", "completed"]);
  });
});
