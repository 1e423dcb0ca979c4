import { describe, expect, test } from "vitest";
import type { FaultName } from "../fixtures/tools/faults.ts";
import { turn } from "../support/fake-clock.ts";
import { resources } from "../support/resources.ts";
import { begin, callOf, result, startPool, threads } from "../support/tool-pools.ts";

const fault = (name: FaultName, args: object = {}) => callOf("faults", "fault", { name, ...args });

/** A call that counts in shared memory for as long as it runs. */
function counting() {
  const cell = new SharedArrayBuffer(4);
  const count = new Int32Array(cell);
  const hasCounted = async (more: number) => {
    const from = Atomics.load(count, 0);
    while (Atomics.load(count, 0) - from < more) await turn();
  };
  return { call: fault("endless loop", { cell }), count: () => Atomics.load(count, 0), hasCounted };
}

describe("what a pool tool does to its thread is the end of its call, and the next call works", () => {
  test.each<[FaultName, string, RegExp]>([
    ["throw", "TOOL_FAILED", /^Error: boom$/],
    ["throw undefined", "TOOL_FAILED", /^Error: undefined$/],
    ["throw uncloneable", "TOOL_FAILED", /^Error: with a function$/],
    ["return a function", "TOOL_RESULT_INVALID", /JSON has no function/],
    ["return a BigInt", "TOOL_RESULT_INVALID", /JSON has no bigint \("n"\)/],
  ])("%s: the thread is kept", async (name, code, text) => {
    const pool = startPool();
    expect(await result(pool, fault("none"))).toBe("fine");
    const before = pool.threadIds;
    const end = await begin(pool, fault(name)).end;
    expect(end).toMatchObject({ result: expect.stringMatching(text), error: { code } });
    expect(await result(pool, fault("none"))).toBe("fine");
    expect(pool.threadIds).toEqual(before);
  });

  test.each<[FaultName, RegExp]>([
    ["throw in a timer", /the tool's thread has crashed: boom$/],
    ["throw undefined in a timer", /the tool's thread has crashed: undefined$/],
    ["reject unhandled", /the tool's thread has crashed: unhandled$/],
    ["exit 0", /the tool's thread has ended itself with exit code 0$/],
    ["exit 7", /the tool's thread has ended itself with exit code 7$/],
    ["objects", /more memory than the 32 MB that a pool tool may have$/],
    ["buffers", /more memory than the 32 MB that a pool tool may have$/],
  ])("%s: the thread is gone", async (name, text) => {
    const pool = startPool({ heapMb: 32 });
    expect(await result(pool, fault("none"))).toBe("fine");
    const [first] = pool.threadIds;
    const { started } = threads;
    const end = await begin(pool, fault(name)).end;
    expect(end).toMatchObject({
      result: expect.stringMatching(text),
      error: { code: "TOOL_FAILED" },
    });
    expect(pool.threadIds).toEqual([]);
    expect(threads.alive).toEqual(new Set());
    // None was started in its place.
    expect(threads.started).toBe(started);
    expect(await result(pool, fault("none"))).toBe("fine");
    expect(pool.threadIds).not.toContain(first);
  });

  test("an error that was thrown keeps its cause", async () => {
    const { error } = await begin(startPool(), fault("throw")).end;
    expect(error).toMatchObject({
      cause: { name: "RangeError", message: "boom", cause: { message: "deeper" } },
    });
  });

  test("a thread that dies of what an earlier call has left behind does no harm to the next", async () => {
    const pool = startPool();
    expect(await result(pool, fault("dies after its end"))).toBe("ended");
    const [first] = pool.threadIds;
    expect(await result(pool, fault("none"))).toBe("fine");
    expect(pool.threadIds).not.toContain(first);
  });

  test.each([
    ["throws-on-import", "TOOL_LOAD_FAILED", "not today"],
    ["nowhere", "TOOL_LOAD_FAILED", "it cannot be loaded"],
    ["exits-on-import", "TOOL_FAILED", "ended itself with exit code 3"],
  ])("a module that cannot be loaded: %s", async (fixture, code, text) => {
    const pool = startPool();
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await begin(pool, callOf(fixture, "any")).end).toMatchObject({
        result: expect.stringContaining(text),
        error: { code },
      });
    }
    expect(await result(pool, fault("none"))).toBe("fine");
  });

  test("a listener that throws has the call ended, and harms nobody else", async () => {
    const pool = startPool();
    const onProgress = () => {
      throw new RangeError("no more");
    };
    const { signal } = new AbortController();
    expect(await pool.run(fault("waits for ever"), { signal, onProgress })).toMatchObject({
      error: { code: "INTERNAL", cause: { name: "RangeError", message: "no more" } },
    });
    expect(await result(pool, fault("none"))).toBe("fine");
  });

  test("more progress than can be taken is thinned out; the last of it arrives", async () => {
    const pool = startPool();
    const much = begin(pool, fault("much progress", { count: 100_000 }));
    expect(await much.end).toEqual({ result: "done" });
    const shown = much.progress as readonly number[];
    expect(shown.at(-1)).toBe(100_000);
    expect(shown).toEqual([...new Set(shown)].sort((a, b) => a - b));
    expect(shown.length).toBeLessThan(100_000);
  });
});

describe("a call that is aborted", () => {
  test.each<FaultName>([
    "endless loop",
    "microtask loop",
    "waits for ever",
    "progress without end",
  ])("%s: rejects with the reason", async (name) => {
    const pool = startPool();
    const call = begin(pool, fault(name, { cell: new SharedArrayBuffer(4) }));
    await call.begun;
    const reason = new Error("enough");
    call.abort(reason);
    await expect(call.end).rejects.toBe(reason);
    expect(pool.threadIds).toEqual([]);
    expect(await result(pool, fault("none"))).toBe("fine");
  });

  test("rejects only when its thread is gone: it counts no further", async () => {
    const pool = startPool();
    const { call, count, hasCounted } = counting();
    const looping = begin(pool, call);
    await hasCounted(1_000);
    looping.abort("enough");
    await expect(looping.end).rejects.toBe("enough");
    const atTheEnd = count();
    expect(await result(pool, fault("none"))).toBe("fine");
    expect(count()).toBe(atTheEnd);
  });

  test("does no harm to those beside it", async () => {
    const pool = startPool({ maxThreads: 3 });
    const doomed = begin(pool, counting().call);
    const beside = counting();
    const other = begin(pool, beside.call);
    await Promise.all([doomed.begun, other.begun]);
    const before = pool.threadIds;
    doomed.abort("enough");
    await expect(doomed.end).rejects.toBe("enough");
    expect(pool.threadIds).toHaveLength(1);
    expect(before).toContain(pool.threadIds[0]);
    await beside.hasCounted(1_000);
    expect(await result(pool, fault("none"))).toBe("fine");
  });

  test("while its module is being loaded, for ever", async () => {
    const pool = startPool({ maxThreads: 2 });
    const call = begin(pool, callOf("never-loads", "any"));
    expect(await result(pool, fault("none"))).toBe("fine");
    expect(pool.threadIds).toHaveLength(2);
    call.abort("enough");
    await expect(call.end).rejects.toBe("enough");
    expect(pool.threadIds).toHaveLength(1);
  });

  test("before it has a thread: at once, and it is never carried out", async () => {
    const pool = startPool();
    const looping = begin(pool, counting().call);
    await looping.begun;
    const { call, count } = counting();
    const waiting = begin(pool, call);
    const next = begin(pool, fault("none"));
    while (pool.waiting < 2) await Promise.resolve();
    waiting.abort("enough");
    await expect(waiting.end).rejects.toBe("enough");
    expect(pool.waiting).toBe(1);
    looping.abort("you, too");
    expect(await next.end).toEqual({ result: "fine" });
    expect(count()).toBe(0);
  });

  test("before it is made: nothing is started", async () => {
    const pool = startPool();
    const signal = AbortSignal.abort("too late");
    await expect(pool.run(fault("none"), { signal, onProgress: () => {} })).rejects.toBe(
      "too late",
    );
    expect(pool.threadIds).toEqual([]);
  });
});

test("whatever calls do, each of them ends, and there are never more threads than there may be", async () => {
  const names: readonly FaultName[] = [
    ...(["none", "throw", "endless loop", "exit 7", "waits for ever"] as const),
    ...(["none", "throw in a timer", "dies after its end"] as const),
  ];
  const isEndless = (name: FaultName) => ["endless loop", "waits for ever"].includes(name);
  threads.most = 0;
  const pool = startPool({ maxThreads: 2 });
  const calls = Array.from({ length: 40 }, (_, i) => {
    const name = names[i % names.length] ?? "none";
    const call = { ...fault(name, { cell: new SharedArrayBuffer(4) }), jobId: `job ${i % 3}` };
    const underWay = begin(pool, call);
    if (isEndless(name)) void underWay.begun.then(() => underWay.abort("enough"));
    if (i % 7 === 0) setImmediate(() => underWay.abort("enough"));
    return { name, isAborted: isEndless(name) || i % 7 === 0, end: underWay.end };
  });
  for (const { name, isAborted, end } of calls) {
    const text = await end.then(({ result }) => result, String);
    if (!isAborted && name === "none") expect(text).toBe("fine");
    if (!isAborted && name === "throw") expect(text).toBe("Error: boom");
    if (isEndless(name)) expect(text).toBe("enough");
  }
  expect(threads.most).toBe(2);
  await pool.close();
  expect(threads.alive).toEqual(new Set());
});

describe("close()", () => {
  test("in the middle ends all calls, and settles when every thread is gone", async () => {
    const before = resources();
    const pool = startPool({ maxThreads: 2 });
    const { call, count } = counting();
    const calls = [begin(pool, call), begin(pool, fault("waits for ever"))];
    await Promise.all(calls.map(({ begun }) => begun));
    const waiting = begin(pool, fault("none"));
    while (pool.waiting === 0) await Promise.resolve();
    const closed = pool.close();
    await expect(waiting.end).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    await closed;
    expect(pool.threadIds).toEqual([]);
    expect(threads.alive).toEqual(new Set());
    expect(pool.waiting).toBe(0);
    const atTheEnd = count();
    for (const { end } of calls) {
      await expect(end).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    }
    expect(count()).toBe(atTheEnd);
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(resources()).toEqual(before);
  });

  test("while a thread starts leaves none behind", async () => {
    const pool = startPool();
    const call = begin(pool, fault("none"));
    while (pool.threadIds.length === 0) await Promise.resolve();
    await pool.close();
    await expect(call.end).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    expect(threads.alive).toEqual(new Set());
  });

  test("nothing is carried out afterwards, and a second close() is the same", async () => {
    const pool = startPool();
    expect(await result(pool, fault("none"))).toBe("fine");
    await Promise.all([pool.close(), pool.close()]);
    await expect(result(pool, fault("none"))).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    expect(pool.threadIds).toEqual([]);
  });

  test("of a pool that was never used starts nothing", async () => {
    const { started } = threads;
    await startPool().close();
    expect(threads.started).toBe(started);
  });
});
