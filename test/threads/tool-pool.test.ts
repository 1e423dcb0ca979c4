import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { PoolToolCall } from "../../src/supervisor/tools/tool-pool.ts";
import { FakeClock, turn } from "../support/fake-clock.ts";
import { resources } from "../support/resources.ts";
import { begin, callOf, result, startPool, threads } from "../support/tool-pools.ts";

const computing = (toolName: string, args: unknown = {}, more: Partial<PoolToolCall> = {}) =>
  callOf("computing", toolName, args, more);

type Whereabouts = { readonly threadId: number; readonly calls: number; readonly env: object };

async function whereabouts(
  ...[pool, more]: [ReturnType<typeof startPool>, Partial<PoolToolCall>?]
) {
  return JSON.parse(await result(pool, computing("whereabouts", {}, more))) as Whereabouts;
}

describe("a call in the pool", () => {
  test("gives what the tool has returned, with arguments as its schema makes them", async () => {
    const pool = startPool();
    expect(await begin(pool, computing("add", { a: 1, b: 2 })).end).toEqual({ result: "3" });
    expect(await begin(pool, computing("shout", { text: "a" })).end).toEqual({ result: "A" });
  });

  test("is refused its arguments by the tool's schema, of either kind", async () => {
    const pool = startPool();
    expect(await begin(pool, computing("add", { a: "1", b: 2 })).end).toMatchObject({
      result: expect.stringMatching(/^Error: the arguments are not valid: a: /),
      error: { code: "TOOL_ARGUMENTS_INVALID" },
    });
    expect(await begin(pool, computing("shout")).end).toMatchObject({
      result: expect.stringContaining("text"),
      error: { code: "TOOL_ARGUMENTS_INVALID" },
    });
  });

  test("knows its context, and is never told to stop", async () => {
    const more = { context: { user: 7 }, jobId: "j", toolCallId: "j-3" };
    expect(JSON.parse(await result(startPool(), computing("context", {}, more)))).toEqual({
      ...more,
      cancelled: false,
      isAborted: false,
    });
  });

  test("is cut to its limit", async () => {
    const call = computing(
      "shout",
      { text: "abcdef" },
      { limits: { maxBytes: 4, maxMediaBytes: 0 } },
    );
    expect(await result(startPool(), call)).toBe("ABCD\n… 2 bytes more were left out");
  });

  test("shows its progress in order, before its end; what comes later is not heard", async () => {
    const pool = startPool();
    const steps = begin(pool, computing("steps", { count: 50 }));
    expect(await steps.end).toEqual({ result: "done" });
    const expected = Array.from({ length: 50 }, (_, step) => ({ step }));
    expect(steps.progress).toEqual(expected);
    // The thread has turned since.
    await result(pool, computing("add", { a: 1, b: 1 }));
    expect(steps.progress).toEqual(expected);
  });

  test.each([[{}], [{ size: 8_191 }]])(
    "is refused progress that is no plain data of 8 KiB: %j",
    async (args) => {
      const { end, progress } = begin(startPool(), computing("misreports", args));
      expect(await end).toMatchObject({
        error: { code: "INVALID_INPUT", details: { field: "progress" } },
      });
      expect(progress).toEqual([]);
    },
  );

  test("may show just 8 KiB of progress", async () => {
    const { end, progress } = begin(startPool(), computing("misreports", { size: 8_190 }));
    expect(await end).toEqual({ result: "The tool returned nothing." });
    expect(progress).toEqual(["a".repeat(8_190)]);
  });

  test("what it prints is told before its end", async () => {
    const printed: string[] = [];
    const end = await startPool().run(computing("prints"), {
      signal: new AbortController().signal,
      onProgress: () => {},
      onOutput: (stream, text) => printed.push(`${stream}: ${text}`),
    });
    expect(end).toEqual({ result: "printed" });
    expect(printed).toEqual(["stdout: to stdout\n", "stderr: to stderr\n"]);
  });

  test.each(["tell", "ask", "run", "exec"])("has no ctx.%s()", async (method) => {
    expect(await begin(startPool(), computing("reaches_out", { method })).end).toMatchObject({
      result: `Error: a pool tool has no ctx.${method}(): use runsIn: "actor"`,
      error: { code: "PERMISSION_DENIED" },
    });
  });

  test("of a tool that the module does not have is UNKNOWN_TOOL", async () => {
    expect(await begin(startPool(), computing("nosuch")).end).toMatchObject({
      error: { code: "UNKNOWN_TOOL", details: { tool: "nosuch" } },
    });
  });
});

describe("threads of the pool", () => {
  test("20 calls at once are carried out on 2 threads", async () => {
    const pool = startPool({ maxThreads: 2 });
    const before = resources();
    const calls = Array.from({ length: 20 }, () => whereabouts(pool));
    const seen = await Promise.all(calls);
    expect(new Set(seen.map(({ threadId }) => threadId)).size).toBe(2);
    expect(new Set(seen.map(({ threadId, calls }) => `${threadId} ${calls}`)).size).toBe(20);
    expect(threads.alive).toEqual(new Set(pool.threadIds));
    expect(pool.waiting).toBe(0);
    // Idle threads do not keep the process alive.
    expect(resources()).toEqual(before);
  });

  test("have an empty environment", async () => {
    expect((await whereabouts(startPool())).env).toEqual({});
  });

  test("jobs take turns, and in a job who has come first goes first", async () => {
    const pool = startPool();
    const order: string[] = [];
    const run = async (jobId: string, name: string) => {
      await result(pool, computing("whereabouts", {}, { jobId }));
      order.push(name);
    };
    const a = ["a1", "a2", "a3"].map((name) => run("a", name));
    await Promise.all([...a, run("b", "b1"), run("c", "c1")]);
    // The first had its turn before anybody else was there.
    expect(order).toEqual(["a1", "a2", "b1", "c1", "a3"]);
  });

  test("each has one module with one set of options; an idle one makes room for another", async () => {
    const pool = startPool();
    const withOptions = (options: unknown, toolName = "options") => {
      const call = computing(toolName);
      return { ...call, module: { ...call.module, options } };
    };
    expect(await result(pool, withOptions({ n: 1 }))).toBe('{"n":1}');
    const [first] = pool.threadIds;
    expect(await result(pool, withOptions({ n: 1 }))).toBe('{"n":1}');
    expect(pool.threadIds).toEqual([first]);
    expect(await result(pool, withOptions({ n: 2 }))).toBe('{"n":2}');
    expect(pool.threadIds).toHaveLength(1);
    expect(pool.threadIds).not.toEqual([first]);
    expect(await result(pool, callOf("faults", "fault", { name: "none" }))).toBe("fine");
    expect(pool.threadIds).toHaveLength(1);
  });

  test("many modules at once share the threads, and all have their turn", async () => {
    const pool = startPool({ maxThreads: 2 });
    const options = Array.from({ length: 12 }, (_, i) => i % 4);
    const results = options.map((n) => {
      const call = computing("options", {}, { jobId: `job ${n}` });
      return result(pool, { ...call, module: { ...call.module, options: n } });
    });
    expect(await Promise.all(results)).toEqual(options.map(String));
    expect(pool.threadIds.length).toBeLessThanOrEqual(2);
  });

  test("an idle thread is gone after idleMs, and the state of its module with it", async () => {
    const clock = new FakeClock();
    const pool = startPool({ clock, idleMs: 1_000 });
    const first = await whereabouts(pool);
    clock.advance(999);
    const second = await whereabouts(pool);
    expect(second).toMatchObject({ threadId: first.threadId, calls: 2 });
    clock.advance(999);
    expect(await whereabouts(pool)).toMatchObject({ calls: 3 });
    clock.advance(1_000);
    while (pool.threadIds.length > 0) await turn();
    expect(threads.alive).toEqual(new Set());
    const later = await whereabouts(pool);
    expect(later.threadId).not.toBe(first.threadId);
    expect(later.calls).toBe(1);
  });

  test("30 seconds are the default", async () => {
    const clock = new FakeClock();
    const pool = startPool({ clock });
    const { threadId } = await whereabouts(pool);
    clock.advance(29_999);
    expect(await whereabouts(pool)).toMatchObject({ threadId });
    expect(clock.nextDueMs).toBe(29_999 + 30_000);
  });

  test("an idle pool that nobody closes does not keep the process alive", async () => {
    const program = fileURLToPath(new URL("../fixtures/programs/idle-pool.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 50_000 });
    expect(stdout).toBe("3\n");
  });
});
