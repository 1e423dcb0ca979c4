import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { ByteWindow } from "../../../src/supervisor/log/byte-window.ts";
import { JobLog } from "../../../src/supervisor/log/job-log.ts";
import type { ReadPolicy } from "../../../src/supervisor/log/log-reader.ts";
import { LogReader } from "../../../src/supervisor/log/log-reader.ts";
import type { ChunkRun } from "../../../src/transport/chunk-frame.ts";
import { textAt } from "../../../src/transport/chunk-frame.ts";
import { anyRunOfChunks, bytesOf, runOf, textOf, textRun } from "../../support/arbitraries.ts";

let log: JobLog;
let window: ByteWindow;
let progress: number[];

beforeEach(() => {
  log = new JobLog();
  window = new ByteWindow(100);
  progress = [];
});

function read(policy: ReadPolicy | "free" = "lossless", from = 0): LogReader {
  const reader: LogReader = new LogReader(log, {
    from,
    policy,
    window,
    onProgress: () => progress.push(reader.readBytes),
  });
  return reader;
}

const texts = (count: number) => textRun(...Array.from({ length: count }, (_, i) => `${i}`));
/** The texts of what was appended. */
function append(run: ChunkRun): string[] {
  log.appendChunks(run, 1);
  return Array.from({ length: run.count }, (_, i) => textAt(run, i));
}

/** The text of the next item, if it is a chunk. */
function readText(reader: LogReader, how: "readEvent" | "readChunk"): string | undefined {
  const item = reader[how]();
  const chunk = item && "seq" in item ? (item.type === "chunk" ? item.chunk : undefined) : item;
  return chunk && textOf(chunk);
}

function rest(reader: LogReader): string[] {
  const all: string[] = [];
  for (let chunk = reader.readChunk(); chunk; chunk = reader.readChunk()) all.push(textOf(chunk));
  return all;
}

const end = () => log.append({ type: "cancelled", reason: "x", partial: {} }, 1);

describe("LogReader", () => {
  test("gives nothing where there is nothing yet, and goes on when there is", () => {
    const reader = read();
    expect(reader.readEvent()).toBeUndefined();
    log.append({ type: "started" }, 1);
    expect(reader.readEvent()).toMatchObject({ seq: 0 });
    expect(reader.readEvent()).toBeUndefined();
    expect(reader.ended).toBe(false);
    end();
    expect(reader.readEvent()).toMatchObject({ seq: 1, type: "cancelled" });
    expect(reader.ended).toBe(true);
    expect(reader.readEvent()).toBeUndefined();
  });

  test("passes over events when it reads chunks, and ends with the terminal one", () => {
    const reader = read();
    log.append({ type: "started" }, 1);
    expect(reader.readChunk()).toBeUndefined();
    log.appendChunks(textRun("a"), 1);
    log.append({ type: "state", state: "idle" }, 1);
    log.appendChunks(textRun("b"), 1);
    end();
    expect(
      [reader.readChunk(), reader.readChunk(), reader.readChunk()].map((c) => c && textOf(c)),
    ).toEqual(["a", "b", undefined]);
    expect(reader.ended).toBe(true);
  });

  test("reads each chunk once, as chunks and as events by turns, however the log grows meanwhile", () => {
    const anyStep = fc.oneof(
      anyRunOfChunks(3).map((chunks) => runOf(chunks)),
      fc.integer({ min: 64, max: 90 }).map(texts),
      fc.constantFrom("append", "readEvent", "readChunk"),
    );
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
        log = new JobLog();
        const reader = read("free");
        const seen: (string | undefined)[] = [];
        const given: string[] = [];
        for (const step of steps) {
          if (typeof step === "object") given.push(...append(step));
          else if (step === "append") log.append({ type: "started" }, 1);
          else seen.push(readText(reader, step as "readEvent" | "readChunk"));
        }
        seen.push(...rest(reader));
        expect(seen.filter((text) => text !== undefined)).toEqual(given);
      }),
    );
  });

  test.each(["lossless", "free"] as const)(
    "%s: has read the bytes of what it was given",
    (policy) => {
      fc.assert(
        fc.property(
          fc.array(anyRunOfChunks(20), { maxLength: 8 }),
          fc.nat({ max: 90 }),
          (runs, from) => {
            log = new JobLog();
            for (const chunks of runs) log.appendChunks(runOf(chunks), 1);
            const all = runs.flat();
            const start = Math.min(from, all.length);
            const reader = read(policy, start);
            for (let at = start; ; at++) {
              expect(reader.readBytes).toBe(bytesOf(all.slice(0, at)));
              if (!reader.readEvent()) break;
            }
            expect(reader.readBytes).toBe(log.chunkBytes);
          },
        ),
      );
    },
  );

  test("tells its progress each time it has read a quarter of the window, not with every chunk", () => {
    read();
    const reader = read();
    log.appendChunks(textRun(...Array(20).fill("0123456789")), 1);
    while (reader.readChunk());
    expect(progress).toEqual([30, 60, 90, 120, 150, 180]);
  });

  test("holds the window from the moment it is there until it is closed", () => {
    const reader = read();
    expect(window.readerCount).toBe(1);
    reader.close();
    expect(window.readerCount).toBe(0);
    expect(progress).toHaveLength(1);
  });

  test.each(["latest", "free"] as const)("%s: never holds the window", (policy) => {
    read(policy);
    expect(window.readerCount).toBe(0);
  });

  test("one that begins later counts what came before as read", () => {
    log.appendChunks(textRun("aé", "b"), 1);
    expect(read("lossless", 1).readBytes).toBe(3);
  });
});

describe("a reader that begins in the future", () => {
  test("waits for its seq", () => {
    const reader = read("lossless", 2);
    log.appendChunks(textRun("a", "b"), 1);
    expect(reader.readEvent()).toBeUndefined();
    log.appendChunks(textRun("c"), 1);
    expect(reader.readEvent()).toMatchObject({ seq: 2, chunk: { text: "c" } });
  });

  test("does not hold back what comes before its seq", () => {
    const reader = read("lossless", 3);
    for (const text of ["aaaa", "bbbb"]) log.appendChunks(textRun(text), 1);
    expect(reader.readBytes).toBe(8);
  });

  test("holds back what comes from its seq on, read or not", () => {
    const reader = read("lossless", 1);
    log.appendChunks(textRun("aaaa", "bbbb", "cccc"), 1);
    expect(reader.readBytes).toBe(4);
    reader.readEvent();
    expect(reader.readBytes).toBe(8);
  });

  test("ends with a log that never comes to its seq", () => {
    const reader = read("lossless", 9);
    end();
    expect(reader.readEvent()).toBeUndefined();
    expect(reader.ended).toBe(true);
  });
});

describe("a latest reader", () => {
  test("skips nothing while it is 256 chunks behind at most", () => {
    const reader = read("latest");
    log.appendChunks(texts(256), 1);
    expect(reader.readEvent()).toMatchObject({ type: "chunk", seq: 0 });
  });

  test("further behind, it is told how many it has missed, in place of the oldest", () => {
    const reader = read("latest");
    log.appendChunks(texts(300), 1);
    expect(reader.readEvent()).toEqual({ type: "lag", seq: 0, atMs: 1, skipped: 44 });
    expect(reader.readEvent()).toMatchObject({ type: "chunk", seq: 44 });
  });

  test("is given every event between the chunks it skips", () => {
    const reader = read("latest");
    log.appendChunks(texts(10), 1);
    log.append({ type: "state", state: "working" }, 2);
    log.appendChunks(texts(700), 3);
    expect(reader.readEvent()).toMatchObject({ type: "lag", seq: 0, skipped: 10 });
    expect(reader.readEvent()).toMatchObject({ type: "state", seq: 10 });
    expect(reader.readEvent()).toMatchObject({ type: "lag", seq: 11, skipped: 444 });
    expect(reader.readEvent()).toMatchObject({ type: "chunk", seq: 455 });
  });
});
