import { LLMock } from "@copilotkit/aimock";
import { describe, expect, onTestFinished, test } from "vitest";
// Threads from source cost three times the memory: two hundred of them are started from what is published.
import * as published from "../../dist/index.js";
import type { ModelResponseChunk, WorkerJob } from "../../src/index.ts";
import { openaiProvider } from "../../src/index.ts";
import type { Step } from "../support/broken-server.ts";
import { BrokenServer } from "../support/broken-server.ts";
import { collect, firstChunk, startSupervisor } from "../support/supervisors.ts";
import { chunk, chunkedHead, events, head, text, whole } from "./wire/bytes.ts";

const KEY = "sk-do-not-show-0123456789";

async function startAgainst(url: string, retry = { maxRetries: 2, initialDelayMs: 50 }) {
  const main = openaiProvider({ model: "m", baseURL: `${url}/v1`, apiKey: KEY, retry });
  const supervisor = await startSupervisor({ providers: { main } });
  return { supervisor, session: supervisor.openSession() };
}

async function startServer(...scripts: (readonly Step[])[]): Promise<BrokenServer> {
  const server = await BrokenServer.start(...scripts);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

describe("over HTTP", () => {
  test("200 agents at once each get their own text, whole", async () => {
    const mock = new LLMock({ port: 0, chunkSize: 6, latency: 2 });
    const answer = (i: number) => `Answer ${i}: ${"größer, 日本語 😀 ".repeat(20)}`;
    mock.onMessage(/.*/, ({ messages }) => {
      const prompt = String(messages.at(-1)?.content);
      return { content: answer(Number(prompt.split(" ")[1])) };
    });
    await mock.start();
    onTestFinished(() => mock.stop());
    const main = published.openaiProvider({ model: "m", baseURL: `${mock.url}/v1`, apiKey: KEY });
    await using supervisor = await published.Supervisor.start({ providers: { main } });
    const session = supervisor.openSession();
    const jobs = Array.from({ length: 200 }, (_, i) =>
      session.run({}, { prompt: `Question ${i}` }),
    );
    const texts = await Promise.all(jobs.map(async (job) => textOf(await collect(job))));
    expect(texts).toEqual(jobs.map((_, i) => answer(i)));
    for (const job of jobs)
      expect(await job.wait()).toMatchObject({ finishReason: "stop", steps: 1 });
  });

  test("cancel in mid-stream closes the socket, as the server sees it", async () => {
    const server = await startServer([chunkedHead(), chunk(events(text("begun"))), "[stall]"]);
    const { session } = await startAgainst(server.url);
    const job = session.run({}, { prompt: "go" });
    await firstChunk(job);
    const connection = await server.connection();
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    await connection.closed;
    expect(await job.outcome).toMatchObject({ status: "cancelled", partial: { text: "begun" } });
  });

  test("a stopped reader blocks the server's write, and loses nothing when it goes on", async () => {
    const line = events(text("0123456789".repeat(100)));
    const server = await startServer([chunkedHead(), { endless: chunk(line.repeat(10)) }]);
    const { session, supervisor } = await startAgainst(server.url);
    const job = session.run({ windowBytes: 65_536 }, { prompt: "go" });
    const reader = job[Symbol.asyncIterator]();
    await reader.next();
    const connection = await server.connection();
    let held = await stillness(
      () => `${connection.takenBytes} ${chunkBytes()}`,
      () => connection.isBlocked,
    );
    expect(chunkBytes()).toBeLessThanOrEqual(2 * 65_536 + 192 * 1_024);
    for (let read = 1_000; read < 3_000_000; read += 1_000) {
      const { value } = await reader.next();
      expect(value).toEqual({ type: "text", text: "0123456789".repeat(100) });
    }
    expect(`${connection.takenBytes} ${chunkBytes()}`).not.toBe(held);
    held = await stillness(
      () => `${connection.takenBytes} ${chunkBytes()}`,
      () => connection.isBlocked,
    );
    // One read of the socket, and the body's buffer, may be over the window.
    expect(chunkBytes()).toBeLessThan(3_000_000 + 2 * 65_536 + 192 * 1_024);
    await job.cancel();
    await connection.closed;

    function chunkBytes(): number {
      return supervisor.inspect().sessions[0]?.jobs[0]?.chunkBytes ?? 0;
    }
  });

  test("a job that was cancelled before its request was sent makes none", async () => {
    const server = await startServer([head(), events(text("x")), "[end]"]);
    const { session } = await startAgainst(server.url);
    const job = session.run({}, { prompt: "go" });
    await job.cancel();
    expect(server.requests).toEqual([]);
  });

  test("a passing failure is tried again, and the log says so; one that persists is the job's", async () => {
    const busy = whole("{}", 503, { "retry-after-ms": "0" });
    const good = [
      head(),
      events(text("at last"), { choices: [{ delta: {}, finish_reason: "stop" }] }),
      "data: [DONE]\n\n",
      "[end]",
    ] as const;
    const server = await startServer([busy, "[end]"], [busy, "[end]"], good, [busy, "[end]"]);
    const { session } = await startAgainst(server.url);
    const job = session.run({}, { prompt: "go" });
    expect(await job.wait()).toMatchObject({ text: "at last" });
    const waits = (await collect(job.events())).filter((event) => event.type === "waiting");
    expect(waits).toMatchObject([{ for: "retry" }, { for: "retry" }]);
    for (const wait of waits) expect(wait.untilMs).toBeGreaterThanOrEqual(wait.atMs);
    await expect(session.run({}, { prompt: "go" }).wait()).rejects.toMatchObject({
      code: "PROVIDER_UNAVAILABLE",
      details: { status: 503 },
    });
    expect(server.requests).toHaveLength(6);
  });

  test("a cancel ends the pause between two tries", async () => {
    const busy = whole("{}", 429, { "retry-after": "30" });
    const server = await startServer([busy, "[end]"]);
    const { session } = await startAgainst(server.url);
    const job = session.run({}, { prompt: "go" });
    for await (const event of job.events()) if (event.type === "waiting") break;
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    expect(server.requests).toHaveLength(1);
  });

  test("a reset in mid-stream fails the job with what had come, and is not tried again", async () => {
    const server = await startServer([chunkedHead(), chunk(events(text("half"))), "[reset]"]);
    const { session } = await startAgainst(server.url);
    const worker = session.createWorker();
    const job = session.run(worker, { prompt: "go" });
    expect(await job.outcome).toMatchObject({
      status: "failed",
      partial: { text: "half" },
      error: { code: "PROVIDER_CONNECTION" },
    });
    expect(server.requests).toHaveLength(1);
    expect(worker.transcript.at(-1)).toEqual({
      role: "assistant",
      content: "half",
      interrupted: true,
    });
  });

  test("comments keep no stalled stream alive", async () => {
    const server = await startServer([chunkedHead(), { endless: chunk(": still here\n\n") }]);
    const { session } = await startAgainst(server.url);
    const job = session.run({}, { prompt: "go" }, { timeouts: { firstChunkMs: 2_000 } });
    await expect(job.wait()).rejects.toMatchObject({ code: "FIRST_CHUNK_TIMEOUT" });
    await (await server.connection()).closed;
  });

  test("the key is sent to the server and shows nowhere else", async () => {
    const server = await startServer([whole(`{"error":{"message":"bad ${KEY}"}}`, 401), "[end]"]);
    const { session, supervisor } = await startAgainst(server.url);
    const job: WorkerJob = session.run({}, { prompt: "go" });
    const error = await job.wait().catch((thrown) => thrown);
    expect(error.code).toBe("PROVIDER_AUTH");
    expect(server.requests[0]?.headers.get("authorization")).toBe(`Bearer ${KEY}`);
    const seen = [
      error,
      error.stack,
      await collect(job.events()),
      supervisor.inspect(),
      job.worker.transcript,
    ];
    const { inspect } = await import("node:util");
    expect(inspect([...seen, supervisor, session], { depth: 20 })).not.toContain(KEY);
  });
});

/** Resolves with what `look` shows once it has shown the same for 20 turns while `isBlocked`. */
async function stillness(look: () => string, isBlocked: () => boolean): Promise<string> {
  let seen = "";
  for (let looks = 0; looks < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    looks = look() === seen && isBlocked() ? looks + 1 : 0;
    seen = look();
  }
  return seen;
}

function textOf(chunks: readonly ModelResponseChunk[]): string {
  return chunks.map((piece) => (piece.type === "text" ? piece.text : "")).join("");
}
