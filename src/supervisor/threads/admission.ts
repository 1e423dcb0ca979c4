import { HeddleError } from "../../errors.ts";
import { ThreadClaim } from "./thread-claim.ts";
import type { ThreadPermits } from "./thread-permits.ts";

/** How many jobs may wait at once for all workers together: the queue is bounded, so that a flood of jobs is refused and not kept. */
export class Admission {
  readonly max: number;
  readonly #permits: ThreadPermits;
  #waiting = 0;

  constructor(max: number, permits: ThreadPermits) {
    this.max = max;
    this.#permits = permits;
  }

  /** Jobs that have not begun; children, which do not wait for a thread, are not counted. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * A thread for a job that must not wait for one.
   *
   * @throws {HeddleError} `OVERLOADED` when none is free or idle.
   */
  claim(): ThreadClaim {
    return new ThreadClaim(this.#permits);
  }

  /**
   * Lets one more job wait. Returns what is called when it begins or ends; calling that twice is the same as once.
   *
   * @throws {HeddleError} `OVERLOADED`.
   */
  enter(): () => void {
    if (this.#waiting - this.#permits.free >= this.max) {
      const message = `${this.#waiting} jobs wait already, and threads.queue is ${this.max}`;
      throw new HeddleError("OVERLOADED", message, { details: { waiting: this.#waiting } });
    }
    this.#waiting += 1;
    let isWaiting: boolean = true;
    return () => {
      if (isWaiting) this.#waiting -= 1;
      isWaiting = false;
    };
  }
}
