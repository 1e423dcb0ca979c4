import { HeddleError } from "../errors.ts";
import type { Clock, Timer } from "../transport/clock.ts";

/** The signal of one tool call: it aborts with its job's, and when the call has taken too long. */
export class CallSignal {
  readonly #abort = new AbortController();
  readonly #job: AbortSignal;
  readonly #clock: Clock;
  readonly #timeout: HeddleError | undefined;
  readonly #onJobAbort = () => this.#abort.abort(this.#job.reason);
  /** While its time stands still, it is never over. */
  #deadlineMs: number = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #holds = 0;
  #leftMs: number;

  /** Whoever makes it calls `end`. */
  constructor(job: AbortSignal, timeoutMs: number | undefined, clock: Clock) {
    this.#job = job;
    this.#clock = clock;
    this.#leftMs = timeoutMs ?? Number.POSITIVE_INFINITY;
    if (job.aborted) this.#onJobAbort();
    job.addEventListener("abort", this.#onJobAbort, { once: true });
    if (timeoutMs === undefined) return;
    this.#timeout = toolTimeout(timeoutMs);
    this.#run();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether the call is to stop, also where no timer can say so because the loop does not turn. */
  get isOver(): boolean {
    return this.signal.aborted || this.#clock.monotonicMs() >= this.#deadlineMs;
  }

  /** Why the call has taken too long; undefined: it has not. */
  get timeout(): HeddleError | undefined {
    return this.signal.reason === this.#timeout ? this.#timeout : undefined;
  }

  /** Its time stands still until the returned function is called, once. */
  hold(): () => void {
    this.#holds += 1;
    if (this.#holds === 1 && this.#timeout) {
      this.#leftMs = Math.max(0, this.#deadlineMs - this.#clock.monotonicMs());
      this.#stop();
    }
    return () => {
      this.#holds -= 1;
      if (this.#holds === 0 && this.#timeout) this.#run();
    };
  }

  end(): void {
    this.#timer?.cancel();
    this.#leftMs = Number.POSITIVE_INFINITY;
    this.#job.removeEventListener("abort", this.#onJobAbort);
  }

  #run(): void {
    if (this.#leftMs === Number.POSITIVE_INFINITY) return;
    this.#deadlineMs = this.#clock.monotonicMs() + this.#leftMs;
    this.#timer = this.#clock.setTimer(this.#leftMs, () => this.#abort.abort(this.#timeout));
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }
}

export function toolTimeout(timeoutMs: number): HeddleError {
  const message = `The call took longer than ${timeoutMs} ms and was stopped. It may have had an effect.`;
  return new HeddleError("TOOL_TIMEOUT", message, { details: { timeoutMs } });
}
