import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JobLifecycle, JobSignal, Stop } from "../../../src/supervisor/jobs/job-lifecycle.ts";
import {
  endingOf,
  jobStateOf,
  nextLifecycle,
  QUEUED,
} from "../../../src/supervisor/jobs/job-lifecycle.ts";

const error = { code: "INTERNAL", message: "the actor's" } as const;
const timeout = { code: "JOB_TIMEOUT", message: "late" } as const;
const stuck = { code: "THREAD_STUCK", message: "stuck" } as const;

const begin: JobSignal = { type: "begin" };
const cancel: JobSignal = { type: "stop", stop: { type: "cancel", reason: "user" } };
const fail: JobSignal = { type: "stop", stop: { type: "fail", error: timeout } };
const done: JobSignal = { type: "actor-ended", error: undefined };
const crash: JobSignal = { type: "actor-ended", error };
const open: JobSignal = { type: "call-opened" };
const close: JobSignal = { type: "call-ended" };
const adopt: JobSignal = { type: "child-opened" };
const childEnds: JobSignal = { type: "child-ended" };
const writeOff: JobSignal = { type: "written-off", error: stuck };

const lifeOf = (...signals: readonly JobSignal[]): JobLifecycle =>
  signals.reduce(nextLifecycle, QUEUED);

describe("nextLifecycle()", () => {
  const completed = { status: "completed" };
  const cancelled = { status: "cancelled", reason: "user" };
  const failed = (why: object) => ({ status: "failed", error: why });
  const verdicts: readonly (readonly [string, readonly JobSignal[], object | undefined])[] = [
    ["a queued job that is cancelled settles at once", [cancel], cancelled],
    ["a queued job that fails settles at once", [fail], failed(timeout)],
    ["a job whose actor is done completes", [begin, done], completed],
    ["a job whose actor throws fails with that", [begin, crash], failed(error)],
    ["a cancelled job does not settle before its actor", [begin, cancel], undefined],
    ["a cancelled job is cancelled, also if its actor completes", [begin, cancel, done], cancelled],
    ["a cancelled job is cancelled, also if its actor throws", [begin, cancel, crash], cancelled],
    ["a job that was told to fail fails with that", [begin, fail, crash], failed(timeout)],
    ["the first reason to stop wins: cancel", [begin, cancel, fail, done], cancelled],
    ["the first reason to stop wins: failure", [begin, fail, cancel, done], failed(timeout)],
    ["a job with an open call does not settle", [begin, open, done], undefined],
    ["a job settles when its last call ends", [begin, open, open, close, done, close], completed],
    [
      "a job cancelled after its actor was done is cancelled",
      [begin, open, done, cancel, close],
      cancelled,
    ],
    ["the actor's first end counts", [begin, open, crash, done, close], failed(error)],
    [
      "a written-off job fails once its call has ended, also if it was cancelled",
      [begin, open, cancel, writeOff, close],
      failed(stuck),
    ],
    ["a written-off job waits for its call", [begin, open, cancel, writeOff], undefined],
    ["a job whose actor is done waits for its children", [begin, adopt, done], undefined],
    [
      "a job completes when its last child has ended",
      [begin, adopt, adopt, childEnds, done, childEnds],
      completed,
    ],
    ["a cancelled job waits for its children", [begin, adopt, cancel, done], undefined],
    ["and is cancelled then", [begin, adopt, cancel, done, childEnds], cancelled],
    [
      "a job that is cancelled while it waits for its children is cancelled",
      [begin, adopt, done, cancel, childEnds],
      cancelled,
    ],
    ["a queued job that is cancelled waits for its children", [adopt, cancel], undefined],
    ["and settles with them, without an actor", [adopt, cancel, childEnds], cancelled],
    ["a thread that comes meanwhile changes nothing", [adopt, cancel, begin, childEnds], cancelled],
    ["a queued job with children begins", [adopt, begin, childEnds, done], completed],
    ["a written-off job waits for its children", [begin, adopt, cancel, writeOff], undefined],
    [
      "a job that was stopped while it waited is not revived by its thread",
      [cancel, begin, done],
      cancelled,
    ],
  ];
  test.each(verdicts)("%s", (_, signals, verdict) => {
    expect(lifeOf(...signals).verdict).toEqual(verdict);
  });

  const anyStop = fc.oneof(
    fc.string({ maxLength: 3 }).map((reason): Stop => ({ type: "cancel", reason })),
    fc
      .string({ maxLength: 3 })
      .map((message): Stop => ({ type: "fail", error: { code: "INTERNAL", message } })),
  );
  const anySignal: fc.Arbitrary<JobSignal> = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(begin, open, close, open, close) },
    { weight: 3, arbitrary: fc.constantFrom(adopt, childEnds) },
    { weight: 2, arbitrary: fc.constantFrom(done, crash) },
    { weight: 1, arbitrary: fc.constant(writeOff) },
    { weight: 1, arbitrary: anyStop.map((stop): JobSignal => ({ type: "stop", stop })) },
  );

  const STEPS: { readonly [type in JobSignal["type"]]?: readonly ["call" | "child", number] } = {
    "call-opened": ["call", 1],
    "call-ended": ["call", -1],
    "child-opened": ["child", 1],
    "child-ended": ["child", -1],
  };

  /** A call, or a child, that was never opened does not end. */
  function asTheyCanCome(signals: readonly JobSignal[]): JobSignal[] {
    const open = { call: 0, child: 0 };
    return signals.filter(({ type }) => {
      const [what, by] = STEPS[type] ?? ["call", 0];
      if (open[what] + by < 0) return false;
      open[what] += by;
      return true;
    });
  }

  /** All lives that `signals` lead through, and then the end of everything that is open. */
  function livesOf(signals: readonly JobSignal[]): JobLifecycle[] {
    const lives = [QUEUED];
    const feed = (signal: JobSignal) => lives.push(nextLifecycle(lives.at(-1) ?? QUEUED, signal));
    for (const signal of signals) feed(signal);
    feed(begin);
    while ((lives.at(-1)?.openCalls ?? 0) > 0 && !lives.at(-1)?.verdict) feed(close);
    while ((lives.at(-1)?.openChildren ?? 0) > 0 && !lives.at(-1)?.verdict) feed(childEnds);
    feed(done);
    return lives;
  }

  test("any signals lead to exactly one verdict, and nothing changes it", () => {
    fc.assert(
      fc.property(fc.array(anySignal, { maxLength: 25 }).map(asTheyCanCome), (signals) => {
        const lives = livesOf(signals);
        const settled = lives.filter((life) => life.verdict);
        expect(settled.length).toBeGreaterThan(0);
        expect(new Set(settled).size).toBe(1);
        for (const life of lives) {
          expect(life.phase === "settled").toBe(life.verdict !== undefined);
          expect(life.openCalls).toBeGreaterThanOrEqual(0);
          expect(life.openChildren).toBeGreaterThanOrEqual(0);
          if (life.verdict) expect(life.openChildren).toBe(0);
        }
      }),
    );
  });

  test("a job that has begun settles only when its actor has ended and no call is open", () => {
    fc.assert(
      fc.property(fc.array(anySignal, { maxLength: 25 }).map(asTheyCanCome), (signals) => {
        const life = lifeOf(begin, ...signals);
        if (!life.verdict || signals.includes(writeOff)) return;
        expect([life.actor !== undefined, life.openCalls]).toEqual([true, 0]);
      }),
    );
  });

  test("the children are to end from the first moment on from which the job can only end", () => {
    fc.assert(
      fc.property(fc.array(anySignal, { maxLength: 25 }).map(asTheyCanCome), (signals) => {
        const lives = livesOf(signals);
        const endings = lives.map(endingOf);
        const first = endings.findIndex((ending) => ending !== undefined);
        expect(first).toBeGreaterThan(0);
        expect(endings.slice(first)).not.toContain(undefined);
        const { stop, actor } = lives[first] as JobLifecycle;
        expect(stop !== undefined || actor !== undefined).toBe(true);
        for (const { stop: early, actor: over } of lives.slice(0, first)) {
          expect([early, over]).toEqual([undefined, undefined]);
        }
      }),
    );
  });

  test("the first stop is the verdict, unless the thread was written off", () => {
    fc.assert(
      fc.property(fc.array(anySignal, { maxLength: 25 }).map(asTheyCanCome), (signals) => {
        const { stop, verdict } = livesOf(signals).at(-1) as JobLifecycle;
        const first = signals.find((signal) => signal.type === "stop");
        if (!stop) return;
        expect(stop).toBe(first?.stop);
        if (verdict?.status === "failed" && verdict.error === stuck) return;
        expect(verdict).toEqual(
          stop.type === "cancel"
            ? { status: "cancelled", reason: stop.reason }
            : { status: "failed", error: stop.error },
        );
      }),
    );
  });
});

describe("jobStateOf()", () => {
  const states: readonly (readonly [string, readonly JobSignal[]])[] = [
    ["queued", []],
    ["running", [begin]],
    ["cancelling", [begin, cancel]],
    ["cancelling", [begin, fail]],
    ["completed", [begin, done]],
    ["cancelled", [cancel]],
    ["failed", [begin, crash]],
    ["cancelling", [adopt, cancel]],
    ["running", [begin, adopt, done]],
  ];
  test.each(states)("is %s after %j", (state, signals) => {
    expect(jobStateOf(lifeOf(...signals))).toBe(state);
  });
});

describe("endingOf()", () => {
  test.each<[string | undefined, readonly JobSignal[]]>([
    [undefined, []],
    [undefined, [begin, open, close]],
    ["was cancelled: user", [cancel]],
    ["failed: late", [begin, fail]],
    ["failed: the actor's", [begin, crash]],
    ["failed: stuck", [begin, writeOff]],
    ["has completed", [begin, done]],
    ["was cancelled: user", [begin, adopt, done, cancel]],
  ])("is %j after %j", (ending, signals) => {
    expect(endingOf(lifeOf(...signals))).toBe(ending);
  });
});
