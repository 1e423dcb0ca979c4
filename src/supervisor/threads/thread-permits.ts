/** Who holds a thread. */
export type PermitHolder = {
  /** Gives its thread up, if it is idle: somebody else needs one. It calls `release` when the thread is gone. */
  surrender(): void;
};

/**
 * How many threads actors may hold at once. When there are none left, the longest idle holder is asked for its own; who still
 * gets none waits, first come first served.
 */
export class ThreadPermits {
  readonly max: number;
  #held = 0;
  /** Holders that could give theirs up, the longest idle first. */
  readonly #idle = new Set<PermitHolder>();
  /** Holders that were asked for theirs and still hold it. */
  readonly #surrendering = new Set<PermitHolder>();
  readonly #waiting = new Set<() => void>();

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
    return this.#waiting.size;
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

  /** The thread of `holder` is gone, or was never made. */
  release(holder: PermitHolder): void {
    this.#idle.delete(holder);
    this.#surrendering.delete(holder);
    this.#held -= 1;
    const [next] = this.#waiting;
    if (!next) return;
    this.#waiting.delete(next);
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
    this.#idle.delete(holder);
    this.#surrendering.delete(holder);
    this.#reclaim();
  }

  #reclaim(): void {
    const [longest] = this.#idle;
    if (!longest || this.#surrendering.size >= this.#waiting.size) return;
    this.#idle.delete(longest);
    this.#surrendering.add(longest);
    longest.surrender();
  }
}
