import { describe, expect, test } from "vitest";
import type { ModelResponseChunk, WorkerHost } from "../../src/index.ts";
import { firstChunk, startScripted } from "../support/supervisors.ts";

describe("a host", () => {
  test("is told of state changes and chunks in their order", async () => {
    const { session } = await startScripted([{ text: "a b c", chunks: 5 }]);
    const worker = session.createWorker();
    const calls: string[] = [];
    const idle = Promise.withResolvers<void>();
    const host: WorkerHost = {
      workerStateChange: (workerId, state) => {
        expect(workerId).toBe(worker.id);
        calls.push(state);
        if (state === "idle") idle.resolve();
      },
      responseChunkReceived: async (_, chunk) => {
        calls.push(textOf(chunk));
        await Promise.resolve();
      },
    };
    session.run(worker, { prompt: "go" }, { host });
    await idle.promise;
    expect(calls).toEqual(["working", "a", " ", "b", " ", "c", "idle"]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("host broke");
      },
    ],
    ["rejects", () => Promise.reject(new Error("host broke"))],
  ])("that %s fails its own job and no other", async (_, responseChunkReceived) => {
    const { session } = await startScripted([{ text: "a b c", chunks: 5, chunksPerSecond: 200 }]);
    const job = session.run({}, { prompt: "go" }, { host: { responseChunkReceived } });
    const bystander = session.run({}, { prompt: "go" });
    const error = await job.wait().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "HOST_FAILED", cause: { message: "host broke" } });
    expect(await bystander.wait()).toMatchObject({ text: "a b c" });
  });

  test("that hangs holds its own job's stream and can be cancelled away", async () => {
    const { session } = await startScripted([{ endless: true, text: "on and on " }]);
    const reached = Promise.withResolvers<void>();
    const host: WorkerHost = {
      responseChunkReceived: () => {
        reached.resolve();
        return new Promise(() => {});
      },
    };
    const job = session.run({ windowBytes: 100 }, { prompt: "go" }, { host });
    await reached.promise;
    await firstChunk(session.run({}, { prompt: "bystander" }));
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
  });
});

function textOf(chunk: ModelResponseChunk): string {
  return chunk.type === "text" ? chunk.text : chunk.type;
}
