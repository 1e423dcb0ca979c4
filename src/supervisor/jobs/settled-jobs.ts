import type { Clock, Timer } from "../../transport/clock.ts";
import type { Job } from "./job.ts";

/** Jobs that have ended, kept for a while so that they can still be found: the oldest go first. */
export class SettledJobs {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #keepCount: number;
  readonly #kept = new Map<string, { readonly job: Job; readonly untilMs: number }>();
  #timer: Timer | undefined;

  constructor(clock: Clock, keep: { readonly ms: number; readonly count: number }) {
    this.#clock = clock;
    this.#keepMs = keep.ms;
    this.#keepCount = keep.count;
  }

  get size(): number {
    return this.#kept.size;
  }

  add(job: Job): void {
    this.#kept.set(job.id, { job, untilMs: this.#clock.monotonicMs() + this.#keepMs });
    this.#sweep();
  }

  find(id: string): Job | undefined {
    this.#sweep();
    return this.#kept.get(id)?.job;
  }

  clear(): void {
    this.#kept.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, { untilMs }] of this.#kept) {
      if (untilMs > nowMs && this.#kept.size <= this.#keepCount) break;
      this.#kept.delete(id);
    }
    this.#arm(nowMs);
  }

  #arm(nowMs: number): void {
    const [oldest] = this.#kept.values();
    if (this.#timer || !oldest) return;
    this.#timer = this.#clock.setTimer(Math.max(1, oldest.untilMs - nowMs), () => {
      this.#timer = undefined;
      this.#sweep();
    });
  }
}
