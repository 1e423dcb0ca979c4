import { fromWireError, HeddleError } from "../../errors.ts";
import type { TerminalBody } from "../../protocol/job.ts";
import type { JobOutcome } from "../handles.ts";

/** What a job's terminal event says to who awaits its outcome. */
export function outcomeOf(body: TerminalBody): JobOutcome {
  if (body.type === "completed") return { status: "completed", result: body.result };
  const { partial } = body;
  return body.type === "cancelled"
    ? { status: "cancelled", partial, error: cancelledError(body.reason) }
    : { status: "failed", partial, error: fromWireError(body.error) };
}

/** The end of a job that has not ended within its `timeouts.totalMs`. */
export function jobTimeout(totalMs: number): HeddleError {
  const message = `the job took longer than ${totalMs} ms (timeouts.totalMs)`;
  return new HeddleError("JOB_TIMEOUT", message, { details: { limitMs: totalMs } });
}

function cancelledError(reason: string): HeddleError {
  return new HeddleError("JOB_CANCELLED", `the job was cancelled: ${reason}`, {
    details: { reason },
  });
}
