import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelResponseChunk } from "../../src/protocol/model.ts";
import type { ChunkRun } from "../../src/transport/chunk-frame.ts";
import {
  ChunkFrameWriter,
  ChunkLane,
  chunkOf,
  chunkSize,
  cutRun,
  forEachRun,
  textAt,
} from "../../src/transport/chunk-frame.ts";
import { anyChunk, anyRunOfChunks, bytesOf, runOf, textOf } from "../support/arbitraries.ts";

type Arrival = { readonly requestId: number; readonly chunk: ModelResponseChunk };

const anyArrival = fc.record(
  { requestId: fc.nat({ max: 4 }), chunk: anyChunk },
  { noNullPrototype: true },
);

/** The chunks of a run, rebuilt. */
function chunksOf(run: ChunkRun): ModelResponseChunk[] {
  return Array.from({ length: run.count }, (_, i) =>
    chunkOf(run.kind, textAt(run, i), run.heads[run.headsFrom + i]),
  );
}

function write(arrivals: readonly Arrival[]): ChunkFrameWriter {
  const writer = new ChunkFrameWriter();
  const lanes = Array.from({ length: 5 }, (_, requestId) => new ChunkLane(requestId));
  for (const { requestId, chunk } of arrivals) {
    writer.add(lanes[requestId] as ChunkLane, chunk, chunkSize(chunk));
  }
  return writer;
}

/** What comes out on the other side of a thread's port, in order. */
function send(writer: ChunkFrameWriter): { run: ChunkRun; chunks: ModelResponseChunk[] }[] {
  const received: { run: ChunkRun; chunks: ModelResponseChunk[] }[] = [];
  forEachRun(structuredClone(writer.take()), (run) =>
    received.push({ run, chunks: chunksOf(run) }),
  );
  return received;
}

describe("ChunkFrameWriter", () => {
  test("each request's chunks come out as they went in, and in that order, whatever comes between them", () => {
    fc.assert(
      fc.property(fc.array(anyArrival, { maxLength: 60 }), (arrivals) => {
        const received = send(write(arrivals)).flatMap(({ run, chunks }) =>
          chunks.map((chunk) => ({ requestId: run.requestId, chunk })),
        );
        expect(received).toHaveLength(arrivals.length);
        for (const { requestId } of arrivals) {
          const ofRequest = (one: { requestId: number }) => one.requestId === requestId;
          expect(received.filter(ofRequest)).toStrictEqual(arrivals.filter(ofRequest));
        }
      }),
    );
  });

  test("each run's size is the bytes of its texts, and all of them together the frame's", () => {
    fc.assert(
      fc.property(fc.array(anyArrival, { maxLength: 60 }), (arrivals) => {
        const writer = write(arrivals);
        const all = bytesOf(arrivals.map(({ chunk }) => chunk));
        expect(writer.sizeBytes).toBe(all);
        expect(writer.chunkCount).toBe(arrivals.length);
        const runs = send(writer);
        for (const { run, chunks } of runs) expect(run.sizeBytes).toBe(bytesOf(chunks));
        expect(runs.reduce((sum, { run }) => sum + run.sizeBytes, 0)).toBe(all);
      }),
    );
  });

  test("a request's chunks of one kind that follow each other share a run", () => {
    fc.assert(
      fc.property(fc.array(anyArrival, { maxLength: 60 }), (arrivals) => {
        const runs = send(write(arrivals));
        for (const [i, { run }] of runs.entries()) {
          const before = runs[i - 1]?.run;
          expect(before?.requestId === run.requestId && before.kind === run.kind).toBe(false);
        }
      }),
    );
  });

  test("a frame that was taken is not changed by what is added later", () => {
    const writer = write([{ requestId: 1, chunk: { type: "text", text: "a" } }]);
    const frame = writer.take();
    expect([writer.isEmpty, writer.chunkCount, writer.sizeBytes]).toEqual([true, 0, 0]);
    writer.add(new ChunkLane(1), { type: "text", text: "b" }, 1);
    expect(frame.texts).toEqual(["a"]);
    expect(writer.take().texts).toEqual(["b"]);
  });

  test("a tool call's id and name are there only if they were given", () => {
    const chunk: ModelResponseChunk = { type: "tool-call", index: 0, argumentsText: "{" };
    const [received] = send(write([{ requestId: 1, chunk }]));
    expect(Object.keys(received?.chunks[0] ?? {})).toEqual(["type", "index", "argumentsText"]);
  });
});

describe("ChunkLane", () => {
  test("is told whenever what waits in it is taken, and is empty then", () => {
    const writer = new ChunkFrameWriter();
    let taken = 0;
    const lane = new ChunkLane(1, () => taken++);
    const chunk: ModelResponseChunk = { type: "text", text: "a" };
    expect(lane.isEmpty).toBe(true);
    writer.take();
    for (const times of [1, 2]) {
      writer.add(lane, chunk, 1);
      writer.add(lane, chunk, 1);
      expect([lane.isEmpty, taken]).toEqual([false, times - 1]);
      expect(writer.take().texts).toEqual(["aa"]);
      expect([lane.isEmpty, taken]).toEqual([true, times]);
    }
  });
});

describe("cutRun()", () => {
  test("keeps the first chunks that fit, whole ones only", () => {
    fc.assert(
      fc.property(anyRunOfChunks(20), fc.nat({ max: 80 }), (chunks, sizeBytes) => {
        const cut = cutRun(runOf(chunks), sizeBytes);
        const kept = chunksOf(cut);
        expect(kept).toStrictEqual(chunks.slice(0, kept.length));
        expect(cut.sizeBytes).toBe(bytesOf(kept));
        expect(cut.text).toBe(kept.map(textOf).join(""));
        expect(cut.sizeBytes).toBeLessThanOrEqual(sizeBytes);
        const next = chunks[kept.length];
        if (next) expect(cut.sizeBytes + bytesOf([next])).toBeGreaterThan(sizeBytes);
      }),
    );
  });
});

describe("chunkSize()", () => {
  test("counts UTF-8 bytes, also of half a surrogate pair", () => {
    fc.assert(
      fc.property(anyChunk, (chunk) => {
        expect(chunkSize(chunk)).toBe(new TextEncoder().encode(textOf(chunk)).length);
      }),
    );
  });
});
