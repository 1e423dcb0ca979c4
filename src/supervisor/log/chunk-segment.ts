import type { ChunkKind, ToolCallHead } from "../../protocol/gateway-messages.ts";
import type { ModelResponseChunk } from "../../protocol/model.ts";
import type { ChunkRun } from "../../transport/chunk-frame.ts";
import { chunkOf, textAt } from "../../transport/chunk-frame.ts";

const MAX_CHUNKS = 512;
/** A run of so many chunks is kept as it came. */
const WHOLE_RUN = 64;
const NO_ENDS = new Uint32Array(0);

/**
 * Consecutive chunks of one kind, as the log keeps them: one string and an array of end offsets, a tenth of the memory of
 * token-sized strings, and every chunk can still be read by itself.
 *
 * A long run is that already, and is a segment of its own. Short ones are gathered in one that grows: it holds the strings
 * as they came, until it is sealed.
 */
export class ChunkSegment {
  readonly kind: ChunkKind;
  readonly firstSeq: number;
  readonly #baseMs: number;
  /** Undefined: sealed. */
  #pieces: string[] | undefined;
  /** Of each chunk, since `baseMs`; undefined: all came at once. */
  #times: number[] | Uint32Array | undefined;
  #heads: ToolCallHead[] | undefined;
  #text = "";
  #ends: Uint32Array = NO_ENDS;
  #count = 0;
  #length = 0;
  #sizeBytes = 0;

  private constructor(kind: ChunkKind, firstSeq: number, baseMs: number) {
    this.kind = kind;
    this.firstSeq = firstSeq;
    this.#baseMs = baseMs;
  }

  /** An empty segment that grows. */
  static growing(kind: ChunkKind, firstSeq: number, baseMs: number): ChunkSegment {
    const segment = new ChunkSegment(kind, firstSeq, baseMs);
    segment.#pieces = [];
    segment.#times = [];
    return segment;
  }

  /** The run as a segment; undefined for one that is too short for that. */
  static whole(run: ChunkRun, firstSeq: number, atMs: number): ChunkSegment | undefined {
    const { kind, count, endsFrom, ends, text } = run;
    if (count < WHOLE_RUN) return undefined;
    const segment = new ChunkSegment(kind, firstSeq, atMs);
    const isMost = count * 2 > ends.length;
    const range = [endsFrom, endsFrom + count] as const;
    // A view would hold the ends of the whole frame.
    segment.#ends = isMost ? ends.subarray(...range) : ends.slice(...range);
    segment.#text = text;
    segment.#count = count;
    segment.#length = text.length;
    segment.#sizeBytes = run.sizeBytes;
    if (kind === 3) segment.#heads = run.heads.slice(run.headsFrom, run.headsFrom + count);
    return segment;
  }

  get count(): number {
    return this.#count;
  }

  /** UTF-8 bytes of the first `count` chunks. */
  bytesOf(count: number): number {
    if (count >= this.#count) return this.#sizeBytes;
    let bytes = 0;
    for (let i = 0; i < count; i++) bytes += Buffer.byteLength(this.#textAt(i));
    return bytes;
  }

  /** Takes `run`, if this segment grows, is of its kind and has room for it, and `run` is no segment of its own. Returns whether it did. */
  take(run: ChunkRun, atMs: number): boolean {
    const pieces = this.#pieces;
    if (!pieces || this.kind !== run.kind || run.count >= WHOLE_RUN) return false;
    if (this.#count + run.count > MAX_CHUNKS) return false;
    const offsetMs = Math.max(0, atMs - this.#baseMs);
    const times = this.#times as number[];
    for (let i = 0; i < run.count; i++) {
      pieces.push(textAt(run, i));
      times.push(offsetMs);
    }
    this.#count += run.count;
    this.#length += run.text.length;
    this.#sizeBytes += run.sizeBytes;
    if (this.kind === 3) {
      this.#heads ??= [];
      this.#heads.push(...run.heads.slice(run.headsFrom, run.headsFrom + run.count));
    }
    return true;
  }

  /** The chunk at `index`, counted from the segment's start. */
  chunk(index: number): ModelResponseChunk {
    return chunkOf(this.kind, this.#textAt(index), this.#heads?.[index]);
  }

  /** All text from the chunk at `index` on. */
  textFrom(index: number): string {
    if (this.#pieces) return this.#pieces.slice(index).join("");
    return index === 0 ? this.#text : this.#text.slice(this.#ends[index - 1] as number);
  }

  /** UTF-8 bytes of `chunk`, which must be one of this segment's. */
  sizeOf(chunk: ModelResponseChunk): number {
    const text = chunk.type === "tool-call" ? chunk.argumentsText : chunk.text;
    return this.#sizeBytes === this.#length ? text.length : Buffer.byteLength(text);
  }

  atMs(index: number): number {
    return this.#baseMs + (this.#times?.[index] ?? 0);
  }

  /** Nothing is taken any more. */
  seal(): void {
    const pieces = this.#pieces;
    if (!pieces) return;
    this.#ends = new Uint32Array(pieces.length);
    let end = 0;
    for (const [i, piece] of pieces.entries()) {
      end += piece.length;
      this.#ends[i] = end;
    }
    this.#text = pieces.join("");
    this.#times = Uint32Array.from(this.#times ?? []);
    this.#pieces = undefined;
  }

  #textAt(index: number): string {
    if (this.#pieces) return this.#pieces[index] as string;
    const start = index === 0 ? 0 : (this.#ends[index - 1] as number);
    return this.#text.slice(start, this.#ends[index]);
  }
}
