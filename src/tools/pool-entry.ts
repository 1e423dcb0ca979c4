import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { HeddleError } from "../errors.ts";
import type { PoolTask } from "../protocol/pool-messages.ts";
import type { ToolEnd, ToolModule } from "../protocol/tool.ts";
import { captureOutput } from "../transport/output.ts";
import { restrictThread } from "../transport/restrict-thread.ts";
import { dropWorkingDirectory } from "../transport/working-directory.ts";
import { loadTools } from "./load-tools.ts";
import { poolContext, poolError } from "./pool-context.ts";
import { PoolReports } from "./pool-reports.ts";
import { errorEnd, resultEnd } from "./tool-end.ts";
import type { ReadyTool } from "./toolbox.ts";
import { Toolbox } from "./toolbox.ts";

/*
 * What runs in a thread of the pool, under piscina: calls of tools of one module, one at a time.
 */

const { module } = workerData as { readonly module: ToolModule };
let loading: Promise<Toolbox> | undefined;
let reports: PoolReports | undefined;

dropWorkingDirectory();
restrictThread();
captureOutput((stream, text) => reports?.output(stream, text));
// Tasks come on a port of piscina's own. What code in this thread sends on this one would only hold the parent up.
parentPort?.close();

/** Carries out one call. Never rejects: what piscina makes of errors and of what cannot be cloned would lose too much. */
export async function run({
  port,
  ...task
}: PoolTask & { readonly port: MessagePort }): Promise<ToolEnd> {
  const { limits } = task;
  const said = new PoolReports(port);
  reports = said;
  try {
    const ready = await toolOf(task);
    const value = await ready.tool.execute(await argumentsOf(ready, task), poolContext(task, said));
    return resultEnd(value, limits);
  } catch (error) {
    return errorEnd(poolError(error), limits.maxBytes);
  } finally {
    said.end();
    await printed();
    reports = undefined;
  }
}

async function toolOf({ toolName }: PoolTask): Promise<ReadyTool> {
  // A module that could not be loaded fails its next call, too: the supervisor does not keep this thread.
  loading ??= loadTools([module]).then(({ tools }) => new Toolbox(tools));
  const ready = (await loading).find(toolName);
  if (ready) return ready;
  const message = `there is no tool "${toolName}" in ${module.moduleUrl}`;
  throw new HeddleError("UNKNOWN_TOOL", message, { details: { tool: toolName } });
}

async function argumentsOf({ schema }: ReadyTool, { args }: PoolTask): Promise<unknown> {
  const checked = await schema.check(args);
  if (checked.ok) return checked.value;
  const message = `the arguments are not valid: ${checked.issues.join("; ")}`;
  throw new HeddleError("TOOL_ARGUMENTS_INVALID", message);
}

/** What was printed is reported at the end of a turn. */
function printed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
