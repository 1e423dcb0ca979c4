import type { JobResult } from "../../protocol/job.ts";
import type { McpSource } from "../../tools/mcp/descriptor.ts";
import type { AnyTool } from "../../tools/tool.ts";
import type { Job } from "../jobs/job.ts";
import type { Society } from "../messages/society.ts";
import type { Confirmations } from "./confirmations.ts";
import type { ToolPool } from "./tool-pool.ts";

/** What all tools of a session share. */
export type SessionTools = {
  readonly confirmations: Confirmations;
  readonly pool: ToolPool;
  readonly society: Society;
  /** The tools of these servers, once they are connected. */
  readonly mcpTools: (
    sources: readonly McpSource[],
    signal: AbortSignal,
  ) => Promise<readonly AnyTool[]>;
  /** Runs a child of `parent`, until `signal` aborts. `worker` are its options, as a tool has given them. */
  readonly runChild: (
    parent: Job,
    worker: unknown,
    prompt: string,
    signal: AbortSignal,
  ) => Promise<JobResult>;
};
