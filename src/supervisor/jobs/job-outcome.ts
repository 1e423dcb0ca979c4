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

function cancelledError(reason: string): HeddleError {
  return new HeddleError("JOB_CANCELLED", `the job was cancelled: ${reason}`, {
    details: { reason },
  });
}
