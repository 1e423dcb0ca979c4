import type { ThreadPermits } from "./thread-permits.ts";
import { noThread } from "./thread-permits.ts";

/** A permit that is kept for a job from before the job is made until its worker takes it. */
export class ThreadClaim {
  readonly #permits: ThreadPermits;
  readonly #decided: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #withdraw: () => void;
  #state: "waiting" | "granted" | "refused" | "over" = "waiting";

  /** @throws {HeddleError} `OVERLOADED` when no thread is free or idle. */
  constructor(permits: ThreadPermits) {
    this.#permits = permits;
    this.#withdraw = permits.claim({
      granted: () => this.#decide("granted"),
      refused: () => this.#decide("refused"),
    });
  }

  /**
   * Resolves to whether the caller has the permit now, and is to release it: false when the claim was withdrawn.
   *
   * @throws {HeddleError} `OVERLOADED` when the thread that it was to get could not be given up.
   */
  async take(): Promise<boolean> {
    await this.#decided.promise;
    const state = this.#state;
    if (state === "refused") throw noThread(this.#permits.max);
    this.#state = "over";
    return state === "granted";
  }

  /** Nobody needs it any more. Once it was taken, this does nothing. */
  withdraw(): void {
    const state = this.#state;
    if (state === "granted") this.#permits.release();
    if (state === "waiting") this.#withdraw();
    this.#decide("over");
  }

  #decide(state: "granted" | "refused" | "over"): void {
    this.#state = state;
    this.#decided.resolve();
  }
}
