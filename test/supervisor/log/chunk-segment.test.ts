import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelResponseChunk } from "../../../src/protocol/model.ts";
import { ChunkSegment } from "../../../src/supervisor/log/chunk-segment.ts";
import { anyRunOfChunks, bytesOf, runOf, textOf, textRun } from "../../support/arbitraries.ts";

/** A segment that has taken all of `chunks`, in runs of `sizes`. */
function segmentOf(chunks: readonly ModelResponseChunk[], sizes: readonly number[]): ChunkSegment {
  const segment = ChunkSegment.growing(runOf(chunks).kind, 0, 1_000);
  for (let at = 0, i = 0; at < chunks.length; i++) {
    const run = runOf(chunks.slice(at, at + (sizes[i % sizes.length] ?? 1)));
    expect(segment.take(run, 1_000 + i)).toBe(true);
    at += run.count;
  }
  return segment;
}

const chunksOf = (segment: ChunkSegment): ModelResponseChunk[] =>
  Array.from({ length: segment.count }, (_, i) => segment.chunk(i));

const anySizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe("ChunkSegment", () => {
  test("gives back what it took, chunk by chunk, also once it is sealed", () => {
    fc.assert(
      fc.property(anyRunOfChunks(30), anySizes, (chunks, sizes) => {
        const segment = segmentOf(chunks, sizes);
        expect(chunksOf(segment)).toStrictEqual(chunks);
        segment.seal();
        segment.seal();
        expect(chunksOf(segment)).toStrictEqual(chunks);
      }),
    );
  });

  test("knows the bytes of any first chunks, and of each chunk", () => {
    fc.assert(
      fc.property(anyRunOfChunks(30), anySizes, fc.boolean(), (chunks, sizes, isSealed) => {
        const segment = segmentOf(chunks, sizes);
        if (isSealed) segment.seal();
        for (let count = 0; count <= chunks.length + 1; count++) {
          expect(segment.bytesOf(count)).toBe(bytesOf(chunks.slice(0, count)));
        }
        for (const chunk of chunks) expect(segment.sizeOf(chunk)).toBe(bytesOf([chunk]));
      }),
    );
  });

  test("takes 512 chunks and no more", () => {
    const segment = ChunkSegment.growing(0, 7, 0);
    const run = textRun(...Array.from({ length: 32 }, (_, i) => `é${i}`));
    for (let i = 0; i < 16; i++) expect(segment.take(run, 5)).toBe(true);
    expect(segment.take(textRun("one more"), 5)).toBe(false);
    expect(segment.count).toBe(512);
    expect(segment.chunk(511)).toEqual({ type: "text", text: "é31" });
    expect(segment.bytesOf(512)).toBe(bytesOf(chunksOf(segment)));
  });

  test("takes nothing of another kind, nothing that is a segment of its own, and nothing once sealed", () => {
    const segment = ChunkSegment.growing(0, 0, 0);
    expect(segment.take(runOf([{ type: "reasoning", text: "hm" }]), 0)).toBe(false);
    expect(segment.take(textRun(...Array.from({ length: 64 }, () => "x")), 0)).toBe(false);
    segment.seal();
    expect(segment.take(textRun("a"), 0)).toBe(false);
    expect(segment.count).toBe(0);
  });

  test("a long run is a segment by itself, and takes nothing more; a short one is not", () => {
    const long = fc.constantFrom("text", "tool-call").map((type) =>
      Array.from({ length: 70 }, (_, i) => {
        const text = "é".repeat(i % 5);
        const chunk = type === "text" ? { type, text } : { type, index: i, argumentsText: text };
        return chunk as ModelResponseChunk;
      }),
    );
    fc.assert(
      fc.property(long, (chunks) => {
        const segment = ChunkSegment.whole(runOf(chunks), 7, 1_000) as ChunkSegment;
        expect(chunksOf(segment)).toStrictEqual(chunks);
        expect(segment.bytesOf(33)).toBe(bytesOf(chunks.slice(0, 33)));
        expect(segment.textFrom(5)).toBe(chunks.slice(5).map(textOf).join(""));
        expect([segment.atMs(0), segment.atMs(69)]).toEqual([1_000, 1_000]);
        expect(segment.take(runOf(chunks.slice(0, 1)), 1_000)).toBe(false);
        segment.seal();
        expect(chunksOf(segment)).toStrictEqual(chunks);
      }),
    );
    expect(ChunkSegment.whole(textRun("a", "b"), 0, 0)).toBeUndefined();
  });

  test("a long run in a frame of many holds its own ends only", () => {
    const run = textRun(...Array.from({ length: 64 }, () => "x"));
    const ends = new Uint32Array(1_024);
    ends.set(run.ends.subarray(1), 500);
    const segment = ChunkSegment.whole({ ...run, ends, endsFrom: 500 }, 0, 0) as ChunkSegment;
    ends.fill(0);
    expect(segment.chunk(63)).toEqual({ type: "text", text: "x" });
  });

  test("keeps the time of each chunk, also once it is sealed", () => {
    const segment = ChunkSegment.growing(0, 0, 1_000);
    for (const atMs of [1_000, 1_250, 90_000]) {
      const run = textRun("a");
      segment.take(run, atMs);
    }
    const times = () => [0, 1, 2].map((i) => segment.atMs(i));
    expect(times()).toEqual([1_000, 1_250, 90_000]);
    segment.seal();
    expect(times()).toEqual([1_000, 1_250, 90_000]);
  });

  test("a clock that was set back gives a chunk the time of the first one", () => {
    const segment = ChunkSegment.growing(0, 0, 1_000);
    const run = textRun("a");
    segment.take(run, 400);
    segment.seal();
    expect(segment.atMs(0)).toBe(1_000);
  });
});
