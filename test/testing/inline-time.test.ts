import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { defineTool } from "../../src/actors/api.ts";
import type { ToolContext } from "../../src/index.ts";
import type { InlineRun } from "../../src/testing/api.ts";
import { runInline } from "../../src/testing/api.ts";

const HOUR_MS = 3_600_000;
const done = { text: "done" };
const responses = [{ toolCalls: [{ name: "waits" }] }, done];
const waits = (execute: (ctx: ToolContext) => unknown, more: object = {}) =>
  defineTool({
    name: "waits",
    parameters: { type: "object" },
    execute: (_, ctx) => execute(ctx),
    ...more,
  });
/** Ends after an hour, and at once when it is to stop. */
const patient = ({ signal }: ToolContext) =>
  new Promise((resolve, reject) => {
    setTimeout(resolve, HOUR_MS, "an hour later");
    signal.addEventListener("abort", () => reject(signal.reason));
  });
const deaf = () => new Promise(() => {});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What `run` has come to after `ms`; undefined: it goes on. */
async function endedWithin(ms: number, run: Promise<InlineRun>): Promise<InlineRun | undefined> {
  let ended: InlineRun | undefined;
  void run.then((value) => {
    ended = value;
  });
  await vi.advanceTimersByTimeAsync(ms);
  return ended;
}

describe("under fake timers", () => {
  test("an hour of a tool takes no time", async () => {
    const run = runInline({ tools: [waits(patient)], responses });
    expect(await endedWithin(HOUR_MS - 1, run)).toBeUndefined();
    expect(await endedWithin(1, run)).toMatchObject({
      status: "completed",
      calls: [{ end: { result: "an hour later" } }],
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ["the tool's own timeoutMs", { timeoutMs: 500 }, {}],
    ["timeouts.toolMs", {}, { toolMs: 500 }],
  ])("a tool that listens ends with %s, and the model is told", async (_, more, timeouts) => {
    const run = runInline({ tools: [waits(patient, more)], responses, timeouts });
    expect(await endedWithin(499, run)).toBeUndefined();
    expect(await endedWithin(1, run)).toMatchObject({
      status: "completed",
      calls: [
        {
          end: {
            result: expect.stringMatching(/longer than 500 ms/),
            error: { code: "TOOL_TIMEOUT" },
          },
        },
      ],
    });
  });

  test("a tool that does not listen is left to itself graceMs later", async () => {
    const run = runInline({ tools: [waits(deaf, { timeoutMs: 500 })], responses, graceMs: 100 });
    expect(await endedWithin(599, run)).toBeUndefined();
    expect(await endedWithin(1, run)).toMatchObject({
      status: "completed",
      calls: [{ end: { error: { code: "TOOL_TIMEOUT" } } }],
    });
  });

  test("`cancelled` turns true with the deadline", async () => {
    const seen: boolean[] = [];
    const tool = waits(
      (ctx) => {
        seen.push(ctx.cancelled);
        vi.advanceTimersByTime(500);
        seen.push(ctx.cancelled);
      },
      { timeoutMs: 500 },
    );
    await endedWithin(0, runInline({ tools: [tool], responses }));
    expect(seen).toEqual([false, true]);
  });

  test("a confirmation that nobody answers expires, and its signal aborts", async () => {
    const signals: AbortSignal[] = [];
    const nowMs = Date.now();
    const decide = vi.fn((_: unknown, signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<never>(() => {});
    });
    const run = runInline({
      tools: [waits(patient, { needsApproval: true })],
      responses,
      decide,
      timeouts: { confirmationMs: HOUR_MS },
    });
    expect(await endedWithin(HOUR_MS - 1, run)).toBeUndefined();
    expect(decide.mock.calls[0]?.[0]).toMatchObject({ expiresAtMs: nowMs + HOUR_MS });
    expect(await endedWithin(1, run)).toMatchObject({
      status: "completed",
      calls: [{ decision: "expired", end: { error: { code: "CONFIRMATION_EXPIRED" } } }],
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test("totalMs ends the run, and stands still while somebody decides", async () => {
    const decision = Promise.withResolvers<{ approve: true }>();
    const run = runInline({
      tools: [waits(patient, { needsApproval: true })],
      responses,
      decide: () => decision.promise,
      timeouts: { totalMs: 1_000 },
    });
    expect(await endedWithin(HOUR_MS, run)).toBeUndefined();
    decision.resolve({ approve: true });
    expect(await endedWithin(999, run)).toBeUndefined();
    expect(await endedWithin(1, run)).toMatchObject({
      status: "failed",
      error: { code: "JOB_TIMEOUT" },
      calls: [{ decision: "approved", end: { error: { code: "TOOL_INTERRUPTED" } } }],
    });
  });

  test.each([
    ["stalls", { stall: true } as const],
    ["is endless", { endless: true, text: "la" } as const],
    ["is a function that hangs", () => new Promise<never>(() => {})],
  ])("totalMs ends a model call that %s", async (_, response) => {
    const run = runInline({ responses: [response], timeouts: { totalMs: 1_000 } });
    expect(await endedWithin(999, run)).toBeUndefined();
    expect(await endedWithin(1, run)).toMatchObject({ error: { code: "JOB_TIMEOUT" } });
  });
});

describe("a run whose signal aborts", () => {
  test("is cancelled with its reason, once its tool has stopped", async () => {
    const abort = new AbortController();
    const stopped: unknown[] = [];
    const tool = waits(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await new Promise((resolve) => setTimeout(resolve, 50));
      stopped.push(signal.reason);
      throw signal.reason;
    });
    const run = runInline({ tools: [tool], responses, signal: abort.signal });
    expect(await endedWithin(0, run)).toBeUndefined();
    abort.abort("the user has left");
    expect(await endedWithin(49, run)).toBeUndefined();
    const ended = await endedWithin(1, run);
    expect(stopped).toMatchObject([{ code: "JOB_CANCELLED" }]);
    expect(ended).toMatchObject({
      status: "cancelled",
      error: { code: "JOB_CANCELLED", details: { reason: "the user has left" } },
      calls: [{ end: { error: { code: "TOOL_INTERRUPTED" } } }],
    });
  });

  test("asks nothing when it has aborted before", async () => {
    const run = runInline({ responses: [done], signal: AbortSignal.abort("no") });
    expect(await run).toMatchObject({ status: "cancelled", requests: [] });
  });

  test("no longer waits for a decision", async () => {
    const abort = new AbortController();
    const run = runInline({
      tools: [waits(patient, { needsApproval: true })],
      responses,
      decide: () => new Promise(() => {}),
      signal: abort.signal,
    });
    expect(await endedWithin(0, run)).toBeUndefined();
    abort.abort("no");
    expect(await endedWithin(0, run)).toMatchObject({
      status: "cancelled",
      calls: [{ decision: "cancelled", end: { error: { code: "JOB_CANCELLED" } } }],
    });
  });
});
