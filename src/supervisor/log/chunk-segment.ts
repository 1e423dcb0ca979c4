import type { ChunkKind, ToolCallHead } from "../../protocol/gateway-messages.ts";
import type { ModelResponseChunk } from "../../protocol/model.ts";
import type { ChunkRun } from "../../transport/chunk-frame.ts";
import { chunkOf } from "../../transport/chunk-frame.ts";

const MAX_CHUNKS = 512;

/**
 * Consecutive chunks of one kind, as the log keeps them.
 *
 * While it grows it holds the strings as they came. Once sealed it holds one string and an array of end offsets: a tenth of
 * the memory for token-sized chunks, and every chunk can still be read by itself.
 */
export class ChunkSegment {
  readonly kind: ChunkKind;
  readonly firstSeq: number;
  readonly #baseMs: number;
  #pieces: string[] | undefined = [];
  #times: number[] | Uint32Array = [];
  #heads: ToolCallHead[] | undefined;
  #text = "";
  #ends: Uint32Array = new Uint32Array(0);
  #count = 0;
  #length = 0;
  #sizeBytes = 0;

  constructor(kind: ChunkKind, firstSeq: number, baseMs: number) {
    this.kind = kind;
    this.firstSeq = firstSeq;
    this.#baseMs = baseMs;
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

  /** Takes chunks of `run` from `from` on, as many as there is room for, and returns how many. `sizeBytes` is the size of the whole run. */
  take(run: ChunkRun, from: number, atMs: number): number {
    const pieces = this.#pieces;
    if (!pieces || this.kind !== run.kind) return 0;
    const taken = Math.min(run.to - from, MAX_CHUNKS - this.#count);
    const offsetMs = Math.max(0, atMs - this.#baseMs);
    const times = this.#times as number[];
    const isWhole = from === run.from && taken === run.to - run.from;
    for (let i = from; i < from + taken; i++) {
      const text = run.texts[i] as string;
      pieces.push(text);
      times.push(offsetMs);
      this.#length += text.length;
      if (!isWhole) this.#sizeBytes += Buffer.byteLength(text);
    }
    if (isWhole) this.#sizeBytes += run.sizeBytes;
    this.#count += taken;
    if (this.kind === 3) this.#takeHeads(run, from, taken);
    return taken;
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
    return this.#baseMs + (this.#times[index] as number);
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
    this.#times = Uint32Array.from(this.#times);
    this.#pieces = undefined;
  }

  #textAt(index: number): string {
    if (this.#pieces) return this.#pieces[index] as string;
    const start = index === 0 ? 0 : (this.#ends[index - 1] as number);
    return this.#text.slice(start, this.#ends[index]);
  }

  #takeHeads(run: ChunkRun, from: number, taken: number): void {
    this.#heads ??= [];
    const start = run.headsFrom + from - run.from;
    this.#heads.push(...run.heads.slice(start, start + taken));
  }
}
