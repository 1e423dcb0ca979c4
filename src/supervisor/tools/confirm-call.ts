import { HeddleError } from "../../errors.ts";
import type { NamedToolCall } from "../../protocol/job.ts";
import type { ConfirmationAnswer, ConfirmationRequest } from "../../protocol/tool.ts";
import { jsonSchemaIssues } from "../../tools/schema.ts";
import type { JsonSchema } from "../../tools/tool.ts";
import { given } from "../check.ts";
import type { Job } from "../jobs/job.ts";
import type { Timeouts } from "../options.ts";
import type { Verdict } from "./confirmation.ts";
import type { Confirmations } from "./confirmations.ts";
import { verdictOf } from "./decision.ts";
import type { OpenCall } from "./open-call.ts";

export type ConfirmOptions = {
  readonly job: Job;
  readonly confirmations: Confirmations;
  readonly timeouts: Timeouts;
  /** What the tool takes: an edit is checked by it. */
  readonly parameters: JsonSchema;
  /** Aborts when nobody is to be asked any more. */
  readonly signal: AbortSignal;
  /** The call begins to wait, or no longer does. */
  readonly onChange: () => void;
};

/**
 * Has somebody decide whether a call may be carried out with `args`, unless that is settled by the worker's `approvals`, or by what
 * was to be remembered.
 *
 * @throws the signal's reason.
 */
export async function confirmCall(
  open: OpenCall,
  args: unknown,
  options: ConfirmOptions,
): Promise<Verdict> {
  const settled = settledVerdict(open, options);
  if (settled) return settled;
  const issuesOf = await jsonSchemaIssues(options.parameters);
  options.signal.throwIfAborted();
  // Meanwhile, somebody may have decided on another call, and on all like it.
  return settledVerdict(open, options) ?? (await ask(open, args, issuesOf, options));
}

/** What a worker's `approvals` say by themselves; undefined: somebody is to be asked. */
export function policyVerdict(approvals: "ask" | "deny" | "allow"): Verdict | undefined {
  switch (approvals) {
    case "allow":
      return { decision: "approved" };
    case "deny":
      return { decision: "denied", reason: "approvals are off here" };
    case "ask":
      return undefined;
    default:
      return approvals satisfies never;
  }
}

/** What an actor is told of a verdict. @throws {HeddleError} `JOB_CANCELLED`. */
export function answerOf(
  { decision, args, reason = "" }: Verdict,
  afterMs: number,
): ConfirmationAnswer {
  switch (decision) {
    case "approved":
      return { type: "approved" };
    case "edited":
      return { type: "edited", args };
    case "denied":
      return { type: "denied", reason };
    case "expired":
      return { type: "expired", afterMs };
    case "cancelled":
      throw new HeddleError("JOB_CANCELLED", "the job is over");
    default:
      return decision satisfies never;
  }
}

async function ask(
  open: OpenCall,
  args: unknown,
  issuesOf: (args: unknown) => readonly string[],
  { job, confirmations, timeouts, signal, onChange }: ConfirmOptions,
): Promise<Verdict> {
  const request = requestOf(open, args, job, timeouts);
  open.phase = "confirming";
  job.append({ type: "confirmation-requested", ...request });
  onChange();
  const confirmation = confirmations.ask({
    request,
    host: job.spec.options.host,
    made: (decision) => verdictOf(decision, issuesOf),
    alike: (verdict) => verdict,
    expiresInMs: timeouts.confirmationMs,
    onHostFailed: (error) => job.fail(error),
    // At once: what comes of it may end the job in the same turn.
    onVerdict: (verdict) => {
      open.phase = "open";
      logDecided(job, open, request.confirmationId, verdict);
      onChange();
    },
  });
  open.confirmation = confirmation;
  // Whoever was told may have stopped the job.
  if (signal.aborted) confirmation.cancel();
  return await confirmation.verdict;
}

function settledVerdict(
  open: OpenCall,
  { job, confirmations }: ConfirmOptions,
): Verdict | undefined {
  const { settings, worker, runtime } = job.spec;
  const byPolicy = policyVerdict(settings.approvals);
  if (byPolicy) return byPolicy;
  const remembered = confirmations.remembered(worker.name, open.call.name);
  if (remembered) logDecided(job, open, runtime.newId(), remembered);
  return remembered;
}

/** What is asked about a call, with these arguments. */
export function requestOf(
  open: OpenCall,
  args: unknown,
  job: Job,
  timeouts: Timeouts,
): ConfirmationRequest {
  const { runtime, worker } = job.spec;
  const { confirmationMs } = timeouts;
  const expiresAtMs =
    confirmationMs === undefined ? undefined : runtime.clock.now() + confirmationMs;
  return {
    confirmationId: runtime.newId(),
    jobId: job.id,
    workerId: worker.id,
    workerName: worker.name,
    ...named(open),
    args,
    ...given({ parentId: job.parentId, expiresAtMs }),
  };
}

function logDecided(job: Job, open: OpenCall, confirmationId: string, verdict: Verdict): void {
  job.append({ type: "confirmation-decided", confirmationId, ...named(open), ...verdict });
}

function named({ call }: OpenCall): NamedToolCall {
  return { toolCallId: call.id, toolName: call.name };
}
