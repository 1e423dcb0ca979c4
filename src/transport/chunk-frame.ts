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

/** Collects chunks of many requests into one frame. */
export class ChunkFrameWriter {
  #frame = emptyFrame();
  #sizeBytes = 0;

  get isEmpty(): boolean {
    return this.#frame.texts.length === 0;
  }

  get chunkCount(): number {
    return this.#frame.texts.length;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(requestId: number, chunk: ModelResponseChunk, sizeBytes: number): void {
    const frame = this.#frame;
    const kind = KIND_CODES[chunk.type];
    const last = frame.counts.length - 1;
    if (last >= 0 && frame.requestIds[last] === requestId && frame.kinds[last] === kind) {
      (frame.counts[last] as number) += 1;
      (frame.sizes[last] as number) += sizeBytes;
    } else {
      frame.requestIds.push(requestId);
      frame.kinds.push(kind);
      frame.counts.push(1);
      frame.sizes.push(sizeBytes);
    }
    frame.texts.push(chunk.type === "tool-call" ? chunk.argumentsText : chunk.text);
    if (chunk.type === "tool-call") frame.heads.push(headOf(chunk));
    this.#sizeBytes += sizeBytes;
  }

  /** Returns what was added since the last call, and begins anew. */
  take(): ChunkFrame {
    const frame = this.#frame;
    this.#frame = emptyFrame();
    this.#sizeBytes = 0;
    return frame;
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

type WritableFrame = {
  requestIds: number[];
  kinds: ChunkKind[];
  counts: number[];
  sizes: number[];
  texts: string[];
  heads: ToolCallHead[];
};

function emptyFrame(): WritableFrame {
  return { requestIds: [], kinds: [], counts: [], sizes: [], texts: [], heads: [] };
}
