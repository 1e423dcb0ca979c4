import type { HeddleError } from "../../errors.ts";
import { fromWireError, toWireError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import type { ToolEnd } from "../../protocol/tool.ts";
import { toolTimeout } from "../../tools/call-signal.ts";
import { refused } from "../../tools/tool-call.ts";
import type { ResultLimits } from "../../tools/tool-end.ts";
import { resultEnd, timeoutEnd } from "../../tools/tool-end.ts";
import type { Verdict } from "../jobs/job-lifecycle.ts";
import type { WorkerSettings } from "../workers/worker-settings.ts";
import type { OpenCall } from "./open-call.ts";

/** What is said of a result that was cut is no longer. */
const CUT_NOTICE_BYTES = 100;

/** The end of a call whose thread has ended with `failure`. */
export function lostEnd({ overdueMs, call }: OpenCall, failure: HeddleError): ToolEnd {
  if (overdueMs !== undefined) {
    return timeoutEnd(toolTimeout(overdueMs));
  }
  const text = `The call of "${call.name}" was interrupted: its thread has ended (${failure.code}: ${failure.message}). It may have had an effect.`;
  return refused("TOOL_INTERRUPTED", text, failure);
}

/** The end of a call whose job ends before it, in this way. */
export function cutOffEnd({ isUnderWay }: Pick<OpenCall, "isUnderWay">, verdict: Verdict): ToolEnd {
  const { code, why } = endingOf(verdict);
  return isUnderWay
    ? refused(
        "TOOL_INTERRUPTED",
        `The call was cut off, the job ${why}. It may have had an effect.`,
      )
    : refused(code, `The call was cancelled and not carried out: the job ${why}.`);
}

function endingOf(verdict: Verdict): { readonly code: ErrorCode; readonly why: string } {
  switch (verdict.status) {
    case "cancelled":
      return { code: "JOB_CANCELLED", why: `was cancelled: ${verdict.reason}` };
    case "failed":
      return { code: verdict.error.code, why: `has failed: ${verdict.error.message}` };
    case "completed":
      return { code: "JOB_CANCELLED", why: "has completed" };
    default:
      return verdict satisfies never;
  }
}

/** How much of a tool's result a worker's model is given. */
export function resultLimits({
  maxToolResultBytes: maxBytes,
  maxToolMediaBytes: maxMediaBytes,
}: Pick<WorkerSettings, "maxToolResultBytes" | "maxToolMediaBytes">): ResultLimits {
  return { maxBytes, maxMediaBytes };
}

/** What an actor says is not to be trusted to keep to its bounds, or to the type. Where it has kept to them, it may have said so at the end. */
export function boundedEnd({ result, content, error }: ToolEnd, limits: ResultLimits): ToolEnd {
  const room = { ...limits, maxBytes: limits.maxBytes + CUT_NOTICE_BYTES };
  const { result: text } = resultEnd(String(result), room);
  const parts = content === undefined ? undefined : resultEnd(content, room).content;
  return {
    result: text,
    ...(parts === undefined ? {} : { content: parts }),
    ...(error === undefined ? {} : { error: toWireError(fromWireError(error)) }),
  };
}
