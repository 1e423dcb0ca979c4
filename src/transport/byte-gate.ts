const OPEN: Promise<void> = Promise.resolve();

/**
 * The sender's half of the byte window: what was sent, and up to where the receiver has demanded.
 *
 * Demand is cumulative ("up to byte n"), so a renewal that is lost, repeated or late does no harm (the rule of Pekko's
 * StreamRefs). The chunk that crosses the line is still sent: chunks are never split, so the window may be exceeded by less
 * than one chunk.
 */
export class ByteGate {
  #sent = 0;
  #demand: number;
  #waiting: PromiseWithResolvers<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(demandBytes: number) {
    this.#demand = demandBytes;
  }

  get isOpen(): boolean {
    return this.#sent < this.#demand;
  }

  /** Notes `sizeBytes` as sent. */
  pass(sizeBytes: number): void {
    this.#sent += sizeBytes;
  }

  /** Resolves when there is room; rejects once the gate has failed. */
  room(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.isOpen) return OPEN;
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Raises the demand to `bytes` in all; a lower figure changes nothing. */
  demand(bytes: number): void {
    if (bytes > this.#demand) this.#demand = bytes;
    if (!this.isOpen) return;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Rejects whoever waits, now and later. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
