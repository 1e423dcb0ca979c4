import { beforeEach, describe, expect, test } from "vitest";
import { eventAt, isTerminal, JobLog, lengthOf } from "../../../src/supervisor/log/job-log.ts";
import { textRun } from "../../support/arbitraries.ts";

let log: JobLog;

beforeEach(() => {
  log = new JobLog();
});

const end = () => log.append({ type: "cancelled", reason: "x", partial: {} }, 1);

describe("JobLog", () => {
  test("seq is given at append, from 0, to chunks and events alike", () => {
    expect(log.append({ type: "started" }, 5)).toEqual({ seq: 0, atMs: 5, type: "started" });
    log.appendChunks(textRun("a", "b"), 6);
    expect(log.append({ type: "state", state: "idle" }, 7)).toMatchObject({ seq: 3, atMs: 7 });
    expect(log.nextSeq).toBe(4);
  });

  test("the terminal event is remembered, and nothing can follow it", () => {
    const terminal = end();
    expect(log.terminal).toBe(terminal);
    expect(() => end()).toThrow("after the terminal event");
    expect(() => log.appendChunks(textRun("a"), 2)).toThrow("after the terminal event");
    expect([log.nextSeq, log.chunkBytes]).toEqual([1, 0]);
  });

  test("listeners are told after an append, once for a whole run", () => {
    const seen: number[] = [];
    log.listen(() => seen.push(log.nextSeq));
    log.append({ type: "started" }, 1);
    log.appendChunks(textRun("a", "b", "c"), 1);
    expect(seen).toEqual([1, 4]);
  });

  test("a listener that has left is told nothing more, also in the middle of a round", () => {
    const seen: string[] = [];
    const leave = [
      log.listen(() => {
        seen.push("first");
        leave[1]?.();
      }),
      log.listen(() => seen.push("second")),
    ];
    log.append({ type: "started" }, 1);
    leave[0]?.();
    log.append({ type: "started" }, 1);
    expect(seen).toEqual(["first"]);
  });

  test("a listener may append in turn: every event has its own seq", () => {
    const seen: number[] = [];
    log.listen(() => {
      if (log.nextSeq === 1) log.append({ type: "state", state: "working" }, 2);
      seen.push(log.nextSeq);
    });
    expect(log.append({ type: "started" }, 1).seq).toBe(0);
    expect(log.nextSeq).toBe(2);
    expect(seen).toEqual([2, 2]);
  });

  test("a place at the end of a segment moves on when the next one is there", () => {
    log.appendChunks(textRun("a"), 1);
    const position = log.positionOf(1);
    expect(log.segmentAt(position)).toBeUndefined();
    log.append({ type: "started" }, 2);
    const segment = log.segmentAt(position);
    expect(segment && eventAt(segment, position.index)).toMatchObject({ seq: 1, type: "started" });
  });

  test("a place at the end of a growing segment stays in it", () => {
    log.appendChunks(textRun("a"), 1);
    const position = log.positionOf(1);
    log.appendChunks(textRun("b"), 2);
    const segment = log.segmentAt(position);
    expect(segment && eventAt(segment, position.index)).toMatchObject({ seq: 1, atMs: 2 });
  });

  test("in an empty log there is nothing yet, and no bytes", () => {
    expect(log.segmentAt(log.positionOf(0))).toBeUndefined();
    expect([log.bytesBefore(0), log.bytesBefore(9), log.nextSeq]).toEqual([0, 0, 0]);
  });

  test("a thousand events of alternating kinds can each be found by their seq", () => {
    for (let i = 0; i < 500; i++) {
      log.appendChunks(textRun(`${i}`), i);
      log.append({ type: "started" }, i);
    }
    for (let seq = 0; seq < 1_000; seq++) {
      const position = log.positionOf(seq);
      const segment = log.segmentAt(position);
      expect(segment && position.index < lengthOf(segment)).toBe(true);
      expect(segment && eventAt(segment, position.index)).toMatchObject({ seq, atMs: seq >> 1 });
    }
  });
});

describe("isTerminal()", () => {
  test.each(["completed", "cancelled", "failed"])("%s ends a log", (type) => {
    expect(isTerminal({ type })).toBe(true);
  });

  test.each(["started", "state", "waiting", "chunk", "response", "tool-finished", "lag"])(
    "%s does not",
    (type) => {
      expect(isTerminal({ type })).toBe(false);
    },
  );
});
