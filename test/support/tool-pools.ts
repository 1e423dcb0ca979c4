import type { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";
import type { ToolEnd } from "../../src/protocol/tool.ts";
import { ActorWatch } from "../../src/supervisor/threads/actor-watch.ts";
import type { PoolToolCall, ToolPoolOptions } from "../../src/supervisor/tools/tool-pool.ts";
import { ToolPool } from "../../src/supervisor/tools/tool-pool.ts";
import { systemClock } from "../../src/transport/clock.ts";

/** Threads of this process, whoever has made them: how many were started, those that have not exited, and the most of these at once. */
export const threads: { started: number; readonly alive: Set<number>; most: number } = {
  started: 0,
  alive: new Set(),
  most: 0,
};

process.on("worker", (worker: Worker) => {
  const { threadId } = worker;
  threads.started += 1;
  threads.alive.add(threadId);
  threads.most = Math.max(threads.most, threads.alive.size);
  worker.on("exit", () => threads.alive.delete(threadId));
});

/** A pool of one thread that is closed with the test. Memory is looked after in real time. */
export function startPool(options: Partial<ToolPoolOptions> = {}): ToolPool {
  const watch = new ActorWatch(systemClock);
  const pool = new ToolPool({ clock: systemClock, watch, maxThreads: 1, ...options });
  onTestFinished(() => pool.close());
  return pool;
}

/** A call of a tool of a fixture. */
export function callOf(
  fixture: string,
  toolName: string,
  args: unknown = {},
  more: Partial<PoolToolCall> = {},
): PoolToolCall {
  const moduleUrl = new URL(`../fixtures/tools/${fixture}.ts`, import.meta.url).href;
  return {
    module: { moduleUrl, options: undefined },
    toolName,
    args,
    context: undefined,
    jobId: "job",
    toolCallId: "job-1",
    limits: { maxBytes: 65_536, maxMediaBytes: 5_242_880 },
    ...more,
  };
}

/** A call under way, and what can be seen of it. */
export type UnderWay = {
  readonly end: Promise<ToolEnd>;
  readonly progress: readonly unknown[];
  /** Resolves when it has shown its first progress. */
  readonly begun: Promise<void>;
  readonly abort: (reason: unknown) => void;
};

export function begin(pool: ToolPool, call: PoolToolCall): UnderWay {
  const abort = new AbortController();
  const begun = Promise.withResolvers<void>();
  const progress: unknown[] = [];
  const onProgress = (value: unknown) => {
    progress.push(value);
    begun.resolve();
  };
  const end = pool.run(call, { signal: abort.signal, onProgress });
  // Whoever looks at it looks at it later.
  end.catch(() => {});
  return { end, progress, begun: begun.promise, abort: (reason) => abort.abort(reason) };
}

/** What the model is told. */
export async function result(pool: ToolPool, call: PoolToolCall): Promise<string> {
  return (await begin(pool, call).end).result;
}
