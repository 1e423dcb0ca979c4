import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";

export type LoopDelay = { readonly p50: number; readonly p99: number; readonly max: number };

/** The sampler's own pause, which it counts as delay. */
const RESOLUTION_MS = 1;
const RSS_EVERY_MS = 250;

/** What the process uses while agents stream. Owns timers, until it is stopped. */
export class Gauges {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #rssPeakBytes = 0;

  constructor() {
    this.#delay.enable();
    this.#timer = setInterval(() => this.#look(), RSS_EVERY_MS);
  }

  get rssPeakBytes(): number {
    return this.#rssPeakBytes;
  }

  /** How much later than they should timers of this thread have run, in ms; undefined before any has. */
  get loopDelay(): LoopDelay | undefined {
    if (this.#delay.count === 0) return undefined;
    const at = (percent: number): number =>
      Math.max(0, Math.round(this.#delay.percentile(percent) / 1_000 - RESOLUTION_MS * 1_000)) /
      1_000;
    return { p50: at(50), p99: at(99), max: at(100) };
  }

  stop(): void {
    this.#look();
    this.#delay.disable();
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#rssPeakBytes = Math.max(this.#rssPeakBytes, process.memoryUsage.rss());
  }
}
