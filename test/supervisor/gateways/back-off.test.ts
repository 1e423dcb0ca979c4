import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { BackOff } from "../../../src/supervisor/gateways/back-off.ts";

let it: BackOff;

beforeEach(() => {
  it = new BackOff();
});

/** A request that is sent at `nowMs`. */
function sent(nowMs: number, chance = 0.5): object {
  const request = {};
  it.sent(nowMs, request, chance);
  return request;
}

/** How many can be sent at `nowMs`. */
function burst(nowMs: number): number {
  let count = 0;
  for (; count < 1_000 && it.nextAtMs(nowMs) <= nowMs; count++) sent(nowMs);
  return count;
}

describe("BackOff", () => {
  test("without a refusal nothing waits", () => {
    expect(burst(0)).toBe(1_000);
    expect(it.untilMs(0)).toBeUndefined();
  });

  test("nothing is sent for as long as was asked; the longest wish counts", () => {
    it.begin(0, 5_000, 0);
    it.begin(10, 1_000, 0);
    expect([it.nextAtMs(20), it.untilMs(20), it.askedMs(20)]).toEqual([5_000, 5_000, 4_980]);
    expect([it.nextAtMs(5_000), it.untilMs(5_000), it.askedMs(6_000)]).toEqual([
      5_000,
      undefined,
      0,
    ]);
  });

  test.each([
    [400, 500],
    [4_000, 5_000],
    [60_000, 61_000],
  ])("chance adds a quarter or a second at most: %d ms end by %d ms", (waitMs, expected) => {
    it.begin(0, waitMs, 1);
    expect([it.untilMs(0), it.askedMs(0)]).toEqual([expected, waitMs]);
  });

  test("a server that asks for longer than an hour is asked again after one", () => {
    it.begin(0, Number.POSITIVE_INFINITY, 0);
    expect(it.untilMs(0)).toBe(3_600_000);
  });

  test("then one is sent; each that is accepted makes room for one more beside it", () => {
    it.begin(0, 100, 0);
    expect(burst(100)).toBe(1);
    expect(it.nextAtMs(100)).toBe(1_100);
    expect([burst(1_100), burst(2_100), burst(3_100)]).toEqual([2, 4, 8]);
  });

  test("what ends makes room at once, and only once", () => {
    it.begin(0, 100, 0);
    const first = sent(100);
    it.answered(first);
    it.answered(first);
    expect(burst(110)).toBe(2);
  });

  test("those sent together do not count as accepted together", () => {
    it.begin(0, 100, 0);
    it.answered(sent(100));
    sent(100, 0.1);
    sent(100, 0.9);
    expect([it.nextAtMs(100), burst(700), it.nextAtMs(700)]).toEqual([700, 2, 1_500]);
  });

  test("another refusal begins it anew", () => {
    it.begin(0, 100, 0);
    it.answered(sent(100));
    expect(burst(200)).toBe(2);
    it.begin(300, 100, 0);
    expect([it.nextAtMs(300), burst(400)]).toEqual([400, 1]);
  });

  test("it is over when nobody waits and all is answered, not before", () => {
    it.begin(0, 100, 0);
    it.rest(50);
    const first = sent(100);
    it.rest(150);
    expect(burst(150)).toBe(0);
    it.answered(first);
    it.rest(160);
    expect(burst(160)).toBe(1_000);
  });

  test("nobody starves: as long as nothing is refused, the wait for the next is never longer than 1.5 s", () => {
    const anyStep = fc.record({
      afterMs: fc.nat({ max: 2_000 }),
      chance: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(anyStep), (steps) => {
        it = new BackOff();
        it.begin(0, 0, 0);
        let nowMs = 0;
        for (const { afterMs, chance } of steps) {
          nowMs += afterMs;
          const atMs = it.nextAtMs(nowMs);
          expect(atMs).toBeLessThanOrEqual(nowMs + 1_500);
          nowMs = Math.max(nowMs, atMs);
          sent(nowMs, chance);
        }
      }),
    );
  });
});
