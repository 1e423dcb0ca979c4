import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelResponseChunk } from "../../../src/protocol/model.ts";
import { ChunkSegment } from "../../../src/supervisor/log/chunk-segment.ts";
import { anyRunOfChunks, bytesOf, runOf, textRun } from "../../support/arbitraries.ts";

/** A segment that has taken all of `chunks`, in runs of `sizes`. */
function segmentOf(chunks: readonly ModelResponseChunk[], sizes: readonly number[]): ChunkSegment {
  const segment = new ChunkSegment(runOf(chunks).kind, 0, 1_000);
  for (let at = 0, i = 0; at < chunks.length; i++) {
    const run = runOf(chunks.slice(at, at + (sizes[i % sizes.length] ?? 1)));
    at += segment.take(run, run.from, 1_000 + i);
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
    const segment = new ChunkSegment(0, 7, 0);
    const run = textRun(...Array.from({ length: 600 }, (_, i) => `é${i}`));
    expect(segment.take(run, run.from, 5)).toBe(512);
    expect(segment.take(run, run.from + 512, 5)).toBe(0);
    expect(segment.count).toBe(512);
    expect(segment.chunk(511)).toEqual({ type: "text", text: "é511" });
    expect(segment.bytesOf(512)).toBe(bytesOf(chunksOf(segment)));
  });

  test("takes nothing of another kind, and nothing once sealed", () => {
    const segment = new ChunkSegment(0, 0, 0);
    const other = runOf([{ type: "reasoning", text: "hm" }]);
    expect(segment.take(other, other.from, 0)).toBe(0);
    segment.seal();
    const run = textRun("a");
    expect(segment.take(run, run.from, 0)).toBe(0);
    expect(segment.count).toBe(0);
  });

  test("takes the rest of a run whose beginning another segment has", () => {
    const segment = new ChunkSegment(3, 0, 0);
    const chunks: ModelResponseChunk[] = [
      { type: "tool-call", index: 0, id: "a", name: "one", argumentsText: "é" },
      { type: "tool-call", index: 1, id: "b", name: "two", argumentsText: "" },
      { type: "tool-call", index: 2, argumentsText: "{}" },
    ];
    const run = runOf(chunks);
    expect(segment.take(run, run.from + 1, 0)).toBe(2);
    expect(chunksOf(segment)).toStrictEqual(chunks.slice(1));
    expect(segment.bytesOf(2)).toBe(2);
  });

  test("keeps the time of each chunk, also once it is sealed", () => {
    const segment = new ChunkSegment(0, 0, 1_000);
    for (const atMs of [1_000, 1_250, 90_000]) {
      const run = textRun("a");
      segment.take(run, run.from, atMs);
    }
    const times = () => [0, 1, 2].map((i) => segment.atMs(i));
    expect(times()).toEqual([1_000, 1_250, 90_000]);
    segment.seal();
    expect(times()).toEqual([1_000, 1_250, 90_000]);
  });

  test("a clock that was set back gives a chunk the time of the first one", () => {
    const segment = new ChunkSegment(0, 0, 1_000);
    const run = textRun("a");
    segment.take(run, run.from, 400);
    segment.seal();
    expect(segment.atMs(0)).toBe(1_000);
  });
});
