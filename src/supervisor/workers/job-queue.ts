import type { Job } from "../jobs/job.ts";
import type { JobRun } from "../jobs/job-run.ts";
import type { ThreadClaim } from "../threads/thread-claim.ts";

/** `run` is undefined until there is a thread for the job. `claim`: it has claimed that thread before. */
export type TakenJob = {
  readonly job: Job;
  readonly claim: ThreadClaim | undefined;
  run: JobRun | undefined;
};

/** A worker's jobs: the one that it works on, and those that wait. One that has ended takes no place, from before anybody is told. */
export class JobQueue {
  readonly #waiting: TakenJob[] = [];
  #current: TakenJob | undefined;

  /** What the worker has not turned away from yet, also when that has ended. */
  get current(): TakenJob | undefined {
    return this.#current;
  }

  /** Those that wait. */
  get waiting(): readonly TakenJob[] {
    return this.#waiting;
  }

  /** In their order. */
  get jobs(): readonly Job[] {
    const taken = [...(this.#current ? [this.#current] : []), ...this.#waiting];
    return taken.map(({ job }) => job).filter(({ isSettled }) => !isSettled);
  }

  /** What must end before it is the turn of `job`. */
  ahead(job: Job): readonly Job[] {
    const { jobs } = this;
    return jobs.slice(0, Math.max(0, jobs.indexOf(job)));
  }

  add(taken: TakenJob): void {
    this.#waiting.push(taken);
    taken.job.onEnded(() => {
      const place = this.#waiting.indexOf(taken);
      if (place >= 0) this.#waiting.splice(place, 1);
    });
  }

  /** The next one's turn; undefined while there is another, or none waits. */
  next(): TakenJob | undefined {
    if (this.#current) return undefined;
    this.#current = this.#waiting.shift();
    return this.#current;
  }

  /** The worker has turned away from the present one. */
  leave(): void {
    this.#current = undefined;
  }
}
