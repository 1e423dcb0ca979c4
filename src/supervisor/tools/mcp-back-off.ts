const INITIAL_MS = 500;
const MAX_MS = 30_000;
/** A connection that has held for so long was a good one. */
const STABLE_MS = 30_000;

/**
 * When a server that has ended, or could not be reached, is connected to again.
 *
 * After the first time at once; after each further one in a row the pause doubles, from half a second to half a minute, less up to a
 * quarter of jitter. A connection that was stable begins a new row. Pure: times and chance (from 0 to 1) are passed in.
 */
export class McpBackOff {
  #failures = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** How long to wait before connecting. */
  pauseMs(nowMs: number): number {
    return Math.max(0, this.#untilMs - nowMs);
  }

  /** A connection has ended by itself, or was not made. @param heldMs how long it has held; 0: it was not made. */
  failed(nowMs: number, heldMs: number, chance: number): void {
    this.#failures = heldMs >= STABLE_MS ? 1 : this.#failures + 1;
    if (this.#failures === 1) return;
    const pauseMs = Math.min(MAX_MS, INITIAL_MS * 2 ** (this.#failures - 2));
    this.#untilMs = nowMs + pauseMs * (1 - chance / 4);
  }
}
