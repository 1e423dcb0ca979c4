import { firstValueFrom, lastValueFrom, toArray } from "rxjs";
import { describe, expect, test } from "vitest";
import type { JobEvent, ModelResponseChunk } from "../../src/index.ts";
import { HeddleError } from "../../src/index.ts";
import { collect, firstChunk, startScripted } from "../support/supervisors.ts";

const ENDLESS = { endless: true, text: "on and on " };

describe("a job", () => {
  test("streams the model's text and gives it as its result", async () => {
    const text = "Grüße, 世界! 👩‍👩‍👧 and so on";
    const { session } = await startScripted([{ text, usage: usage(3, 4) }]);
    const job = session.run({}, { prompt: "hello" });
    const chunks = await collect(job);
    expect(chunks.map((chunk) => (chunk.type === "text" ? chunk.text : "")).join("")).toBe(text);
    expect(await job.wait()).toEqual({
      text,
      usage: usage(3, 4),
      steps: 1,
      finishReason: "stop",
    });
    expect(job.state).toBe("completed");
  });

  test("has one log: no gaps, one terminal event at its end, the same for early and late readers", async () => {
    const { session } = await startScripted([
      { text: "a b c d e f g", chunks: 7, reasoning: "hm" },
    ]);
    const job = session.run({}, { prompt: "hello" });
    const early = await collect(job.events());
    const late = await collect(job.events());
    expect(late).toEqual(early);
    expect(early.map((event) => event.seq)).toEqual(early.map((_, i) => i));
    expect(early.map((event) => event.type)).toEqual([
      "started",
      "state",
      ...Array.from({ length: 8 }, () => "chunk"),
      "response",
      "completed",
    ]);
    expect(job.size).toEqual({ events: early.length, chunks: 8, chunkBytes: 15 });
    expect(await collect(job.events({ from: 9 }))).toEqual(early.slice(9));
    expect(await collect(job.events({ from: 500 }))).toEqual([]);
  });

  test("is seen whole by observables that are subscribed to in the turn that made it", async () => {
    const { session } = await startScripted([{ text: "one two three" }]);
    const job = session.run({}, { prompt: "hello" });
    const chunks = lastValueFrom(job.chunks$.pipe(toArray()));
    const events = lastValueFrom(job.events$.pipe(toArray()));
    const { text } = await job.wait();
    expect(textOf(await chunks)).toBe(text);
    expect(await events).toEqual(await collect(job.events()));
    expect(await lastValueFrom(job.chunks$.pipe(toArray()))).toEqual([]);
  });

  test("gives bytes-heavy output to a reader that comes when it is all over", async () => {
    const text = "0123456789".repeat(50_000);
    const { session } = await startScripted([{ text }]);
    const job = session.run({}, { prompt: "hello" });
    await job.wait();
    expect(textOf(await collect(job))).toBe(text);
  });

  test("answers the calls of tools that do not exist, and the model goes on", async () => {
    const toolCalls = [
      { name: "constructor", args: {} },
      { name: "add", args: { a: 1 } },
    ];
    const { session } = await startScripted([{ toolCalls }, { text: "I have no tools." }]);
    const worker = session.createWorker();
    const result = await session.run(worker, { prompt: "add" }).wait();
    expect(result).toMatchObject({ text: "I have no tools.", steps: 2, finishReason: "stop" });
    expect(worker.transcript.map((message) => message.role)).toEqual([
      "user",
      "assistant",
      "tool",
      "tool",
      "assistant",
    ]);
  });

  test("ends with MAX_STEPS when the model never stops calling tools, and the history stays valid", async () => {
    const { session } = await startScripted([{ toolCalls: [{ name: "again" }] }]);
    const worker = session.createWorker({ maxSteps: 3 });
    const job = session.run(worker, { prompt: "go" });
    await expect(job.wait()).rejects.toMatchObject({ code: "MAX_STEPS" });
    expect((await job.outcome).status).toBe("failed");
    expect(worker.lastFailure?.code).toBe("MAX_STEPS");
    expect(worker.state).toBe("idle");
    expect(worker.transcript.map((message) => message.role).slice(-2)).toEqual([
      "assistant",
      "tool",
    ]);
  });

  test("fails with the code of its model call", async () => {
    const { session } = await startScripted([{ error: { status: 401, message: "who are you?" } }]);
    const job = session.run({}, { prompt: "hello" });
    const error = await job.wait().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(HeddleError);
    expect(error).toMatchObject({ code: "PROVIDER_AUTH", message: "who are you?" });
    await expect(collect(job)).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
    expect((await collect(job.events())).at(-1)).toMatchObject({ type: "failed" });
  });

  test("fails with SCRIPT_EXHAUSTED past the end of the script", async () => {
    const { session, supervisor } = await startScripted([{ text: "once" }], { repeat: false });
    const worker = session.createWorker();
    await session.run(worker, { prompt: "1" }).wait();
    await supervisor.scripted("main").assertComplete();
    const error = session.run(worker, { prompt: "2" }).wait();
    await expect(error).rejects.toMatchObject({ code: "SCRIPT_EXHAUSTED" });
  });

  test("keeps what it has got when it has more output than it may", async () => {
    const { session } = await startScripted([ENDLESS]);
    const job = session.run({ maxOutputBytes: 1_000 }, { prompt: "go" });
    const outcome = await job.outcome;
    expect(outcome).toMatchObject({ status: "failed", error: { code: "OUTPUT_LIMIT" } });
    const text = textOf((await collect(job.events())).flatMap(chunkOf));
    expect(text.length).toBeLessThanOrEqual(1_000);
    expect(text.length).toBeGreaterThan(990);
    expect(outcome.status === "failed" && outcome.partial.text).toBe(text);
  });

  test.each([
    ["JOB_TIMEOUT", { totalMs: 50 }, { stall: true as const }],
    ["STEP_TIMEOUT", { stepMs: 50 }, { stall: true as const }],
    ["FIRST_CHUNK_TIMEOUT", { firstChunkMs: 50 }, { stall: true as const }],
    ["CHUNK_TIMEOUT", { chunkMs: 50 }, { stall: true as const, text: "then nothing" }],
  ])("ends with %s when that deadline passes", async (code, timeouts, response) => {
    const { session } = await startScripted([response]);
    const worker = session.createWorker();
    const job = session.run(worker, { prompt: "hello" }, { timeouts });
    await expect(job.wait()).rejects.toMatchObject({ code });
    expect(worker.state).toBe("idle");
  });

  test("a reader that leaves cancels nothing", async () => {
    const { session } = await startScripted([{ text: "a b c d e f", chunks: 6 }]);
    const job = session.run({}, { prompt: "hello" });
    await firstChunk(job);
    expect(await job.wait()).toMatchObject({ text: "a b c d e f" });
  });

  test("a reader that stops holds the stream within its window, and loses nothing when it goes on", async () => {
    const text = "0123456789abcdef".repeat(4_096);
    const { session, supervisor } = await startScripted([{ text, chunks: 4_096 }]);
    const job = session.run({ windowBytes: 1_024 }, { prompt: "hello" });
    const reader = job[Symbol.asyncIterator]();
    const first = await reader.next();
    // Another worker's whole job goes by on the same gateway, so the first one has had its chance to overrun.
    await session.run({}, { prompt: "bystander" }).wait();
    const [held] = supervisor.inspect().sessions[0]?.jobs ?? [];
    expect(held?.chunkBytes).toBeLessThanOrEqual(2 * 1_024 + 16);
    const chunks = [first.value as ModelResponseChunk];
    for (let next = await reader.next(); !next.done; next = await reader.next())
      chunks.push(next.value);
    expect(textOf(chunks)).toBe(text);
  });

  test("wait() that nobody calls is no unhandled rejection, and outcome never rejects", async () => {
    const { session } = await startScripted([{ error: { status: 500, message: "no" } }]);
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const job = session.run({}, { prompt: "hello" });
    await job.outcome;
    await firstValueFrom(session.createWorker().state$);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

function usage(inputTokens: number, outputTokens: number) {
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function textOf(chunks: readonly ModelResponseChunk[]): string {
  return chunks.map((chunk) => (chunk.type === "text" ? chunk.text : "")).join("");
}

function chunkOf(event: JobEvent): ModelResponseChunk[] {
  return event.type === "chunk" ? [event.chunk] : [];
}
