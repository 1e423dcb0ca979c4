import fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { turn } from "../../support/fake-clock.ts";
import { FakeBatch } from "./batch.ts";

let batch: FakeBatch;

beforeEach(() => {
  batch = new FakeBatch();
});

const open = () => batch.jobs.filter((job) => !job.isEnded).map((job) => job.input);

describe("runAll()", () => {
  test("yields the jobs as they end, each once", async () => {
    const taking = batch.take(batch.run(batch.inputs(3), { concurrency: 3 }));
    await turn();
    for (const i of [2, 0, 1]) batch.jobs[i]?.complete();
    await taking;
    expect(batch.taken).toEqual(["2", "0", "1"]);
    expect(batch.isLeft).toBe(false);
  });

  test("of no inputs, it ends at once", async () => {
    await batch.take(batch.run([]));
    expect([batch.taken, batch.jobs]).toEqual([[], []]);
  });

  test("starts no more jobs than there is room for, and pulls no further", async () => {
    void batch.take(batch.run(batch.inputs(10), { concurrency: 3 }));
    await turn();
    expect([open(), batch.pulled]).toEqual([["0", "1", "2"], 3]);
    batch.jobs[1]?.complete();
    await turn();
    expect([open(), batch.pulled]).toEqual([["0", "2", "3"], 4]);
  });

  test("a job that has ended takes up room until it is taken", async () => {
    const running = batch.run(batch.inputs(10), { concurrency: 3 });
    const first = batch.take(running, 1);
    await turn();
    for (const job of batch.jobs) job.complete();
    await first;
    await turn();
    expect(batch.pulled).toBe(4);
  });

  test("a job is started for each that is taken, while others still wait to be taken", async () => {
    const running = batch.run(batch.inputs(10), { concurrency: 3 });
    const first = batch.take(running, 1);
    await turn();
    for (const job of batch.jobs) job.complete();
    await first;
    await turn();
    expect(open()).toEqual(["3"]);
    await batch.take(running, 1);
    await turn();
    expect([open(), batch.pulled]).toEqual([["3", "4"], 5]);
  });

  test("a slow source holds up no result", async () => {
    const gate = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<string> {
      yield "first";
      await gate.promise;
      yield "second";
    }
    const running = batch.run(slow(), { concurrency: 5 });
    const first = batch.take(running, 1);
    await turn();
    batch.jobs[0]?.complete();
    await first;
    expect(batch.taken).toEqual(["first"]);
    const rest = batch.take(running);
    gate.resolve();
    await turn();
    batch.jobs[1]?.complete();
    await rest;
    expect(batch.taken).toEqual(["first", "second"]);
  });

  test("inputs are asked for one after the other, never two at once", async () => {
    let asked = 0;
    const source = {
      next: async () => {
        asked += 1;
        await turn();
        asked -= 1;
        return { done: batch.jobs.length >= 6, value: `${batch.jobs.length}` };
      },
      [Symbol.asyncIterator]: () => source,
    };
    const next = vi.spyOn(source, "next").mockName("next");
    const taking = batch.take(batch.run(source, { concurrency: 3 }));
    for (let i = 0; i < 40; i++) {
      expect(asked).toBeLessThanOrEqual(1);
      batch.jobs.find((job) => !job.isEnded)?.complete();
      await turn();
    }
    await taking;
    expect([batch.taken.length, next.mock.calls.length]).toEqual([6, 7]);
  });

  test("whatever the pace of source, jobs and taker: all are taken once, and never too many at once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("complete", "take"), { maxLength: 40 }),
        fc.nat({ max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, count, concurrency) => {
          batch = new FakeBatch();
          const running = batch.run(batch.inputs(count), { concurrency });
          const taking: Promise<void>[] = [];
          for (const step of steps) {
            if (step === "complete") batch.jobs.find((job) => !job.isEnded)?.complete();
            else taking.push(batch.take(running, 1));
            await turn();
            expect(batch.pulled - batch.taken.length).toBeLessThanOrEqual(concurrency);
          }
          taking.push(batch.take(running));
          await completeUntil(Promise.all(taking));
          expect(new Set(batch.taken).size).toBe(count);
          expect(batch.taken).toHaveLength(count);
          expect(batch.peak).toBeLessThanOrEqual(concurrency);
        },
      ),
    );
  });
});

/** Completes what is started, until `over` has settled. */
async function completeUntil(over: Promise<unknown>): Promise<void> {
  let isOver: boolean = false;
  const note = () => {
    isOver = true;
  };
  over.then(note, note);
  while (!isOver) {
    for (const job of batch.jobs) job.complete();
    await turn();
  }
  await over;
}
