import { HeddleError } from "../../errors.ts";
import type { ToolEnd } from "../../protocol/tool.ts";
import type { CallSignal } from "../../tools/call-signal.ts";
import { runTool } from "../../tools/run-tool.ts";
import type { AnyTool, ToolContext } from "../../tools/tool.ts";
import type { ResultLimits } from "../../tools/tool-end.ts";
import type { Clock } from "../../transport/clock.ts";

export type HostCall = {
  readonly tool: AnyTool;
  readonly value: unknown;
  readonly ctx: ToolContext;
  readonly signal: CallSignal;
  readonly limits: ResultLimits;
  /** How long it may take to stop; asked when its signal aborts. */
  readonly graceMs: () => number;
  readonly clock: Clock;
  /** It has not stopped, and cannot be made to. */
  readonly onStuck: () => void;
};

/**
 * Carries out a tool beside the supervisor. It can only be asked to stop: one that does not within its grace is left to itself, and
 * reported.
 *
 * @throws the signal's reason, when that is no timeout.
 */
export async function runHostTool(call: HostCall): Promise<ToolEnd> {
  const { tool, value, ctx, signal, limits } = call;
  const work = (async () => tool.execute(value, ctx))();
  return await runTool(() => Promise.race([work, graceOver(call, work)]), signal, limits);
}

/** Rejects when `work` has not ended `graceMs()` after the signal's abort. */
function graceOver({ signal, graceMs, clock, onStuck }: HostCall, work: Promise<unknown>) {
  const over = Promise.withResolvers<never>();
  const giveUp = () => {
    onStuck();
    over.reject(new HeddleError("TOOL_STUCK", "the tool does not stop"));
  };
  const onAbort = () => {
    const timer = clock.setTimer(graceMs(), giveUp);
    work.finally(() => timer.cancel()).catch(() => {});
  };
  if (signal.signal.aborted) onAbort();
  else signal.signal.addEventListener("abort", onAbort, { once: true });
  return over.promise;
}
