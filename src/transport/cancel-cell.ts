/** Beyond any number: what has yet to begin is cancelled, too. */
const EVERYTHING = 2_147_483_647;

/**
 * Says what is cancelled to code that never yields, and so hears no message: one number in shared memory, which the
 * supervisor writes and one thread reads.
 *
 * What a thread does one after the other is numbered from 1; everything up to the cell's number is cancelled. The number never
 * goes down: what is cancelled stays so.
 */
export class CancelCell {
  /** What the other side makes its own cell of. */
  readonly shared: SharedArrayBuffer;
  readonly #upTo: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#upTo = new Int32Array(shared);
  }

  /** Only the supervisor calls it. */
  cancel(upTo: number = EVERYTHING): void {
    if (!this.isCancelled(upTo)) Atomics.store(this.#upTo, 0, upTo);
  }

  isCancelled(work: number): boolean {
    return Atomics.load(this.#upTo, 0) >= work;
  }
}
