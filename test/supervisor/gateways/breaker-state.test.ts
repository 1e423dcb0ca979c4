import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BreakerPolicy } from "../../../src/protocol/provider.ts";
import type { BreakerState } from "../../../src/supervisor/gateways/breaker-state.ts";
import { CLOSED, entryOf, nextBreaker } from "../../../src/supervisor/gateways/breaker-state.ts";

const POLICY: BreakerPolicy = { failures: 3, withinMs: 100, pauseMs: 50 };

/** A provider's calls in a time of its own. */
class Calls {
  state: BreakerState = CLOSED;
  nowMs = 0;
  readonly #policy: BreakerPolicy;
  readonly #begunMs: number[] = [];
  /** Those that `take` has begun and not ended. */
  readonly open: number[] = [];

  constructor(policy = POLICY) {
    this.#policy = policy;
  }

  begin(): number {
    const call = this.#begunMs.push(this.nowMs) - 1;
    this.state = nextBreaker(this.state, { type: "probe", call, atMs: this.nowMs }, this.#policy);
    return call;
  }

  end(call: number, type: "answered" | "failed" | "silent"): void {
    const begunMs = this.#begunMs[call] ?? 0;
    const signal = { type, call, begunMs, atMs: this.nowMs };
    this.state = nextBreaker(this.state, signal, this.#policy);
  }

  take(step: Step): void {
    if (step.type === "pass") this.nowMs += step.ms;
    else if (step.type === "begin") this.open.push(this.begin());
    else {
      const [call] = this.open.splice(step.place % Math.max(1, this.open.length), 1);
      if (call !== undefined) this.end(call, step.type);
    }
  }

  failAtOnce(times = 1): void {
    for (let i = 0; i < times; i++) this.end(this.begin(), "failed");
  }

  get entry(): "call" | "probe" | "pass" {
    return entryOf(this.state, this.nowMs);
  }
}

describe("a closed breaker", () => {
  test("opens at the failure that is one too many", () => {
    const calls = new Calls();
    calls.failAtOnce(2);
    expect(calls.entry).toBe("call");
    calls.failAtOnce();
    expect(calls.entry).toBe("pass");
  });

  test("does not count failures that are too far apart", () => {
    const calls = new Calls();
    for (let i = 0; i < 10; i++) {
      calls.failAtOnce();
      calls.nowMs += 60;
    }
    expect(calls.entry).toBe("call");
  });

  test("begins to count again with an answer, but not with one that was begun before the failures", () => {
    const calls = new Calls();
    const long = calls.begin();
    calls.nowMs = 10;
    calls.failAtOnce(2);
    calls.end(long, "answered");
    calls.failAtOnce();
    expect(calls.entry).toBe("pass");
    const others = new Calls();
    others.failAtOnce(2);
    others.nowMs = 10;
    others.end(others.begin(), "answered");
    others.failAtOnce(2);
    expect(others.entry).toBe("call");
  });

  test("takes no notice of ends that say nothing", () => {
    const calls = new Calls();
    calls.failAtOnce(2);
    for (let i = 0; i < 10; i++) calls.end(calls.begin(), "silent");
    expect(calls.entry).toBe("call");
    calls.failAtOnce();
    expect(calls.entry).toBe("pass");
  });
});

describe("an open breaker", () => {
  /** Open since 0. */
  function opened(): Calls {
    const calls = new Calls();
    calls.failAtOnce(3);
    return calls;
  }

  test("is tried by one call after its pause, and closed by an answer to it", () => {
    const calls = opened();
    calls.nowMs = 49;
    expect(calls.entry).toBe("pass");
    calls.nowMs = 50;
    expect(calls.entry).toBe("probe");
    const probe = calls.begin();
    expect(calls.entry).toBe("pass");
    calls.end(probe, "answered");
    expect(calls.state).toBe(CLOSED);
  });

  test("pauses for twice as long after each probe that fails, up to eight times", () => {
    const calls = opened();
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const sinceMs = calls.nowMs;
      while (calls.entry === "pass") calls.nowMs += 1;
      pauses.push(calls.nowMs - sinceMs);
      calls.failAtOnce();
    }
    expect(pauses).toEqual([50, 100, 200, 400, 400, 400]);
  });

  test("leaves the probe to the next call when one ends without saying anything", () => {
    const calls = opened();
    calls.nowMs = 50;
    calls.end(calls.begin(), "silent");
    expect(calls.entry).toBe("probe");
  });

  test("does not become longer by failures of those who ask all the same, and ends by an answer to them", () => {
    const calls = opened();
    calls.nowMs = 20;
    calls.failAtOnce(5);
    expect(calls.state).toMatchObject({ type: "open", untilMs: 50 });
    calls.end(calls.begin(), "answered");
    expect(calls.state).toBe(CLOSED);
  });

  test("does not close for what was begun before it opened", () => {
    const calls = new Calls();
    const long = calls.begin();
    calls.nowMs = 10;
    calls.failAtOnce(3);
    calls.end(long, "answered");
    expect(calls.entry).toBe("pass");
  });
});

type Step =
  | { readonly type: "begin" }
  | { readonly type: "answered" | "failed" | "silent"; readonly place: number }
  | { readonly type: "pass"; readonly ms: number };

type Look = (
  calls: Calls,
  at: {
    readonly step: Step;
    readonly before: BreakerState;
    readonly entry: "call" | "probe" | "pass";
  },
) => void;

describe("any calls, in any order", () => {
  const anyStep: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ type: fc.constant("begin" as const) }),
    fc.record({
      type: fc.constantFrom("answered" as const, "failed" as const, "silent" as const),
      place: fc.nat({ max: 9 }),
    }),
    fc.record({ type: fc.constant("pass" as const), ms: fc.nat({ max: 120 }) }),
  );
  const anyPolicy = fc.record({
    failures: fc.integer({ min: 1, max: 4 }),
    withinMs: fc.integer({ min: 1, max: 200 }),
    pauseMs: fc.integer({ min: 1, max: 100 }),
  });

  /** Plays the steps and calls `look` after each, with the state before it. */
  function play(policy: BreakerPolicy, steps: readonly Step[], look: Look = () => {}): Calls {
    const calls = new Calls(policy);
    for (const step of steps) {
      const before = calls.state;
      const entry = calls.entry;
      calls.take(step);
      look(calls, { step, before, entry });
    }
    return calls;
  }

  function forAny(run: (policy: BreakerPolicy, steps: readonly Step[]) => void): void {
    fc.assert(fc.property(anyPolicy, fc.array(anyStep, { maxLength: 60 }), run), { numRuns: 300 });
  }

  test("a call is the probe only if it was its turn, and there is none without its call", () => {
    forAny((policy, steps) => {
      play(policy, steps, ({ state, open }, { step, entry }) => {
        const probe = state.type === "probed" ? state.probe : undefined;
        if (step.type === "begin") expect(probe === open.at(-1)).toBe(entry === "probe");
        if (probe !== undefined) expect(open).toContain(probe);
      });
    });
  });

  test("only a failure opens it, and then not for longer than eight pauses", () => {
    forAny((policy, steps) => {
      play(policy, steps, ({ state, nowMs }, { step, before }) => {
        if (before.type === "closed" && state.type === "open") expect(step.type).toBe("failed");
        if (state.type === "open") {
          expect(state.untilMs - nowMs).toBeLessThanOrEqual(8 * policy.pauseMs);
        }
      });
    });
  });

  test("only an answer to what was begun since then closes it", () => {
    forAny((policy, steps) => {
      play(policy, steps, ({ state }, { step, before }) => {
        if (before.type !== "closed" && state.type === "closed") {
          expect(step.type).toBe("answered");
        }
      });
    });
  });

  test("with no more failures the provider is asked again", () => {
    forAny((policy, steps) => {
      const calls = play(policy, steps);
      calls.nowMs += 8 * policy.pauseMs;
      for (const call of calls.open.splice(0)) calls.end(call, "silent");
      calls.end(calls.begin(), "answered");
      expect(calls.entry).toBe("call");
    });
  });
});
