import fc from "fast-check";
import type { ChunkKind, ToolCallHead } from "../../src/protocol/gateway-messages.ts";
import type { ModelResponseChunk } from "../../src/protocol/model.ts";
import type { ChunkRun } from "../../src/transport/chunk-frame.ts";

/** Texts as models send them, and worse: empty, of several bytes a character, cut inside one. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 6 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("", "é", "漢字", "👩‍👩‍👧", "\ud83d", "\ude00", "\0", "\u2028"),
  },
);

const toolCallChunk: fc.Arbitrary<ModelResponseChunk> = fc.record(
  {
    type: fc.constant("tool-call" as const),
    index: fc.nat({ max: 3 }),
    id: fc.string({ maxLength: 4 }),
    name: fc.string({ maxLength: 4 }),
    argumentsText: anyText,
  },
  { requiredKeys: ["type", "index", "argumentsText"], noNullPrototype: true },
);

/** A chunk of any kind. */
export const anyChunk: fc.Arbitrary<ModelResponseChunk> = fc.oneof(
  fc.record(
    { type: fc.constantFrom("text", "reasoning", "refusal"), text: anyText },
    { noNullPrototype: true },
  ),
  toolCallChunk,
) as fc.Arbitrary<ModelResponseChunk>;

/** Chunks of one kind, as they come in one run. */
export function anyRunOfChunks(maxLength: number): fc.Arbitrary<readonly ModelResponseChunk[]> {
  const texts = fc.array(anyText, { minLength: 1, maxLength });
  return fc.oneof(
    fc
      .tuple(fc.constantFrom("text", "reasoning", "refusal"), texts)
      .map(([type, pieces]) => pieces.map((text) => ({ type, text }) as ModelResponseChunk)),
    fc.array(toolCallChunk, { minLength: 1, maxLength: Math.min(maxLength, 20) }),
  );
}

/** What a chunk carries. */
export function textOf(chunk: ModelResponseChunk): string {
  return chunk.type === "tool-call" ? chunk.argumentsText : chunk.text;
}

/** UTF-8 bytes of what `chunks` carry, chunk by chunk. */
export function bytesOf(chunks: readonly ModelResponseChunk[]): number {
  return chunks.reduce((sum, chunk) => sum + Buffer.byteLength(textOf(chunk)), 0);
}

/**
 * The run of `chunks`, which are of one kind, inside a frame with other chunks around it: nobody may rely on a run that
 * begins at 0.
 */
export function runOf(chunks: readonly ModelResponseChunk[], requestId = 1): ChunkRun {
  const kinds = { text: 0, reasoning: 1, refusal: 2, "tool-call": 3 } as const;
  const kind: ChunkKind = kinds[chunks[0]?.type ?? "text"];
  const other: ToolCallHead = { index: 99, name: "another request's" };
  const heads = chunks.flatMap((chunk) => (chunk.type === "tool-call" ? [headOf(chunk)] : []));
  const texts = chunks.map(textOf);
  const ends = texts.map((_, i) => texts.slice(0, i + 1).join("").length);
  return {
    requestId,
    kind,
    count: chunks.length,
    sizeBytes: bytesOf(chunks),
    text: texts.join(""),
    ends: Uint32Array.of(17, ...ends, 13),
    endsFrom: 1,
    heads: [other, ...heads, other],
    headsFrom: 1,
  };
}

/** A run of text chunks. */
export function textRun(...texts: readonly string[]): ChunkRun {
  return runOf(texts.map((text) => ({ type: "text", text })));
}

function headOf(chunk: Extract<ModelResponseChunk, { type: "tool-call" }>): ToolCallHead {
  const { index, id, name } = chunk;
  return { index, ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) };
}
