import type { ChunkFrame, ChunkKind, ToolCallHead } from "../protocol/gateway-messages.ts";
import type { ModelResponseChunk } from "../protocol/model.ts";

const KINDS = ["text", "reasoning", "refusal", "tool-call"] as const;
const KIND_CODES: { readonly [K in ModelResponseChunk["type"]]: ChunkKind } = {
  text: 0,
  reasoning: 1,
  refusal: 2,
  "tool-call": 3,
};

/** A stretch of consecutive chunks of one request and one kind, as it lies in its frame. */
export type ChunkRun = {
  readonly requestId: number;
  readonly kind: ChunkKind;
  readonly count: number;
  /** UTF-8 bytes of all its chunks. */
  readonly sizeBytes: number;
  /** Its chunks, joined. */
  readonly text: string;
  /** Chunk `i` ends at `ends[endsFrom + i]` in `text`. */
  readonly ends: Uint32Array;
  readonly endsFrom: number;
  readonly heads: readonly ToolCallHead[];
  /** Where the run's heads begin; a run that is no tool call has none. */
  readonly headsFrom: number;
};

/**
 * Collects chunks of many requests into one frame, request by request: chunks of one request keep their order, and make long
 * runs however the requests take turns. A run of one chunk costs its receiver ten times as much for each chunk.
 */
export class ChunkFrameWriter {
  /** Those with chunks, in the order in which they got their first one. */
  #lanes: ChunkLane[] = [];
  #chunkCount = 0;
  #sizeBytes = 0;

  get isEmpty(): boolean {
    return this.#chunkCount === 0;
  }

  get chunkCount(): number {
    return this.#chunkCount;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(lane: ChunkLane, chunk: ModelResponseChunk, sizeBytes: number): void {
    if (lane.isEmpty) this.#lanes.push(lane);
    lane.add(chunk, sizeBytes);
    this.#chunkCount += 1;
    this.#sizeBytes += sizeBytes;
  }

  /** Returns what was added since the last call, and begins anew. The lanes are told. */
  take(): ChunkFrame {
    const columns: Columns = {
      requestIds: [],
      kinds: [],
      counts: [],
      sizes: [],
      texts: [],
      ends: new Uint32Array(this.#chunkCount),
      heads: [],
    };
    let at = 0;
    for (const lane of this.#lanes) at = lane.moveInto(columns, at);
    this.#lanes = [];
    this.#chunkCount = 0;
    this.#sizeBytes = 0;
    return columns;
  }
}

type Columns = {
  readonly requestIds: number[];
  readonly kinds: ChunkKind[];
  readonly counts: number[];
  readonly sizes: number[];
  readonly texts: string[];
  readonly ends: Uint32Array;
  readonly heads: ToolCallHead[];
};

type OpenRun = { readonly kind: ChunkKind; readonly pieces: string[]; sizeBytes: number };

/** The chunks of one request that wait for the next frame. One request has one lane, for all frames. */
export class ChunkLane {
  readonly #requestId: number;
  readonly #onTaken: () => void;
  #runs: OpenRun[] = [];
  #last: OpenRun | undefined;
  #heads: ToolCallHead[] = [];

  /** `onTaken` is called whenever what waits is taken into a frame. */
  constructor(requestId: number, onTaken: () => void = () => {}) {
    this.#requestId = requestId;
    this.#onTaken = onTaken;
  }

  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** The writer's to call. */
  add(chunk: ModelResponseChunk, sizeBytes: number): void {
    const kind = KIND_CODES[chunk.type];
    let run = this.#last;
    if (run?.kind !== kind) {
      run = { kind, pieces: [], sizeBytes: 0 };
      this.#runs.push(run);
      this.#last = run;
    }
    run.sizeBytes += sizeBytes;
    if (chunk.type === "tool-call") {
      run.pieces.push(chunk.argumentsText);
      this.#heads.push(headOf(chunk));
    } else run.pieces.push(chunk.text);
  }

  /** The writer's to call: `at` is where the lane's ends begin. Returns where the next lane's do. */
  moveInto(columns: Columns, at: number): number {
    let place = at;
    for (const { kind, pieces, sizeBytes } of this.#runs) {
      columns.requestIds.push(this.#requestId);
      columns.kinds.push(kind);
      columns.counts.push(pieces.length);
      columns.sizes.push(sizeBytes);
      columns.texts.push(pieces.length === 1 ? (pieces[0] as string) : pieces.join(""));
      let end = 0;
      for (const piece of pieces) {
        end += piece.length;
        columns.ends[place] = end;
        place += 1;
      }
    }
    if (this.#heads.length > 0) {
      columns.heads.push(...this.#heads);
      this.#heads = [];
    }
    this.#runs = [];
    this.#last = undefined;
    this.#onTaken();
    return place;
  }
}

/** Calls `visit` for each run of `frame`, in the order of arrival. */
export function forEachRun(frame: ChunkFrame, visit: (run: ChunkRun) => void): void {
  const { requestIds, kinds, counts, sizes, texts, ends, heads } = frame;
  let endsFrom = 0;
  let headsFrom = 0;
  for (let i = 0; i < counts.length; i++) {
    const kind = kinds[i] as ChunkKind;
    const count = counts[i] as number;
    visit({
      requestId: requestIds[i] as number,
      kind,
      count,
      sizeBytes: sizes[i] as number,
      text: texts[i] as string,
      ends,
      endsFrom,
      heads,
      headsFrom,
    });
    endsFrom += count;
    if (kind === 3) headsFrom += count;
  }
}

/** The text of chunk `index` of `run`. */
export function textAt({ text, ends, endsFrom }: ChunkRun, index: number): string {
  const from = index === 0 ? 0 : (ends[endsFrom + index - 1] as number);
  return text.slice(from, ends[endsFrom + index]);
}

/** The first chunks of `run` that fit into `sizeBytes`. */
export function cutRun(run: ChunkRun, sizeBytes: number): ChunkRun {
  let size = 0;
  let count = 0;
  while (count < run.count) {
    const next = size + Buffer.byteLength(textAt(run, count));
    if (next > sizeBytes) break;
    size = next;
    count += 1;
  }
  const end = count === 0 ? 0 : (run.ends[run.endsFrom + count - 1] as number);
  return { ...run, count, sizeBytes: size, text: run.text.slice(0, end) };
}

/** Rebuilds one chunk from its columns. */
export function chunkOf(
  kind: ChunkKind,
  text: string,
  head: ToolCallHead | undefined,
): ModelResponseChunk {
  if (kind === 3) return { type: "tool-call", ...(head ?? { index: 0 }), argumentsText: text };
  return { type: KINDS[kind] as "text" | "reasoning" | "refusal", text };
}

/** UTF-8 bytes of what a chunk carries. */
export function chunkSize(chunk: ModelResponseChunk): number {
  return Buffer.byteLength(chunk.type === "tool-call" ? chunk.argumentsText : chunk.text);
}

function headOf(chunk: Extract<ModelResponseChunk, { type: "tool-call" }>): ToolCallHead {
  return {
    index: chunk.index,
    ...(chunk.id === undefined ? {} : { id: chunk.id }),
    ...(chunk.name === undefined ? {} : { name: chunk.name }),
  };
}
