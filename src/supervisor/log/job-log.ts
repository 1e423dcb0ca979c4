import { HeddleError } from "../../errors.ts";
import type { JobEvent, JobEventBody } from "../../protocol/job.ts";
import type { ChunkRun } from "../../transport/chunk-frame.ts";
import { ChunkSegment } from "./chunk-segment.ts";

/*
 * Everything that happens to a job, in order.
 *
 * 1. `seq` is given here, at append, from 0, without gaps.
 * 2. Exactly one terminal event is appended, and nothing after it.
 * 3. What was appended never changes: a reader may start at any `seq` at any time and sees the same events.
 * 4. Readers are told after an append, never during it, so they may append and read in turn. The log's owner is told of each
 *    event before them, so in the order of the log.
 */

/** Events other than chunks, one by one. */
type EventSegment = { readonly firstSeq: number; readonly events: JobEvent[] };

export type Segment = ChunkSegment | EventSegment;

/** A place in the log. Plain data, so that a reader can move cheaply from one event to the next. */
export type LogPosition = { segment: number; index: number };

export class JobLog {
  readonly #segments: Segment[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #onEvent: (event: JobEvent) => void;
  #nextSeq = 0;
  #chunks = 0;
  #chunkBytes = 0;
  #terminal: JobEvent | undefined;

  /** `onEvent` is told of every event that is no chunk. */
  constructor(onEvent: (event: JobEvent) => void = () => {}) {
    this.#onEvent = onEvent;
  }

  /** The `seq` that the next event will get. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** How many chunks there are so far. */
  get chunks(): number {
    return this.#chunks;
  }

  /** UTF-8 bytes of all chunks so far. */
  get chunkBytes(): number {
    return this.#chunkBytes;
  }

  get terminal(): JobEvent | undefined {
    return this.#terminal;
  }

  /** @throws {HeddleError} `INTERNAL` after the terminal event. */
  append(body: Exclude<JobEventBody, { type: "chunk" | "lag" }>, atMs: number): JobEvent {
    this.#checkOpen();
    const event: JobEvent = { seq: this.#nextSeq, atMs, ...body };
    const last = this.#segments.at(-1);
    if (last && !(last instanceof ChunkSegment)) last.events.push(event);
    else {
      last?.seal();
      this.#segments.push({ firstSeq: event.seq, events: [event] });
    }
    this.#nextSeq += 1;
    if (isTerminal(body)) this.#terminal = event;
    this.#onEvent(event);
    this.#tell();
    return event;
  }

  /** @throws {HeddleError} `INTERNAL` after the terminal event. */
  appendChunks(run: ChunkRun, atMs: number): void {
    this.#checkOpen();
    const last = this.#segments.at(-1);
    const isTaken = last instanceof ChunkSegment && last.take(run, atMs);
    if (!isTaken) this.#segments.push(this.#begin(run, atMs, last));
    this.#nextSeq += run.count;
    this.#chunks += run.count;
    this.#chunkBytes += run.sizeBytes;
    this.#tell();
  }

  /** Calls `listener` after every append. Returns what stops that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Where `seq` is, or will be. */
  positionOf(seq: number): LogPosition {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#segments[middle] as Segment).firstSeq <= seq) low = middle + 1;
      else high = middle;
    }
    const segment = Math.max(0, low - 1);
    return { segment, index: seq - (this.#segments[segment]?.firstSeq ?? 0) };
  }

  /** The segment at `position`, which moves on to the next one when it stands at the end of its own. Undefined: nothing there yet. */
  segmentAt(position: LogPosition): Segment | undefined {
    for (;;) {
      const segment = this.#segments[position.segment];
      if (!segment) return undefined;
      if (position.index < lengthOf(segment)) return segment;
      if (position.segment + 1 >= this.#segments.length) return undefined;
      position.segment += 1;
      position.index = 0;
    }
  }

  /** UTF-8 bytes of the chunks before `seq`. */
  bytesBefore(seq: number): number {
    const { segment: last } = this.positionOf(seq);
    let bytes = 0;
    for (const segment of this.#segments.slice(0, last + 1)) {
      if (segment instanceof ChunkSegment) bytes += segment.bytesOf(seq - segment.firstSeq);
    }
    return bytes;
  }

  /** When the first event of `type` was appended; undefined while there is none. */
  firstAtMs(type: JobEvent["type"]): number | undefined {
    for (const segment of this.#segments) {
      if (segment instanceof ChunkSegment) {
        if (type === "chunk") return segment.atMs(0);
        continue;
      }
      const event = segment.events.find((each) => each.type === type);
      if (event) return event.atMs;
    }
    return undefined;
  }

  /** The text chunks from `seq` on, joined. */
  textFrom(seq: number): string {
    const { segment: first, index } = this.positionOf(seq);
    return this.#segments
      .slice(first)
      .map((segment, i) => {
        const isText = segment instanceof ChunkSegment && segment.kind === 0;
        return isText ? segment.textFrom(i === 0 ? index : 0) : "";
      })
      .join("");
  }

  /** A segment that begins with `run`. */
  #begin(run: ChunkRun, atMs: number, before: Segment | undefined): ChunkSegment {
    if (before instanceof ChunkSegment) before.seal();
    const whole = ChunkSegment.whole(run, this.#nextSeq, atMs);
    if (whole) return whole;
    const growing = ChunkSegment.growing(run.kind, this.#nextSeq, atMs);
    growing.take(run, atMs);
    return growing;
  }

  #checkOpen(): void {
    if (this.#terminal) throw new HeddleError("INTERNAL", "append after the terminal event");
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

export function isTerminal(event: { readonly type: string }): boolean {
  return event.type === "completed" || event.type === "cancelled" || event.type === "failed";
}

/** The event at `index` of `segment`, made anew for chunks. */
export function eventAt(segment: Segment, index: number): JobEvent {
  if (!(segment instanceof ChunkSegment)) return segment.events[index] as JobEvent;
  const seq = segment.firstSeq + index;
  return { seq, atMs: segment.atMs(index), type: "chunk", chunk: segment.chunk(index) };
}

export function lengthOf(segment: Segment): number {
  return segment instanceof ChunkSegment ? segment.count : segment.events.length;
}
