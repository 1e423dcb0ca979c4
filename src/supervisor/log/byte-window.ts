/** A lossless reader's progress. */
export type ReaderProgress = { readonly readBytes: number };

/**
 * The receiver's half of the byte window of one job: how much its gateway may send.
 *
 * 1. No lossless reader is more than `windowBytes` behind what the gateway may send, but for one chunk.
 * 2. Without a lossless reader nothing waits: the window is counted from what has arrived, so it only bounds what is on the road.
 * 3. The grant is cumulative over the job and never falls.
 */
export class ByteWindow {
  readonly windowBytes: number;
  readonly #readers = new Set<ReaderProgress>();
  #receivedBytes = 0;
  #grantedBytes: number;

  constructor(windowBytes: number) {
    this.windowBytes = windowBytes;
    this.#grantedBytes = windowBytes;
  }

  /** Cumulative bytes that may be sent. */
  get grantedBytes(): number {
    return this.#grantedBytes;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Whether the sender has used up its grant, so that it waits for readers. */
  get isClosed(): boolean {
    return this.#receivedBytes >= this.#grantedBytes;
  }

  get readerCount(): number {
    return this.#readers.size;
  }

  add(reader: ReaderProgress): void {
    this.#readers.add(reader);
  }

  remove(reader: ReaderProgress): void {
    this.#readers.delete(reader);
  }

  received(sizeBytes: number): void {
    this.#receivedBytes += sizeBytes;
  }

  /** Raises the grant if that is worth a message: by half a window. Returns the new grant, or undefined. */
  renew(): number | undefined {
    const next = this.#lowestBytes() + this.windowBytes;
    if (next - this.#grantedBytes < this.windowBytes / 2) return undefined;
    this.#grantedBytes = next;
    return next;
  }

  #lowestBytes(): number {
    let lowest = this.#receivedBytes;
    for (const { readBytes } of this.#readers) lowest = Math.min(lowest, readBytes);
    return lowest;
  }
}
