import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeddleError } from "../../src/errors.ts";
import type { ErrorDetails } from "../../src/protocol/error.ts";
import { decideRetry } from "../../src/providers/retry.ts";

const policy = { maxRetries: 2, initialDelayMs: 500, maxDelayMs: 60_000 };

function decide(
  details: ErrorDetails,
  more: { delivered?: boolean; retriesDone?: number; random?: number } = {},
) {
  const { delivered = false, retriesDone = 0, random = 0 } = more;
  const error = new HeddleError("PROVIDER_UNAVAILABLE", "x", { details });
  return decideRetry(policy, { error, delivered, retriesDone }, random);
}

const no = { retry: false };
const retryIn = (delayMs: number) => ({ retry: true, delayMs });

describe("decideRetry()", () => {
  const passing = { retryable: true };
  const table = [
    ["a passing failure is made again", decide(passing), retryIn(500)],
    ["a failure that is not marked is not", decide({}), no],
    ["a failure marked as lasting is not", decide({ retryable: false }), no],
    ["a mark that is no boolean is none", decide({ retryable: "true" }), no],
    [
      "nothing is made again once something was delivered",
      decide(passing, { delivered: true }),
      no,
    ],
    ["the last retry is still made", decide(passing, { retriesDone: 1 }), retryIn(1_000)],
    ["there are no more than maxRetries", decide(passing, { retriesDone: 2 }), no],
    ["jitter takes off a quarter at most", decide(passing, { random: 1 }), retryIn(375)],
    ["the server's own wish counts", decide({ ...passing, retryAfterMs: 7_000 }), retryIn(7_000)],
    [
      "jitter leaves the server's wish alone",
      decide({ ...passing, retryAfterMs: 7_000 }, { random: 1 }),
      retryIn(7_000),
    ],
    ["the longest wish is granted", decide({ ...passing, retryAfterMs: 60_000 }), retryIn(60_000)],
    [
      "a longer wish ends it: asking sooner would be refused",
      decide({ ...passing, retryAfterMs: 60_001 }),
      no,
    ],
    ["a wish of 0 is no hot loop", decide({ ...passing, retryAfterMs: 0 }), retryIn(50)],
    ["a wish in the past is no hot loop", decide({ ...passing, retryAfterMs: -5 }), retryIn(50)],
    ["a wish that is no number ends it", decide({ ...passing, retryAfterMs: Number.NaN }), no],
    ["an endless wish ends it", decide({ ...passing, retryAfterMs: Number.POSITIVE_INFINITY }), no],
    ["a wish that is a text is none", decide({ ...passing, retryAfterMs: "9" }), retryIn(500)],
    ["a wish does not make a lasting failure a passing one", decide({ retryAfterMs: 100 }), no],
  ] as const;
  test.each(table)("%s", (_, decision, expected) => {
    expect(decision).toEqual(expected);
  });

  test("the delay doubles up to its limit, and is never below 50 ms", () => {
    const error = new HeddleError("PROVIDER_UNAVAILABLE", "x", { details: passing });
    const anyPolicy = fc.record({
      maxRetries: fc.integer({ min: 0, max: 10 }),
      initialDelayMs: fc.integer({ min: 50, max: 600_000 }),
      maxDelayMs: fc.integer({ min: 50, max: 600_000 }),
    });
    const anyRandom = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyPolicy, fc.nat({ max: 12 }), anyRandom, (given, retriesDone, random) => {
        const decision = decideRetry(given, { error, delivered: false, retriesDone }, random);
        expect(decision.retry).toBe(retriesDone < given.maxRetries);
        if (!decision.retry) return;
        const whole = Math.min(given.maxDelayMs, given.initialDelayMs * 2 ** retriesDone);
        expect(decision.delayMs).toBeLessThanOrEqual(whole);
        expect(decision.delayMs).toBeGreaterThanOrEqual(Math.max(50, whole * 0.75));
      }),
    );
  });
});
