import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  EndReason,
  RestartOptions,
  RestartPolicy,
} from "../../../src/supervisor/threads/restart-policy.ts";
import {
  checkRestart,
  decideRestart,
  restartPolicy,
} from "../../../src/supervisor/threads/restart-policy.ts";

const policy = restartPolicy(undefined, undefined);

const decide = (
  more: Partial<RestartPolicy>,
  reason: EndReason,
  restartsMs: number[] = [],
  random = 0,
) => decideRestart({ ...policy, ...more }, reason, restartsMs, 100_000, random);

const restart = (delayMs: number, attempt = 1) => ({ type: "restart", delayMs, attempt });

describe("decideRestart()", () => {
  const giveUp = { type: "give-up" };
  test.each([
    ["never", "normal", giveUp],
    ["never", "failure", giveUp],
    ["on-failure", "normal", giveUp],
    ["on-failure", "failure", restart(200)],
    ["always", "normal", restart(200)],
    ["always", "failure", restart(200)],
  ] as const)("%s, after a %s end: %o", (name, reason, expected) => {
    expect(decide({ policy: name }, reason)).toEqual(expected);
  });

  test("the pause doubles with each restart within the time, up to its limit", () => {
    const pauses = [0, 1, 2, 3, 4].map((count) =>
      decide({ maxRestarts: 9, maxMs: 1_000 }, "failure", Array(count).fill(99_000)),
    );
    expect(pauses).toEqual([200, 400, 800, 1_000, 1_000].map((ms, i) => restart(ms, i + 1)));
  });

  test("jitter takes off a quarter at most", () => {
    expect(decide({}, "failure", [], 1)).toEqual(restart(150));
  });

  test("one restart more than allowed within the time is over the limit", () => {
    const recent = [40_001, 70_000, 99_999];
    expect(decide({}, "failure", recent)).toEqual({ type: "over-limit" });
    expect(decide({}, "failure", recent.slice(1))).toMatchObject({ type: "restart" });
  });

  test("restarts that are longer ago do not count", () => {
    expect(decide({}, "failure", [1, 2, 3, 40_000])).toEqual(restart(200));
  });

  test("with no restart allowed the first failure is over the limit", () => {
    expect(decide({ maxRestarts: 0 }, "failure")).toEqual({ type: "over-limit" });
  });

  test("what the policy refuses is no matter of the limit", () => {
    expect(decide({ policy: "never", maxRestarts: 0 }, "failure")).toEqual(giveUp);
  });

  test("whatever fails how often: never more than maxRestarts within any stretch of withinMs", () => {
    const anyPauses = fc.array(fc.nat({ max: 2_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(anyPauses, fc.nat({ max: 5 }), (pauses, maxRestarts) => {
        const given = { ...policy, maxRestarts, withinMs: 3_000 };
        const restarts: number[] = [];
        let nowMs = 0;
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          const decision = decideRestart(given, "failure", restarts, nowMs, 0);
          if (decision.type === "restart") restarts.push(nowMs);
        }
        for (const startMs of restarts) {
          const within = restarts.filter((atMs) => atMs >= startMs && atMs < startMs + 3_000);
          expect(within.length).toBeLessThanOrEqual(maxRestarts);
        }
      }),
    );
  });
});

describe("restartPolicy()", () => {
  test("fills in what is left out", () => {
    expect(policy).toEqual({
      policy: "on-failure",
      maxRestarts: 3,
      withinMs: 60_000,
      initialMs: 200,
      maxMs: 10_000,
    });
  });

  test("lays the options over the defaults, field by field; undefined is left out", () => {
    const defaults: RestartOptions = { maxRestarts: 7, backoff: { initialMs: 1, maxMs: 2 } };
    const options = { policy: "always", maxRestarts: undefined, backoff: { maxMs: 9 } };
    expect(restartPolicy(defaults, options as object)).toEqual({
      policy: "always",
      maxRestarts: 7,
      withinMs: 60_000,
      initialMs: 1,
      maxMs: 9,
    });
  });
});

describe("checkRestart()", () => {
  test.each([
    undefined,
    {},
    { policy: "never", maxRestarts: 0, withinMs: 1, backoff: { initialMs: 1, maxMs: 1 } },
  ])("takes %j", (given) => {
    expect(() => checkRestart("restart", given as RestartOptions)).not.toThrow();
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["restart", null],
    ["restart", "always"],
    ["restart.max", { max: 3 }],
    ["restart.policy", { policy: "sometimes" }],
    ["restart.maxRestarts", { maxRestarts: -1 }],
    ["restart.maxRestarts", { maxRestarts: 1_001 }],
    ["restart.maxRestarts", { maxRestarts: 0.5 }],
    ["restart.withinMs", { withinMs: 0 }],
    ["restart.withinMs", { withinMs: 86_400_001 }],
    ["restart.backoff", { backoff: 5 }],
    ["restart.backoff.ms", { backoff: { ms: 5 } }],
    ["restart.backoff.initialMs", { backoff: { initialMs: 0 } }],
    ["restart.backoff.maxMs", { backoff: { maxMs: "5" } }],
  ];
  test.each(bad)("refuses %s in %j, and names it", (field, given) => {
    expect(() => checkRestart("restart", given as RestartOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
  });
});
