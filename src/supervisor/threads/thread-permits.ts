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

/** A wish that waits its turn. */
type Wish = { readonly granted: () => void; readonly isChild: boolean };

/**
 * How many threads actors may hold at once. When there are none left, the longest idle holder is asked for its own; who still
 * gets none waits, first come first served.
 *
 * A claim is a wish that must not wait for another job's end. It goes before all that wait, and there are never more claims
 * than holders that are giving their threads up.
 *
 * A holder that only waits for others, and whose thread holds what must not be lost, lends its permit and keeps its thread:
 *
 * 1. A permit is granted only while fewer than `max` are held; one that is lent is not held.
 * 2. Taking it back never waits, so more than `max` can be held: by one for each that has been lent. What is too much is asked of idle
 *    holders at once, and nothing is granted before it is made up for.
 * 3. Jobs that are no children are granted one only while fewer than twice `max` are held or lent. Children are exempt: who lends may
 *    wait for them. So there are at most `2 * max` threads, and those of children whose parents have lent theirs.
 */
export class ThreadPermits {
  readonly max: number;
  #held = 0;
  /** Holders that could give theirs up, the longest idle first. */
  readonly #idle = new Set<PermitHolder>();
  /** Holders that were asked for theirs, or are to end, and still hold it. */
  readonly #surrendering = new Set<PermitHolder>();
  readonly #lent = new Set<PermitHolder>();
  readonly #waiting = new Set<Wish>();
  readonly #claims = new Set<Claimant>();

  constructor(max: number) {
    this.max = max;
  }

  get held(): number {
    return this.#held;
  }

  /** Holders that have a thread, and have lent its permit. */
  get lent(): number {
    return this.#lent.size;
  }

  /** Threads that could be had without waiting for a job to end; less than 0 while more than `max` are held. */
  get free(): number {
    return this.max - this.#held + this.#idle.size;
  }

  get waiting(): number {
    return this.#waiting.size + this.#claims.size;
  }

  /** Calls `granted`, at once or when it is the caller's turn. Returns what withdraws the wish while it waits. */
  acquire(granted: () => void, { isChild = false }: { isChild?: boolean } = {}): () => void {
    const wish = { granted, isChild };
    if (this.#mayHave(wish)) {
      this.#held += 1;
      granted();
      return () => {};
    }
    this.#waiting.add(wish);
    this.#reclaim();
    return () => this.#waiting.delete(wish);
  }

  /**
   * Like `acquire`, for what must not wait for a job's end. The claim is refused later if the holder that was asked for its
   * thread cannot do without, or a permit that was lent is taken back. Returns what withdraws the claim while it is neither granted nor
   * refused.
   *
   * @throws {HeddleError} `OVERLOADED` when no thread is free or idle.
   */
  claim(claimant: Claimant): () => void {
    if (this.#held < this.max) {
      this.#held += 1;
      claimant.granted();
      return () => {};
    }
    if (this.#claims.size >= this.#comingFree + this.#idle.size) throw noThread(this.max);
    this.#claims.add(claimant);
    this.#reclaim();
    return () => this.#claims.delete(claimant);
  }

  /** The thread of `holder` is gone, or was never made; without a holder: a permit is given back before it had one. */
  release(holder?: PermitHolder): void {
    const wasLent = holder !== undefined && this.#lent.delete(holder);
    if (holder) this.#forget(holder);
    if (!wasLent) this.#held -= 1;
    this.#serve();
  }

  /** `holder` does not need its thread now. */
  idle(holder: PermitHolder): void {
    this.#takeBack(holder);
    this.#idle.add(holder);
    this.#balance();
  }

  /** `holder` needs its thread, and the permit that it may have lent. */
  busy(holder: PermitHolder): void {
    this.#takeBack(holder);
    this.#idle.delete(holder);
    this.#balance();
  }

  /** `holder` keeps its thread and does nothing with it, until it is `busy` or `idle`. */
  lend(holder: PermitHolder): void {
    if (this.#lent.has(holder)) return;
    this.#forget(holder);
    this.#held -= 1;
    this.#lent.add(holder);
    // Not at once: a child that the holder is to wait for claims it in this turn.
    queueMicrotask(() => this.#serve());
  }

  /** The thread of `holder` is being ended: whoever claims one need not wait for a job. */
  ending(holder: PermitHolder): void {
    this.#takeBack(holder);
    this.#idle.delete(holder);
    this.#surrendering.add(holder);
    this.#balance();
  }

  /** `holder` was asked for its thread, and cannot do without. */
  keep(holder: PermitHolder): void {
    this.#forget(holder);
    this.#balance();
  }

  /** How many will be to be had once those that are giving theirs up have done so. */
  get #comingFree(): number {
    return this.max - this.#held + this.#surrendering.size;
  }

  #mayHave({ isChild }: Wish): boolean {
    if (this.#held >= this.max) return false;
    return isChild || this.#held + this.#lent.size < 2 * this.max;
  }

  #serve(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      this.#held += 1;
      next();
    }
    // What is still not to be had may be, once one more is given up.
    this.#reclaim();
  }

  #next(): (() => void) | undefined {
    if (this.#held >= this.max) return undefined;
    const [claimant] = this.#claims;
    if (claimant) {
      this.#claims.delete(claimant);
      return claimant.granted;
    }
    for (const wish of this.#waiting) {
      if (!this.#mayHave(wish)) continue;
      this.#waiting.delete(wish);
      return wish.granted;
    }
    return undefined;
  }

  #takeBack(holder: PermitHolder): void {
    if (this.#lent.delete(holder)) this.#held += 1;
  }

  #forget(holder: PermitHolder): void {
    this.#idle.delete(holder);
    this.#surrendering.delete(holder);
  }

  /** Asks for what is held too much, and refuses the claim that cannot be met any more. */
  #balance(): void {
    this.#reclaim();
    const latest = [...this.#claims].at(-1);
    if (!latest || this.#claims.size <= this.#comingFree) return;
    this.#claims.delete(latest);
    latest.refused();
  }

  #reclaim(): void {
    const [longest] = this.#idle;
    const wanted = this.waiting + Math.max(0, this.#held - this.max);
    if (!longest || this.#surrendering.size >= wanted) return;
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
