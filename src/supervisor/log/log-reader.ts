import type { JobEvent } from "../../protocol/job.ts";
import type { ModelResponseChunk } from "../../protocol/model.ts";
import type { ByteWindow } from "./byte-window.ts";
import { ChunkSegment } from "./chunk-segment.ts";
import type { JobLog, LogPosition } from "./job-log.ts";
import { eventAt, isTerminal, lengthOf } from "./job-log.ts";

/** How many chunks a `latest` reader may be behind before it skips. */
const LATEST_CHUNKS = 256;

/**
 * How a reader is treated that is slower than the stream. `lossless`: the stream waits for it. `latest`: it skips the oldest
 * chunks it has not read, and is told by a `lag` event how many; events other than chunks are never skipped.
 */
export type ReadPolicy = "lossless" | "latest";

/** One reader's way through a log, event by event. */
export class LogReader {
  readonly #log: JobLog;
  readonly #window: ByteWindow | undefined;
  readonly #onProgress: () => void;
  readonly #from: number;
  /** Undefined until the log has come to where this reader begins. */
  #position: LogPosition | undefined;
  /** The chunks in the middle of which it is, if it is: most of a stream is read there. */
  #inside: ChunkSegment | undefined;
  readonly #skips: boolean;
  #readBytes = 0;
  #notedBytes = 0;
  #ended = false;

  /**
   * A lossless reader holds the stream back through `window`; `onProgress` is called when it has read a good part of it.
   * `free` is for views that neither hold back nor skip.
   */
  constructor(
    log: JobLog,
    options: {
      readonly from: number;
      readonly policy: ReadPolicy | "free";
      readonly window: ByteWindow;
      readonly onProgress: () => void;
    },
  ) {
    this.#log = log;
    this.#from = options.from;
    this.#skips = options.policy === "latest";
    this.#onProgress = options.onProgress;
    if (options.policy === "lossless") {
      this.#window = options.window;
      options.window.add(this);
    }
  }

  /** Bytes of all chunks before this reader's place. What comes before the place where it begins, it does not hold back. */
  get readBytes(): number {
    return this.#place() ? this.#readBytes : this.#log.chunkBytes;
  }

  /** Whether the terminal event was read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next event, or undefined when there is none yet. */
  readEvent(): JobEvent | undefined {
    this.#inside = undefined;
    const position = this.#place();
    const segment = position && this.#log.segmentAt(position);
    if (!segment) return undefined;
    if (this.#skips && segment instanceof ChunkSegment) {
      const lag = this.#skip(segment, position);
      if (lag) return lag;
    }
    const event = eventAt(segment, position.index);
    position.index += 1;
    if (event.type === "chunk") this.#advance((segment as ChunkSegment).sizeOf(event.chunk));
    else if (isTerminal(event)) this.#ended = true;
    return event;
  }

  /** The next chunk, passing over other events; undefined when there is none yet, or none any more (`ended`). */
  readChunk(): ModelResponseChunk | undefined {
    const position = this.#place();
    if (!position) return undefined;
    if (!this.#inside || position.index >= this.#inside.count) this.#enterChunks(position);
    const inside = this.#inside;
    if (!inside) return undefined;
    const chunk = inside.chunk(position.index);
    position.index += 1;
    this.#advance(inside.sizeOf(chunk));
    return chunk;
  }

  /** The stream no longer waits for this reader. */
  close(): void {
    this.#window?.remove(this);
    this.#onProgress();
  }

  /** Moves on to the next chunk, if there is one. */
  #enterChunks(position: LogPosition): void {
    let segment = this.#log.segmentAt(position);
    while (segment && !(segment instanceof ChunkSegment)) {
      position.index = segment.events.length;
      if (isTerminal(segment.events.at(-1) as JobEvent)) this.#ended = true;
      segment = this.#log.segmentAt(position);
    }
    this.#inside = segment;
  }

  #advance(sizeBytes: number): void {
    this.#readBytes += sizeBytes;
    if (!this.#window || this.#readBytes - this.#notedBytes < this.#window.windowBytes / 4) return;
    this.#notedBytes = this.#readBytes;
    this.#onProgress();
  }

  #place(): LogPosition | undefined {
    if (this.#position) return this.#position;
    if (this.#log.nextSeq >= this.#from) {
      this.#position = this.#log.positionOf(this.#from);
      this.#readBytes = this.#log.bytesBefore(this.#from);
      this.#notedBytes = this.#readBytes;
    }
    // The log has ended before it came to where this reader begins, or right there.
    if (this.#log.terminal && this.#log.nextSeq <= this.#from) this.#ended = true;
    return this.#position;
  }

  #skip(segment: ChunkSegment, position: LogPosition): JobEvent | undefined {
    const seq = segment.firstSeq + position.index;
    const behind = this.#log.nextSeq - seq;
    if (behind <= LATEST_CHUNKS) return undefined;
    const skipped = Math.min(behind - LATEST_CHUNKS, lengthOf(segment) - position.index);
    const atMs = segment.atMs(position.index);
    position.index += skipped;
    return { seq, atMs, type: "lag", skipped };
  }
}
