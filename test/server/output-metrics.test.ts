import { describe, expect, test } from "vitest";
import type { WorkerJob } from "../../src/index.ts";
import { serveMetered } from "../support/metrics.ts";
import { collect, firstChunk, startScripted } from "../support/supervisors.ts";

const USAGE = {
  inputTokens: 100,
  outputTokens: 40,
  totalTokens: 140,
  cachedInputTokens: 60,
  reasoningTokens: 10,
};

function sizeOf(jobs: readonly WorkerJob[]) {
  return {
    chunks: jobs.reduce((sum, { size }) => sum + size.chunks, 0),
    bytes: jobs.reduce((sum, { size }) => sum + size.chunkBytes, 0),
  };
}

describe("chunks", () => {
  test("of a running job are counted as they come, once, however often the figures are read", async () => {
    const { supervisor, figures } = await serveMetered([{ stall: true, text: "äbc", chunks: 3 }]);
    const job = supervisor.openSession().run({}, { prompt: "go" });
    let seen = 0;
    for await (const _ of job) {
      seen += 1;
      if (seen === 3) break;
    }
    const running = [await figures(), await figures()];
    await job.cancel();
    for (const { sum } of [...running, await figures(), await figures()]) {
      expect(sum("heddle_chunks_total", { provider: "main" })).toBe(3);
      expect(sum("heddle_chunk_bytes_total", { provider: "main" })).toBe(4);
    }
    expect(running[0]?.sum("heddle_jobs", { state: "running" })).toBe(1);
  });

  test("read at any moments of many jobs, they never go down, and add up to what was sent", async () => {
    const text = "some words of a model that writes and writes ".repeat(40);
    const { supervisor, figures } = await serveMetered([{ text, chunks: 900 }]);
    const session = supervisor.openSession();
    const jobs = Array.from({ length: 20 }, () => session.run({}, { prompt: "go" }));
    const all = Promise.all(jobs.map((job) => job.wait()));
    let isOver: boolean = false;
    void all.then(() => {
      isOver = true;
    });
    const read: number[] = [];
    while (!isOver) read.push((await figures()).sum("heddle_chunks_total"));
    await all;
    const { sum } = await figures();
    read.push(sum("heddle_chunks_total"));
    expect(read).toEqual(read.toSorted((a, b) => a - b));
    expect(read.at(-1)).toBe(20 * 900);
    expect(sum("heddle_chunk_bytes_total")).toBe(20 * text.length);
    expect(sizeOf(jobs)).toEqual({ chunks: 20 * 900, bytes: 20 * text.length });
  });

  test("that were there before the app are not counted; those after it are", async () => {
    const { supervisor, session } = await startScripted([
      { stall: true, text: "before", chunks: 6 },
    ]);
    const job = session.run({}, { prompt: "go" });
    await firstChunk(job);
    for await (const { seq, type } of job.events()) if (type === "chunk" && seq >= 7) break;
    const { figures } = await serveMetered([], { supervisor });
    expect((await figures()).sum("heddle_chunks_total")).toBe(0);
    await job.cancel();
    const next = session.run({}, { prompt: "go" });
    for await (const { seq, type } of next.events()) if (type === "chunk" && seq >= 7) break;
    await next.cancel();
    const { sum } = await figures();
    expect(sum("heddle_chunks_total")).toBe(6);
    expect(sum("heddle_jobs_ended_total", { outcome: "cancelled" })).toBe(2);
  });
});

describe("tokens", () => {
  test("by kind, as the server has said, of each call as it ends", async () => {
    const toolCalls = [{ name: "unknown", args: {} }];
    const { supervisor, figures } = await serveMetered([
      { toolCalls, usage: USAGE },
      { stall: true, text: "x" },
    ]);
    const job = supervisor.openSession().run({}, { prompt: "go" });
    for await (const { type } of job.events()) if (type === "tool-finished") break;
    const { sum } = await figures();
    const said = (kind: string) => sum("heddle_tokens_total", { kind, estimated: "false" });
    expect(["input", "output", "cached_input", "reasoning"].map(said)).toEqual([100, 40, 60, 10]);
    await job.cancel();
  });

  test("of a call that was cut off are estimated, and counted apart", async () => {
    const toolCalls = [{ name: "unknown", args: {} }];
    const { supervisor, figures } = await serveMetered([
      { toolCalls, usage: USAGE },
      { stall: true, text: "x".repeat(400), chunks: 4 },
    ]);
    const job = supervisor.openSession().run({}, { prompt: "go" });
    for await (const chunk of job) if (chunk.type === "text") break;
    await job.cancel();
    const outcome = await job.outcome;
    const usage = outcome.error && outcome.partial.usage;
    expect(usage).toMatchObject({ estimated: true });
    const { sum } = await figures();
    const input = (estimated: string) => sum("heddle_tokens_total", { kind: "input", estimated });
    expect(input("false")).toBe(100);
    expect(input("true")).toBe((usage?.inputTokens ?? 0) - 100);
    expect(input("true")).toBeGreaterThan(0);
    const output = sum("heddle_tokens_total", { kind: "output" });
    expect(output).toBe(usage?.outputTokens);
  });

  test("add up to the session's usage", async () => {
    const { supervisor, figures } = await serveMetered([{ text: "one two", usage: USAGE }]);
    const session = supervisor.openSession();
    const jobs = Array.from({ length: 5 }, () => session.run({}, { prompt: "go" }));
    await Promise.all(jobs.map((job) => job.wait()));
    const { sum } = await figures();
    const total = ["input", "output"].reduce(
      (all, kind) => all + sum("heddle_tokens_total", { kind }),
      0,
    );
    expect(total).toBe(session.usage.totalTokens);
    expect(await collect(jobs[0] as WorkerJob)).toHaveLength(sizeOf(jobs).chunks / 5);
  });
});
