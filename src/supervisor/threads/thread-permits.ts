import { HeddleError } from "../../errors.ts";

/** Who holds a thread. */
export type PermitHolder = {
  /** Gives its thread up, if it is idle: somebody else needs one. It calls `release` when the thread is gone. */
  surrender(): void;
};

/** What comes of a claim: one of the two is called, once. */
export type Claimant = {
  readonly granted: () => void;
  readonly refused: () => void;
};

/**
 * How many threads actors may hold at once. When there are none left, the longest idle holder is asked for its own; who still
 * gets none waits, first come first served.
 *
 * A claim is a wish that must not wait for another job's end. It goes before all that wait, and there are never more claims
 * than holders that are giving their threads up.
 */
export class ThreadPermits {
  readonly max: number;
  #held = 0;
  /** Holders that could give theirs up, the longest idle first. */
  readonly #idle = new Set<PermitHolder>();
  /** Holders that were asked for theirs and still hold it. */
  readonly #surrendering = new Set<PermitHolder>();
  readonly #waiting = new Set<() => void>();
  readonly #claims = new Set<Claimant>();

  constructor(max: number) {
    this.max = max;
  }

  get held(): number {
    return this.#held;
  }

  /** Threads that could be had without waiting for a job to end. */
  get free(): number {
    return this.max - this.#held + this.#idle.size;
  }

  get waiting(): number {
    return this.#waiting.size + this.#claims.size;
  }

  /** Calls `granted`, at once or when it is the caller's turn. Returns what withdraws the wish while it waits. */
  acquire(granted: () => void): () => void {
    if (this.#held < this.max) {
      this.#held += 1;
      granted();
      return () => {};
    }
    this.#waiting.add(granted);
    this.#reclaim();
    return () => this.#waiting.delete(granted);
  }

  /**
   * Like `acquire`, for what must not wait for a job's end. The claim is refused later if the holder that was asked for its
   * thread cannot do without. Returns what withdraws the claim while it is neither granted nor refused.
   *
   * @throws {HeddleError} `OVERLOADED` when no thread is free or idle.
   */
  claim(claimant: Claimant): () => void {
    if (this.#held < this.max) {
      this.#held += 1;
      claimant.granted();
      return () => {};
    }
    if (this.#claims.size >= this.#surrendering.size + this.#idle.size) throw noThread(this.max);
    this.#claims.add(claimant);
    this.#reclaim();
    return () => this.#claims.delete(claimant);
  }

  /** The thread of `holder` is gone, or was never made; without a holder: a permit is given back before it had one. */
  release(holder?: PermitHolder): void {
    if (holder) this.#forget(holder);
    this.#held -= 1;
    const [claimant] = this.#claims;
    const [waiting] = this.#waiting;
    if (claimant) this.#claims.delete(claimant);
    else if (waiting) this.#waiting.delete(waiting);
    const next = claimant?.granted ?? waiting;
    if (!next) return;
    this.#held += 1;
    next();
  }

  /** `holder` does not need its thread now. */
  idle(holder: PermitHolder): void {
    this.#idle.add(holder);
    this.#reclaim();
  }

  busy(holder: PermitHolder): void {
    this.#idle.delete(holder);
  }

  /** `holder` was asked for its thread, and cannot do without. */
  keep(holder: PermitHolder): void {
    this.#forget(holder);
    this.#reclaim();
    const latest = [...this.#claims].at(-1);
    if (!latest || this.#claims.size <= this.#surrendering.size) return;
    this.#claims.delete(latest);
    latest.refused();
  }

  #forget(holder: PermitHolder): void {
    this.#idle.delete(holder);
    this.#surrendering.delete(holder);
  }

  #reclaim(): void {
    const [longest] = this.#idle;
    if (!longest || this.#surrendering.size >= this.waiting) return;
    this.#idle.delete(longest);
    this.#surrendering.add(longest);
    longest.surrender();
  }
}

/** Why a job that must not wait for a thread gets none. */
export function noThread(max: number): HeddleError {
  const message = `no thread is free or idle, threads.max is ${max}, and a child job does not wait for one`;
  return new HeddleError("OVERLOADED", message, { details: { max } });
}
