import type { Clock, Timer } from "../../src/transport/clock.ts";

type Entry = { readonly dueMs: number; readonly run: () => void };

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
  /** How many timers were ever set. */
  timersSet = 0;
  #nowMs = 0;
  readonly #startMs: number;
  readonly #timers = new Set<Entry>();

  constructor(startMs = 1_000_000) {
    this.#startMs = startMs;
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#startMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(ms: number, run: () => void): Timer {
    const entry: Entry = { dueMs: this.#nowMs + Math.max(0, ms), run };
    this.timersSet += 1;
    this.#timers.add(entry);
    return { cancel: () => this.#timers.delete(entry) };
  }

  /** When the next timer is due; undefined when there is none. */
  get nextDueMs(): number | undefined {
    return this.#dueBy(Number.POSITIVE_INFINITY)?.dueMs;
  }

  /** Fires the next timer, and no other, at its own time. */
  fireNext(): void {
    const next = this.#dueBy(Number.POSITIVE_INFINITY);
    if (!next) return;
    this.#timers.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    next.run();
  }

  /** Lets `ms` pass and runs what falls due, in order, each at its own time. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#dueBy(endMs); next; next = this.#dueBy(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
    }
    this.#nowMs = endMs;
  }

  #dueBy(endMs: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#timers) {
      if (entry.dueMs <= endMs && (!first || entry.dueMs < first.dueMs)) first = entry;
    }
    return first;
  }
}

/** Resolves after everything that can run now has run: all microtasks, and what is set for the end of this turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
