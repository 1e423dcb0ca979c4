/**
 * How a run ends before its time: first nothing more is started, then what runs is cancelled. The second implies the first.
 *
 * The first reason to cancel counts. Owns a timer while it drains, until it is released.
 */
export class Stopping {
  readonly #noMore = new AbortController();
  readonly #cancelled = new AbortController();
  #deadline: NodeJS.Timeout | undefined;

  /** Aborts when no further input is to be started. */
  get noMore(): AbortSignal {
    return this.#noMore.signal;
  }

  /** Aborts when all that runs is to be cancelled, for its reason. */
  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** Starts nothing more. What runs has `drainMs` to end; then `onOver` is called, and the rest cancelled for `reason`. */
  drain(drainMs: number, reason: string, onOver: () => void): void {
    this.#noMore.abort();
    this.#deadline ??= setTimeout(() => {
      onOver();
      this.cancel(reason);
    }, drainMs);
  }

  cancel(reason: string): void {
    this.release();
    this.#cancelled.abort(reason);
  }

  /** Nothing runs any more: ends the reading of inputs, and the drain. */
  release(): void {
    clearTimeout(this.#deadline);
    this.#noMore.abort();
  }
}
