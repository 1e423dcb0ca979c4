import { HeddleError } from "../errors.ts";
import type { PoolTask } from "../protocol/pool-messages.ts";
import { deniedAccess } from "./access-denied.ts";
import type { PoolReports } from "./pool-reports.ts";
import { plainProgress } from "./progress.ts";
import type { ToolContext } from "./tool.ts";

/** What a tool in the pool can do beside computing: show how far it is. It is never told to stop; its thread is ended. */
export function poolContext(task: PoolTask, reports: PoolReports): ToolContext {
  const { context, jobId, toolCallId } = task;
  return {
    context,
    jobId,
    toolCallId,
    signal: new AbortController().signal,
    cancelled: false,
    progress: (value) => reports.progress(plainProgress(value)),
    tell: () => refused("tell"),
    ask: () => refused("ask"),
    run: () => refused("run"),
    exec: () => refused("exec"),
  };
}

/** `error`; for what Node's permission model has refused, one that says why no grant helps a tool in the pool. */
export function poolError(error: unknown): unknown {
  const denied = deniedAccess(error);
  if (!denied || (denied === error && !("grant" in denied.details))) return error;
  const message = `${denied.message}; a pool tool has no permissions: use runsIn: "actor"`;
  return new HeddleError(denied.code, message, { cause: error, details: denied.details });
}

async function refused(what: string): Promise<never> {
  const message = `a pool tool has no ctx.${what}(): use runsIn: "actor"`;
  throw new HeddleError("PERMISSION_DENIED", message);
}
