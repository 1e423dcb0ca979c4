import type { Clock, Timer } from "./clock.ts";

/**
 * Calls `onExpired` once after `ms` of running time. It can be paused, and set back to its start by `touch`.
 *
 * `touch` only notes the time: the timer looks at it when it fires, and is set again for what is left. So it costs next to
 * nothing for every chunk of a stream.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onExpired: () => void;
  #timer: Timer | undefined;
  /** When the present stretch of running time began; undefined while paused or stopped. */
  #since: number | undefined;
  /** Running time used up before the present stretch. */
  #usedMs = 0;

  constructor(clock: Clock, ms: number, onExpired: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onExpired = onExpired;
    this.resume();
  }

  /** Running time that is left, in ms; right only while it runs or is paused. */
  get leftMs(): number {
    const presentMs = this.#since === undefined ? 0 : this.#clock.monotonicMs() - this.#since;
    return Math.max(0, this.#ms - this.#usedMs - presentMs);
  }

  touch(): void {
    this.#usedMs = 0;
    if (this.#since !== undefined) this.#since = this.#clock.monotonicMs();
  }

  /** Begins anew, whether it runs or not. */
  restart(): void {
    this.#usedMs = 0;
    this.stop();
    this.resume();
  }

  pause(): void {
    if (this.#since === undefined) return;
    this.#usedMs += this.#clock.monotonicMs() - this.#since;
    this.stop();
  }

  resume(): void {
    if (this.#since !== undefined) return;
    this.#since = this.#clock.monotonicMs();
    this.#arm(this.#ms - this.#usedMs);
  }

  /** Stops it for good, unless `resume` is called. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#since = undefined;
  }

  #arm(leftMs: number): void {
    this.#timer = this.#clock.setTimer(Math.max(1, Math.ceil(leftMs)), () => this.#look());
  }

  #look(): void {
    if (this.#since === undefined) return;
    const { leftMs } = this;
    if (leftMs > 0) {
      this.#arm(leftMs);
      return;
    }
    this.stop();
    this.#onExpired();
  }
}
