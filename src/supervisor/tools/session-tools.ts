import type { WorkerRef } from "../../protocol/behavior.ts";
import type { JobResult } from "../../protocol/job.ts";
import { given } from "../check.ts";
import type { WorkerJob } from "../handles.ts";
import type { Job } from "../jobs/job.ts";
import type { Society } from "../messages/society.ts";
import type { JobInput, RunOptions, WorkerOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import { childWorker } from "./child-worker.ts";
import { Confirmations } from "./confirmations.ts";
import { McpConnections } from "./mcp-connections.ts";
import { ToolPool } from "./tool-pool.ts";

/** What all tools of a session share. */
export type SessionTools = {
  readonly confirmations: Confirmations;
  readonly pool: ToolPool;
  readonly society: Society;
  readonly mcp: McpConnections;
  /** Runs a child of `parent`, until `signal` aborts. `worker` are its options, as a tool has given them. */
  readonly runChild: (
    parent: Job,
    worker: unknown,
    prompt: string,
    signal: AbortSignal,
  ) => Promise<JobResult>;
  /** What code of a worker has printed that ran elsewhere than in its thread. */
  readonly onOutput: (worker: WorkerRef, stream: "stdout" | "stderr", text: string) => void;
  /** Resolves when nothing of it runs any more. */
  readonly close: () => Promise<void>;
};

type Run = (worker: WorkerOptions, input: JobInput, options: RunOptions) => WorkerJob;

/** `run` is the session's. */
export function sessionTools(
  runtime: Runtime,
  society: Society,
  run: Run,
  onOutput: SessionTools["onOutput"],
): SessionTools {
  const confirmations = new Confirmations(runtime);
  const pool = new ToolPool(runtime);
  const mcp = new McpConnections(runtime);
  return {
    confirmations,
    pool,
    society,
    onOutput,
    mcp,
    runChild: async (parent, worker, prompt, signal) => {
      const { host } = parent.spec.options;
      const options = { parent, signal, ...given({ host }) };
      return await run(childWorker(parent, worker), { prompt }, options).wait();
    },
    close: async () => {
      await Promise.all([pool.close(), mcp.close()]);
      confirmations.close();
    },
  };
}
