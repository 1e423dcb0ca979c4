import type { ChunkFrame, ChunkKind, ToolCallHead } from "../protocol/gateway-messages.ts";
import type { ModelResponseChunk } from "../protocol/model.ts";

const KINDS = ["text", "reasoning", "refusal", "tool-call"] as const;
const KIND_CODES: { readonly [K in ModelResponseChunk["type"]]: ChunkKind } = {
  text: 0,
  reasoning: 1,
  refusal: 2,
  "tool-call": 3,
};

/** A stretch of consecutive chunks of one request and one kind, as columns of the frame that it lies in. */
export type ChunkRun = {
  readonly requestId: number;
  readonly kind: ChunkKind;
  /** UTF-8 bytes of the run's texts. */
  readonly sizeBytes: number;
  readonly texts: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly heads: readonly ToolCallHead[];
  /** Where the run's heads begin; a run that is no tool call has none. */
  readonly headsFrom: number;
};

/**
 * Collects chunks of many requests into one frame, request by request: chunks of one request keep their order, and make long
 * runs however the requests take turns. A run of one chunk costs its receiver ten times as much for each chunk.
 */
export class ChunkFrameWriter {
  readonly #lanes = new Map<number, Columns>();
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

  add(requestId: number, chunk: ModelResponseChunk, sizeBytes: number): void {
    let lane = this.#lanes.get(requestId);
    if (!lane) {
      lane = emptyColumns();
      this.#lanes.set(requestId, lane);
    }
    addToLane(lane, chunk, sizeBytes);
    this.#chunkCount += 1;
    this.#sizeBytes += sizeBytes;
  }

  /** Returns what was added since the last call, and begins anew. */
  take(): ChunkFrame {
    const requestIds: number[] = [];
    const all = emptyColumns();
    for (const [requestId, lane] of this.#lanes) {
      for (let i = 0; i < lane.counts.length; i++) requestIds.push(requestId);
      append(all.kinds, lane.kinds);
      append(all.counts, lane.counts);
      append(all.sizes, lane.sizes);
      append(all.texts, lane.texts);
      append(all.heads, lane.heads);
    }
    this.#lanes.clear();
    this.#chunkCount = 0;
    this.#sizeBytes = 0;
    return { requestIds, ...all };
  }
}

/** Calls `visit` for each run of `frame`, in the order of arrival. */
export function forEachRun(frame: ChunkFrame, visit: (run: ChunkRun) => void): void {
  let from = 0;
  let headsFrom = 0;
  for (let i = 0; i < frame.counts.length; i++) {
    const kind = frame.kinds[i] as ChunkKind;
    const to = from + (frame.counts[i] as number);
    visit({
      requestId: frame.requestIds[i] as number,
      kind,
      sizeBytes: frame.sizes[i] as number,
      texts: frame.texts,
      from,
      to,
      heads: frame.heads,
      headsFrom,
    });
    if (kind === 3) headsFrom += to - from;
    from = to;
  }
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

type Columns = {
  readonly kinds: ChunkKind[];
  readonly counts: number[];
  readonly sizes: number[];
  readonly texts: string[];
  readonly heads: ToolCallHead[];
};

function emptyColumns(): Columns {
  return { kinds: [], counts: [], sizes: [], texts: [], heads: [] };
}

function addToLane(lane: Columns, chunk: ModelResponseChunk, sizeBytes: number): void {
  const kind = KIND_CODES[chunk.type];
  const last = lane.counts.length - 1;
  if (last >= 0 && lane.kinds[last] === kind) {
    (lane.counts[last] as number) += 1;
    (lane.sizes[last] as number) += sizeBytes;
  } else {
    lane.kinds.push(kind);
    lane.counts.push(1);
    lane.sizes.push(sizeBytes);
  }
  lane.texts.push(chunk.type === "tool-call" ? chunk.argumentsText : chunk.text);
  if (chunk.type === "tool-call") lane.heads.push(headOf(chunk));
}

function append<T>(all: T[], more: readonly T[]): void {
  for (const one of more) all.push(one);
}
