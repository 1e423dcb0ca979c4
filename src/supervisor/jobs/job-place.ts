import { HeddleError } from "../../errors.ts";
import type { Worker } from "../handles.ts";
import type { WorkerOptions } from "../options.ts";
import type { Admission } from "../threads/admission.ts";
import type { ThreadClaim } from "../threads/thread-claim.ts";
import type { SessionWorker } from "../workers/session-worker.ts";
import type { Job } from "./job.ts";
import { checkOpen, checkTurn } from "./job-parent.ts";
import { checkAgent, checkTarget, isWorker } from "./job-target.ts";

export type PlaceOptions = {
  readonly target: Worker | WorkerOptions;
  readonly parent: Job | undefined;
  /** The session's. */
  readonly workers: ReadonlyMap<string, unknown>;
  readonly admission: Admission;
  readonly createWorker: (options: WorkerOptions) => SessionWorker;
};

/** How a job comes to a thread: it may wait for one, or has claimed it. */
type Seat = {
  /** Undefined: the job waits, or the thread is its worker's already. */
  readonly claim: ThreadClaim | undefined;
  /** Called when the job begins or ends. */
  readonly leave: () => void;
};

export type Place = Seat & { readonly worker: SessionWorker };

/**
 * The worker for a job, with room for the job. Others are interrupted for it, and a worker is made, only when nothing speaks
 * against it any more.
 *
 * @throws {HeddleError} what `checkTarget` and `createWorker` throw; `OVERLOADED`, `WORKER_BUSY`, `DEADLOCK`, `JOB_SETTLED`.
 */
export function placeFor(options: PlaceOptions): Place {
  const { target, parent, workers, admission, createWorker } = options;
  if (!isWorker(target)) {
    const seat = seatFor(parent, admission, () => admission.claim());
    return placed(seat, () => createWorker(checkAgent(target)));
  }
  checkTarget(target, workers);
  if (parent) checkTurn(target, parent);
  if (target.isBusy && target.settings.whenBusy === "reject") {
    throw new HeddleError("WORKER_BUSY", `worker "${target.name}" has a job already`);
  }
  const seat = seatFor(parent, admission, () => target.claimThread());
  return placed(seat, () => {
    // A child that is born cancelled is not worth it.
    if (target.settings.whenBusy === "interrupt" && !parent?.isEnding) interrupt(target);
    // One that closes with its job does so when that is interrupted.
    checkTarget(target, workers);
    // What was interrupted may have been all that the parent waited for, or the worker's that it waited on.
    if (parent) checkOpen(parent);
    return target;
  });
}

function seatFor(
  parent: Job | undefined,
  admission: Admission,
  claimThread: () => ThreadClaim | undefined,
): Seat {
  if (!parent) return { claim: undefined, leave: admission.enter() };
  // A child that is born cancelled needs no thread.
  const claim = parent.isEnding ? undefined : claimThread();
  return { claim, leave: () => claim?.withdraw() };
}

function placed(seat: Seat, worker: () => SessionWorker): Place {
  try {
    return { ...seat, worker: worker() };
  } catch (error) {
    seat.leave();
    throw error;
  }
}

function interrupt(worker: SessionWorker): void {
  for (const job of worker.jobs) void job.cancel("interrupted by a newer job");
}
