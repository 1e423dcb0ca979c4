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

/** How long each of `count` requests, accepted at once, makes the next one wait, rounded. */
function gaps(nowMs: number, count: number): number[] {
  const found: number[] = [];
  for (let atMs = nowMs; found.length < count; atMs = it.nextAtMs(atMs)) {
    it.answered(sent(atMs));
    found.push(Math.round(it.nextAtMs(atMs) - atMs));
  }
  return found;
}

describe("BackOff", () => {
  test("without a refusal nothing waits", () => {
    expect(burst(0)).toBe(1_000);
    expect(it.untilMs(0)).toBeUndefined();
  });

  test("nothing is sent for as long as was asked; the longest wish counts", () => {
    it.refused(0, {}, 5_000, 0);
    it.refused(10, {}, 1_000, 0);
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
    it.refused(0, {}, waitMs, 1);
    expect([it.untilMs(0), it.askedMs(0)]).toEqual([expected, waitMs]);
  });

  test("a server that asks for longer than an hour is asked again after one", () => {
    it.refused(0, {}, Number.POSITIVE_INFINITY, 0);
    expect(it.untilMs(0)).toBe(3_600_000);
  });

  test("then one is sent; each that is accepted makes room for one more beside it", () => {
    it.refused(0, {}, 100, 0);
    expect(burst(100)).toBe(1);
    expect(it.nextAtMs(100)).toBe(1_100);
    expect([burst(1_100), burst(2_100), burst(3_100)]).toEqual([2, 4, 8]);
  });

  test("what ends makes room at once, and only once", () => {
    it.refused(0, {}, 100, 0);
    const first = sent(100);
    it.answered(first);
    it.answered(first);
    expect(burst(110)).toBe(2);
  });

  test("those sent together do not count as accepted together", () => {
    it.refused(0, {}, 100, 0);
    it.answered(sent(100));
    sent(100, 0.1);
    sent(100, 0.9);
    expect([it.nextAtMs(100), burst(700), it.nextAtMs(700)]).toEqual([700, 2, 1_500]);
  });

  test("a refusal of what was sent before only makes the pause longer", () => {
    it.refused(0, {}, 100, 0);
    const first = sent(100);
    it.refused(150, {}, 100, 0);
    expect(it.nextAtMs(150)).toBe(250);
    it.answered(first);
    expect(burst(250)).toBe(2);
  });

  test("a refusal of what was sent since leaves gaps: a quarter longer than what the provider has taken", () => {
    it.refused(0, {}, 1_000, 0);
    for (let i = 0; i < 4; i++) it.answered(sent(1_000));
    it.refused(1_200, sent(1_000), 800, 0);
    // Four in 1,200 ms.
    expect(gaps(2_000, 3)).toEqual([375, 365, 356]);
  });

  test("chance makes gaps longer or shorter by half", () => {
    it.refused(0, {}, 1_000, 0);
    it.refused(1_000, sent(1_000), 1_000, 0);
    it.answered(sent(2_000, 0));
    expect(it.nextAtMs(2_000)).toBe(2_625);
    it.answered(sent(2_625, 1));
    expect(it.nextAtMs(2_625) - 2_625).toBeCloseTo(1.5 * 1_250 * 2 ** -0.0625);
  });

  test("gaps become half as long in 10 s, and longer with the next refusal, whatever it says", () => {
    it.refused(0, {}, 1_000, 0);
    it.refused(1_000, sent(1_000), 1_000, 0);
    expect(gaps(12_000, 1)).toEqual([625]);
    it.refused(12_700, sent(12_700), 100, 0);
    const [gap] = gaps(12_800, 1) as [number];
    expect(gap).toBeGreaterThan(700);
    it.refused(12_900, sent(12_900), 100, 0);
    expect(gaps(13_000, 1)[0]).toBeGreaterThan(gap);
  });

  test("a gap is a minute at most, also after a pause of an hour", () => {
    it.refused(0, {}, 3_600_000, 0);
    it.refused(3_600_000, sent(3_600_000), 0, 0);
    expect(gaps(3_600_000, 1)).toEqual([60_000]);
  });

  test("it is over when nobody waits and all is answered, not before", () => {
    it.refused(0, {}, 100, 0);
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
        it.refused(0, {}, 0, 0);
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
