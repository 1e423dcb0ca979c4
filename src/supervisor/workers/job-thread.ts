import { HeddleError, toHeddleError, toWireError } from "../../errors.ts";
import type { Clock } from "../../transport/clock.ts";
import type { Job } from "../jobs/job.ts";
import type { ActorThread } from "../threads/actor-thread.ts";
import type { RestartPolicy } from "../threads/restart-policy.ts";
import { restartLimit } from "../threads/restart-policy.ts";
import { ThreadClaim } from "../threads/thread-claim.ts";
import type { ThreadPermits } from "../threads/thread-permits.ts";
import { noThread } from "../threads/thread-permits.ts";
import type { WorkerThread } from "../threads/worker-thread.ts";

export type JobThreadOptions = {
  readonly thread: WorkerThread;
  readonly permits: ThreadPermits;
  readonly restart: RestartPolicy;
  readonly clock: Clock;
  /** The job has to wait for a thread, until others have ended. What must not wait so fails with `error`. */
  readonly onWaiting: (error: HeddleError) => void;
  readonly onRestarting: (job: Job) => void;
  /** The restart policy has said no: the job is to fail with `failure`. */
  readonly onGivenUp: (failure: HeddleError) => void;
};

/** A worker's thread for one job after the other: after a start that fails, as after a death, there is another as the restart policy says. */
export class JobThread {
  readonly #options: JobThreadOptions;
  /** The job that is to have the thread waits until others have ended. */
  #isWaiting: boolean = false;

  constructor(options: JobThreadOptions) {
    this.#options = options;
  }

  /**
   * Sees to a thread for a job that must not wait for one: the worker's own, or a claim on one. When the worker is busy, the job
   * gets the thread that is left to it.
   *
   * @throws {HeddleError} `OVERLOADED`.
   */
  claim(isBusy: boolean): ThreadClaim | undefined {
    const { thread, permits } = this.#options;
    if (thread.reserve()) return undefined;
    if (this.#isWaiting) throw noThread(permits.max);
    return isBusy ? undefined : new ThreadClaim(permits);
  }

  /** Resolves to undefined when the job was stopped first, or to what it fails with. */
  async first(
    job: Job,
    claim: ThreadClaim | undefined,
  ): Promise<ActorThread | HeddleError | undefined> {
    const thread = await this.#take(job, claim);
    return isStartFailure(thread) ? await this.replace(job, thread) : thread;
  }

  /**
   * The thread was given up while the job waited for others; now it is needed again. A child waits its turn here, too: who waits for it
   * holds no thread meanwhile.
   */
  async resume(job: Job): Promise<ActorThread | HeddleError | undefined> {
    const thread = await this.#take(job, "queue");
    return isStartFailure(thread) ? await this.replace(job, thread) : thread;
  }

  /** The thread has ended with `failure`. Resolves to the next one, or to what the job fails with. */
  async replace(job: Job, failure: HeddleError): Promise<ActorThread | HeddleError> {
    let last = failure;
    while (!isWithdrawn(job)) {
      const decision = this.#options.thread.decideRestart(
        isStartFailure(last) ? "failure" : undefined,
      );
      if (decision.type !== "restart") return this.#giveUp(decision.type, last);
      const next = await this.#again(job, decision.delayMs);
      if (!next) break;
      if (!HeddleError.is(next)) {
        const { attempt } = decision;
        job.append({ type: "restarted", attempt, failure: toWireError(last) });
        return next;
      }
      if (!isStartFailure(next)) return next;
      last = next;
    }
    return last;
  }

  #giveUp(why: "give-up" | "over-limit", failure: HeddleError): HeddleError {
    const { restart, onGivenUp } = this.#options;
    const final = why === "give-up" ? failure : restartLimit(restart, failure);
    onGivenUp(final);
    return final;
  }

  async #again(job: Job, delayMs: number): Promise<ActorThread | HeddleError | undefined> {
    this.#options.onRestarting(job);
    await pause(this.#options.clock, delayMs, job);
    return isWithdrawn(job) ? undefined : await this.#take(job, undefined);
  }

  async #take(
    job: Job,
    claim: ThreadClaim | "queue" | undefined,
  ): Promise<ActorThread | HeddleError | undefined> {
    const { thread, permits, onWaiting } = this.#options;
    const isChild = job.parentId !== undefined;
    const claims = isChild && claim !== "queue";
    try {
      return await thread.take({
        isWithdrawn: () => isWithdrawn(job),
        onWithdrawn: (run) => job.onStopped(run),
        onWaiting: () => {
          this.#isWaiting = true;
          job.append({ type: "waiting", for: "thread" });
          onWaiting(noThread(permits.max));
        },
        isChild,
        ...(claims ? { claim: () => claim ?? new ThreadClaim(permits) } : {}),
      });
    } catch (error) {
      return toHeddleError(error, "INTERNAL");
    } finally {
      this.#isWaiting = false;
    }
  }
}

/** Whether nothing of the job is to begin any more. */
export function isWithdrawn(job: Job): boolean {
  return job.isSettled || job.stopReason !== undefined;
}

function isStartFailure(thread: unknown): thread is HeddleError {
  return HeddleError.is(thread) && thread.code === "ACTOR_START_FAILED";
}

/** Resolves after `ms`, or as soon as the job is to stop. */
function pause(clock: Clock, ms: number, job: Job): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = clock.setTimer(ms, over.resolve);
  job.onStopped(() => {
    timer.cancel();
    over.resolve();
  });
  return over.promise;
}
