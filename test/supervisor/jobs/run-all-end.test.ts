import { beforeEach, describe, expect, test } from "vitest";
import { turn } from "../../support/fake-clock.ts";
import { FakeBatch } from "./batch.ts";

let batch: FakeBatch;

beforeEach(() => {
  batch = new FakeBatch();
});

/** Gives one input, and the next one never; notes whether it was told that it is left. */
function stuckSource(): AsyncIterableIterator<string> & { isLeft: boolean } {
  let count = 0;
  const source = {
    isLeft: false,
    next: () =>
      count++ === 0
        ? Promise.resolve({ done: false as const, value: "0" })
        : new Promise<never>(() => {}),
    return: () => {
      source.isLeft = true;
      return new Promise<never>(() => {});
    },
    [Symbol.asyncIterator]: () => source,
  };
  return source;
}

describe("leaving a batch", () => {
  test("cancels what still runs, waits for its end, and tells the source", async () => {
    const running = batch.run(batch.inputs(10), { concurrency: 3 });
    const first = batch.take(running, 1);
    await turn();
    batch.jobs[0]?.complete();
    await first;
    await running.return(undefined);
    expect(batch.jobs.slice(1).map((job) => job.cancelledFor)).toEqual(
      Array(batch.jobs.length - 1).fill("the batch was left"),
    );
    expect(batch.isLeft).toBe(true);
  });

  test("does not come back before the cancelled jobs have ended", async () => {
    const running = batch.run(batch.inputs(2), { concurrency: 2 });
    const first = batch.take(running, 1);
    await turn();
    const [a, b] = batch.jobs;
    if (b) b.cancel = async () => {};
    a?.complete();
    await first;
    let isOver = false;
    const left = running.return(undefined).then(() => (isOver = true));
    await turn();
    expect(isOver).toBe(false);
    b?.complete();
    await left;
  });

  test("does not wait for a source that is being waited for, but tells it", async () => {
    const source = stuckSource();
    const running = batch.run(source, { concurrency: 2 });
    const first = batch.take(running, 1);
    await turn();
    batch.jobs[0]?.complete();
    await first;
    await running.return(undefined);
    expect(source.isLeft).toBe(true);
  });

  test("before it has begun pulls nothing", async () => {
    const running = batch.run(batch.inputs(3));
    await running.return(undefined);
    expect([batch.pulled, batch.jobs]).toEqual([0, []]);
  });
});

function noInput(): never {
  throw new Error("none at all");
}

function* failingAtOnce(): Generator<string> {
  yield noInput();
}

async function* failingAtOnceAsync(): AsyncGenerator<string> {
  yield noInput();
}

describe("a source that fails", () => {
  async function* failing(): AsyncGenerator<string> {
    yield "0";
    throw new Error("no more");
  }

  test("ends the batch with its error; what runs is cancelled", async () => {
    const taking = batch.take(batch.run(failing(), { concurrency: 3 }));
    await expect(taking).rejects.toThrow("no more");
    expect(batch.jobs.map((job) => job.cancelledFor)).toEqual(["the batch was left"]);
  });

  test.each([
    ["plain", () => failingAtOnce()],
    ["asynchronous", () => failingAtOnceAsync()],
  ])("before its first input ends the batch with its error, when it is %s", async (_, source) => {
    await expect(batch.take(batch.run(source()))).rejects.toThrow("none at all");
    expect(batch.jobs).toEqual([]);
  });

  test("loses no job that had ended before", async () => {
    const running = batch.run(failing(), { concurrency: 3 });
    const first = batch.take(running, 1);
    await Promise.resolve();
    while (batch.jobs.length === 0) await Promise.resolve();
    batch.jobs[0]?.complete();
    await first;
    expect(batch.taken).toEqual(["0"]);
    await expect(batch.take(running)).rejects.toThrow("no more");
  });

  test("one that fails as it is left is no unhandled rejection", async () => {
    const source = stuckSource();
    source.return = () => Promise.reject(new Error("cannot be left"));
    const running = batch.run(source, { concurrency: 2 });
    const first = batch.take(running, 1);
    await turn();
    batch.jobs[0]?.complete();
    await first;
    await running.return(undefined);
    await turn();
  });
});

describe("an input that is refused", () => {
  test("ends the batch with that error; what runs is cancelled and the source is told", async () => {
    batch.refuse = "2";
    const taking = batch.take(batch.run(batch.inputs(10), { concurrency: 5 }));
    await expect(taking).rejects.toThrow("refused 2");
    expect(batch.jobs.map((job) => job.cancelledFor)).toEqual(Array(2).fill("the batch was left"));
    expect([batch.pulled, batch.isLeft]).toEqual([3, true]);
  });
});

describe("aborting a batch", () => {
  test("cancels what runs, yields it, starts nothing more, and tells the source", async () => {
    const abort = new AbortController();
    const taking = batch.take(
      batch.run(batch.inputs(10), { concurrency: 3, signal: abort.signal }),
    );
    await turn();
    abort.abort();
    await taking;
    expect(batch.taken).toEqual(["0", "1", "2"]);
    expect(batch.jobs.map((job) => job.cancelledFor)).toEqual(
      Array(3).fill("the batch was aborted"),
    );
    expect([batch.pulled, batch.isLeft]).toEqual([3, true]);
  });

  test("ends it although its source never comes back", async () => {
    const abort = new AbortController();
    const source = stuckSource();
    const taking = batch.take(batch.run(source, { signal: abort.signal }));
    await turn();
    abort.abort();
    await taking;
    expect([batch.taken, source.isLeft]).toEqual([["0"], true]);
  });

  test("before it has begun starts nothing", async () => {
    await batch.take(batch.run(batch.inputs(3), { signal: AbortSignal.abort() }));
    expect(batch.jobs).toEqual([]);
  });

  test("an input that was on its way is not started", async () => {
    const abort = new AbortController();
    const gate = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<string> {
      await gate.promise;
      yield "late";
    }
    const taking = batch.take(batch.run(slow(), { signal: abort.signal }));
    await turn();
    abort.abort();
    gate.resolve();
    await taking;
    await turn();
    expect(batch.jobs).toEqual([]);
  });

  test("after its end it is of no consequence", async () => {
    const abort = new AbortController();
    const taking = batch.take(batch.run(batch.inputs(1), { signal: abort.signal }));
    await turn();
    batch.jobs[0]?.complete();
    await taking;
    abort.abort();
    expect(batch.jobs[0]?.cancelledFor).toBeUndefined();
  });
});
