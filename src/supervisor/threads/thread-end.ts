import type { HeddleError } from "../../errors.ts";

/** The end of a thread: what it has ended with, and what is not to wait any longer then. */
export class ThreadEnd {
  /** No promise: that would keep all who have ever waited, and what they waited for, and a thread lives for many jobs. */
  readonly #waiting = new Set<(failure: HeddleError) => void>();
  #failure: HeddleError | undefined;

  /** Undefined: the thread has not ended. */
  get failure(): HeddleError | undefined {
    return this.#failure;
  }

  /**
   * Begins `work`, and settles as that does, unless the thread ends before.
   *
   * @throws {HeddleError} what the thread has ended with. Nothing is begun once it has.
   */
  async before<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    const { promise, reject } = Promise.withResolvers<never>();
    this.#waiting.add(reject);
    try {
      return await Promise.race([work(), promise]);
    } finally {
      this.#waiting.delete(reject);
    }
  }

  /** Only the first counts. */
  come(failure: HeddleError): void {
    if (this.#failure) return;
    this.#failure = failure;
    for (const reject of this.#waiting) reject(failure);
  }
}
