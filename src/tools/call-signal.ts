import { HeddleError } from "../errors.ts";
import type { Clock, Timer } from "../transport/clock.ts";

/** The signal of one tool call: it aborts with its job's, and when the call has taken too long. */
export class CallSignal {
  readonly #abort = new AbortController();
  readonly #job: AbortSignal;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #timeout: HeddleError | undefined;
  readonly #onJobAbort = () => this.#abort.abort(this.#job.reason);
  readonly #timer: Timer | undefined;

  /** Whoever makes it calls `end`. */
  constructor(job: AbortSignal, timeoutMs: number | undefined, clock: Clock) {
    this.#job = job;
    this.#clock = clock;
    this.#deadlineMs =
      timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() + timeoutMs;
    if (job.aborted) this.#onJobAbort();
    job.addEventListener("abort", this.#onJobAbort, { once: true });
    if (timeoutMs === undefined) return;
    this.#timeout = toolTimeout(timeoutMs);
    this.#timer = clock.setTimer(timeoutMs, () => this.#abort.abort(this.#timeout));
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

  end(): void {
    this.#timer?.cancel();
    this.#job.removeEventListener("abort", this.#onJobAbort);
  }
}

export function toolTimeout(timeoutMs: number): HeddleError {
  const message = `The call took longer than ${timeoutMs} ms and was stopped. It may have had an effect.`;
  return new HeddleError("TOOL_TIMEOUT", message, { details: { timeoutMs } });
}
