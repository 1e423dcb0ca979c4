import type { ChunkFrame } from "../protocol/gateway-messages.ts";
import type { ModelResponseChunk } from "../protocol/model.ts";
import type { ChunkLane } from "../transport/chunk-frame.ts";
import { ChunkFrameWriter } from "../transport/chunk-frame.ts";
import type { Clock, Timer } from "../transport/clock.ts";

/** How long chunks are held for company while traffic is high. A wake of the supervisor costs more than a hundred chunks. */
const HOLD_MS = 4;
const MAX_FRAME_CHUNKS = 2_048;
const MAX_FRAME_BYTES = 128 * 1_024;
/** Frames that the supervisor has not processed yet; past that, writers wait. */
const MAX_OPEN_FRAMES = 32;

/**
 * Gathers the chunks of all requests of this gateway into frames.
 *
 * 1. A chunk that comes after a pause is sent at the end of the same turn; one that follows closely is held, `HOLD_MS` at most.
 * 2. A full frame is sent at once.
 * 3. No more than `MAX_OPEN_FRAMES` are on the road: a supervisor that is slow or blocked slows the writers, not its memory.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #send: (frame: ChunkFrame) => void;
  readonly #writer = new ChunkFrameWriter();
  #lastFlushMs = Number.NEGATIVE_INFINITY;
  #scheduled: Timer | undefined;
  #sentFrames = 0;
  #processedFrames = 0;
  #congestion: PromiseWithResolvers<void> | undefined;

  constructor(clock: Clock, send: (frame: ChunkFrame) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  add(lane: ChunkLane, chunk: ModelResponseChunk, sizeBytes: number): void {
    const writer = this.#writer;
    writer.add(lane, chunk, sizeBytes);
    if (writer.chunkCount >= MAX_FRAME_CHUNKS || writer.sizeBytes >= MAX_FRAME_BYTES) this.flush();
    else this.#scheduled ??= this.#schedule();
  }

  /** Undefined while there is room, else what resolves when there is. */
  congestion(): Promise<void> | undefined {
    return this.#congestion?.promise;
  }

  flush(): void {
    this.#scheduled?.cancel();
    this.#scheduled = undefined;
    if (this.#writer.isEmpty) return;
    this.#lastFlushMs = this.#clock.monotonicMs();
    this.#sentFrames += 1;
    this.#send(this.#writer.take());
    if (this.#openFrames >= MAX_OPEN_FRAMES) this.#congestion ??= Promise.withResolvers();
  }

  /** The supervisor has processed `frames` frames in all. */
  acknowledge(frames: number): void {
    this.#processedFrames = Math.max(this.#processedFrames, frames);
    if (this.#openFrames >= MAX_OPEN_FRAMES) return;
    this.#congestion?.resolve();
    this.#congestion = undefined;
  }

  get #openFrames(): number {
    return this.#sentFrames - this.#processedFrames;
  }

  #schedule(): Timer {
    const heldMs = this.#clock.monotonicMs() - this.#lastFlushMs;
    if (heldMs < HOLD_MS) return this.#clock.setTimer(HOLD_MS - heldMs, () => this.flush());
    const immediate = setImmediate(() => this.flush());
    return { cancel: () => clearImmediate(immediate) };
  }
}
