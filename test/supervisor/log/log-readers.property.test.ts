import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JobEvent } from "../../../src/protocol/job.ts";
import type { ModelResponseChunk } from "../../../src/protocol/model.ts";
import { isTerminal } from "../../../src/supervisor/log/job-log.ts";
import { anySteps, anyTerminal, expectLagsToFit, expectSums, LogModel } from "./log-model.ts";

const chunksOf = (events: readonly JobEvent[]): ModelResponseChunk[] =>
  events.flatMap((event) => (event.type === "chunk" ? [event.chunk] : []));

/** Any appends, readers, pauses and breaks; then the end of the job. */
function forAnyHistory(check: (model: LogModel) => void | Promise<void>): Promise<void> {
  return fc.assert(
    fc.asyncProperty(anySteps, anyTerminal, async (steps, terminal) => {
      const model = new LogModel();
      await model.run(steps);
      model.append(terminal);
      await check(model);
    }),
    { numRuns: 150 },
  );
}

describe("a log with any readers", () => {
  test("every lossless reader gets the same events from its seq on, one terminal event, and nothing after", () =>
    forAnyHistory(async (model) => {
      for (const reader of model.readers.filter(({ kind }) => kind === "lossless")) {
        const items = (await model.drain(reader)) as JobEvent[];
        const expected = model.events.slice(reader.from);
        if (reader.isReturned) expect(items).toEqual(expected.slice(0, items.length));
        else expect(items).toEqual(expected);
        expect(await reader.iterator.next()).toEqual({ done: true, value: undefined });
      }
    }));

  test("every chunk reader gets every chunk, from the first one", () =>
    forAnyHistory(async (model) => {
      for (const reader of model.readers.filter(({ kind }) => kind === "chunks")) {
        const items = await model.drain(reader);
        const expected = chunksOf(model.events);
        expect(items).toEqual(reader.isReturned ? expected.slice(0, items.length) : expected);
      }
    }));

  test("a latest reader is told exactly what it was not given, and is given every event that is no chunk", () =>
    forAnyHistory(async (model) => {
      for (const reader of model.readers.filter(({ kind }) => kind === "latest")) {
        const end = expectLagsToFit(await model.drain(reader), reader.from, model.events);
        if (!reader.isReturned) expect(end).toBe(Math.max(reader.from, model.events.length));
      }
    }));

  test("a reader that comes after the end gets the same as one that was there, whatever was sealed meanwhile", () =>
    forAnyHistory(async (model) => {
      const last = model.events.length - 1;
      for (const from of [0, Math.min(1, last), last >> 1, last]) {
        const events = (await model.drain(model.open("lossless", from))) as JobEvent[];
        expect(events).toEqual(model.events.slice(from));
        expect(events.filter(isTerminal)).toHaveLength(1);
        expect(events.at(-1)).toBe(model.stream.log.terminal);
      }
      for (const from of [last + 1, last + 10]) {
        expect(await model.drain(model.open("lossless", from))).toEqual([]);
      }
      expect(await model.drain(model.open("chunks", 0))).toEqual(chunksOf(model.events));
    }));

  test("the bytes that the log counts are those of the texts, and the text it joins is theirs", () =>
    forAnyHistory(expectSums));

  test("nothing can be appended after the terminal event", () =>
    forAnyHistory(({ stream, events }) => {
      const { log } = stream;
      expect(() => log.append({ type: "started" }, 1)).toThrow("after the terminal event");
      expect(log.nextSeq).toBe(events.length);
    }));
});
