import type { WorkerRef } from "../../protocol/behavior.ts";
import type { JobResult } from "../../protocol/job.ts";
import { given } from "../check.ts";
import type { WorkerJob } from "../handles.ts";
import type { Society } from "../messages/society.ts";
import type { JobInput, RunOptions, WorkerOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import type { ChildWish } from "./child-worker.ts";
import { childWorker } from "./child-worker.ts";
import { Confirmations } from "./confirmations.ts";
import { McpConnections } from "./mcp-connections.ts";
import type { McpHost } from "./mcp-host.ts";
import { loadMcpSdk } from "./mcp-link.ts";
import { ToolPool } from "./tool-pool.ts";

/** What all tools of a session share. */
export type SessionTools = {
  readonly confirmations: Confirmations;
  readonly pool: ToolPool;
  readonly society: Society;
  readonly mcp: McpConnections;
  /** What code of a worker has printed that ran elsewhere than in its thread. */
  readonly onOutput: (worker: WorkerRef, stream: "stdout" | "stderr", text: string) => void;
  /** Runs a child for a tool call. @throws {HeddleError} what `childWorker` and `session.run` throw; what the child ends with. */
  readonly runChild: (run: ChildRun) => Promise<JobResult>;
  /** Resolves when nothing of it runs any more. */
  readonly close: () => Promise<void>;
};

/** What a tool call runs. */
export type ChildRun = ChildWish & {
  readonly input: JobInput;
  /** Cancels it when it aborts. */
  readonly signal: AbortSignal;
};

type Run = (
  worker: WorkerOptions,
  input: JobInput,
  options: RunOptions,
  toolCallId: string,
) => WorkerJob;

/** What a session's tools need to know of it. */
export type ToolsOwner = {
  readonly runtime: Runtime;
  /** The session's. */
  readonly name: string;
  readonly mcp?: McpHost;
};

/** `run` is the session's. */
export function sessionTools(
  { runtime, name, mcp: host = {} }: ToolsOwner,
  society: Society,
  run: Run,
  onOutput: SessionTools["onOutput"],
): SessionTools {
  const confirmations = new Confirmations(runtime);
  const pool = new ToolPool(runtime);
  const mcp = new McpConnections(runtime, loadMcpSdk, { session: name, host });
  return {
    confirmations,
    pool,
    society,
    onOutput,
    mcp,
    runChild: async ({ input, signal, ...wish }) => {
      const { parent, toolCall } = wish;
      const { host } = parent.spec.options;
      const options = { parent, signal, ...given({ host }) };
      return await run(childWorker(wish, society), input, options, toolCall.id).wait();
    },
    close: async () => {
      await Promise.all([pool.close(), mcp.close()]);
      confirmations.close();
    },
  };
}
