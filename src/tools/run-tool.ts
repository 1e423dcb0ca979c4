import type { ToolEnd } from "../protocol/tool.ts";
import type { CallSignal } from "./call-signal.ts";
import type { ResultLimits } from "./tool-end.ts";
import { errorEnd, resultEnd, timeoutEnd } from "./tool-end.ts";

/**
 * How a call ends whose tool does `work`, wherever that is: with what it gives or throws; when it throws because the call has
 * taken too long, with that.
 *
 * @throws the reason of the job's signal, when the work throws after that has aborted: such a call has no end of its own.
 */
export async function runTool(
  work: () => unknown,
  call: CallSignal,
  limits: ResultLimits,
): Promise<ToolEnd> {
  try {
    return resultEnd(await work(), limits);
  } catch (error) {
    const { timeout, signal } = call;
    if (timeout) return timeoutEnd(timeout);
    signal.throwIfAborted();
    return errorEnd(error, limits.maxBytes);
  }
}

/** A call's name for all time: the same when the job is run again. `step` is the number of its response in the job, from 1. */
export function toolCallIdOf(jobId: string, step: number, index: number): string {
  return `${jobId}/${step}/${index}`;
}
