import type { ToolCall } from "../../protocol/model.ts";
import { isMcpSource } from "../../tools/mcp/check.ts";
import { checkFields, given, refuse } from "../check.ts";
import { layContext } from "../context.ts";
import type { Job } from "../jobs/job.ts";
import type { Society } from "../messages/society.ts";
import type { WorkerOptions } from "../options.ts";
import { checkWorkerOptions } from "../workers/worker-settings.ts";
import { checkChildModules, checkChildPermissions } from "./child-permissions.ts";
import { toolSettings } from "./tool-settings.ts";

/** What of a child's worker a tool can choose. */
const FIELDS = [
  "name",
  "provider",
  "fallback",
  "instructions",
  "model",
  "tools",
  "hostTools",
  "maxSteps",
  "context",
  "timeouts",
  "budget",
  "approvals",
  "permissions",
] as const satisfies readonly (keyof WorkerOptions)[];

/** A worker that a tool call is to run a child on. */
export type ChildWish = {
  readonly parent: Job;
  readonly toolCall: ToolCall;
  /** Its options, as the tool has given them. */
  readonly worker: unknown;
  /** The tool runs in its worker's thread: what it asks for is no more to be trusted than that. */
  readonly isActor: boolean;
};

/**
 * The options of a worker that a tool of `parent` runs.
 *
 * @throws {HeddleError} `INVALID_INPUT`, `INVALID_OPTION`; `PERMISSION_DENIED` for what the parent's worker does not have itself.
 */
export function childWorker(wish: ChildWish, society: Pick<Society, "isTaken">): WorkerOptions {
  const { parent, toolCall } = wish;
  const worker = checked(wish);
  const { settings, context } = parent.spec;
  const { permissions = {}, tools = [], hostTools = [] } = worker;
  checkChildPermissions(permissions, settings.permissions);
  if (wish.isActor) {
    const { fsRead = [] } = settings.permissions;
    checkChildModules(toolSettings(tools).readable, [...settings.tools.readable, ...fsRead]);
  }
  return {
    ...inherited(parent),
    name: freeName(`${parent.worker.name}/${toolCall.name}`, society),
    ...worker,
    ...models(parent, worker),
    context: layContext(context, worker.context),
    timeouts: { ...settings.timeouts, ...parent.spec.options.timeouts, ...given(worker.timeouts) },
    // Also where the supervisor's `defaults` have some.
    permissions,
    tools,
    hostTools,
  };
}

function checked({ worker, isActor }: ChildWish): WorkerOptions {
  checkFields("worker", worker ?? null, FIELDS, "INVALID_INPUT");
  const options = given(worker as WorkerOptions);
  checkWorkerOptions(options, "worker");
  for (const [i, source] of isActor ? (options.tools ?? []).entries() : []) {
    // Its server would be started beside the supervisor, or be called from there.
    if (isMcpSource(source)) refuse(`worker.tools[${i}]`, "a module of tools", "INVALID_INPUT");
  }
  return options;
}

/** What a tool cannot choose, and what is the same unless it does. */
function inherited({ spec: { settings } }: Job): WorkerOptions {
  const { maxSteps, maxDepth, maxChildren, approvals } = settings;
  const { maxParallelToolCalls, maxToolResultBytes, maxToolMediaBytes } = settings;
  const { windowBytes, maxOutputBytes } = settings;
  const { graceMs, killMs, heapMb, unresponsiveMs, whenUnresponsive, parkAfterMs } = settings;
  const { initialMs, maxMs, ...restart } = settings.restart;
  return {
    ...{ maxSteps, maxDepth, maxChildren, approvals },
    ...{ maxParallelToolCalls, maxToolResultBytes, maxToolMediaBytes },
    ...{ windowBytes, maxOutputBytes },
    ...{ graceMs, killMs, heapMb, unresponsiveMs, whenUnresponsive, parkAfterMs },
    restart: { ...restart, backoff: { initialMs, maxMs } },
  };
}

/** Settings are those of a provider's models; and what must be called of the parent's tools is no matter of the child's. */
function models(
  { spec }: Job,
  worker: WorkerOptions,
): Pick<WorkerOptions, "provider" | "model" | "fallback"> {
  const { provider, model, fallback } = spec.settings;
  if (worker.provider !== undefined && worker.provider !== provider) return {};
  const { toolChoice, ...own } = { ...model, ...given(spec.options.model) };
  return {
    provider,
    model: { ...own, ...given(worker.model) },
    fallback: worker.fallback ?? fallback,
  };
}

/** `name`, or the first with a number behind it that no worker has. */
function freeName(name: string, society: Pick<Society, "isTaken">): string {
  let free = name;
  for (let i = 2; society.isTaken(free); i++) free = `${name}-${i}`;
  return free;
}
