import { describe, expect, test } from "vitest";
import type { Bound, Figures } from "../../bench/harness.ts";
import { atLeast, atMost, percentile, plus, times, value } from "../../bench/harness.ts";
import { rowsOf } from "../../bench/report/rows.ts";
import { verdictsOf } from "../../bench/report/verdicts.ts";

const FIGURE = "p99 ms";

const ROWS = rowsOf(
  new Map<string, readonly Figures[]>([
    ["base", [{ [FIGURE]: 30 }, { [FIGURE]: 10 }, { [FIGURE]: 20 }]],
    ["ours", [{ [FIGURE]: 50 }, { [FIGURE]: 50 }, { [FIGURE]: 1 }]],
    ["other", [{ "MB/worker": 5 }]],
  ]),
  "base",
);

describe("percentile()", () => {
  test("sorts by number, not by digits", () => {
    expect(percentile([100, 9, 20], 50)).toBe(20);
    expect(percentile([100, 9, 20], 99)).toBe(100);
  });
});

describe("rowsOf()", () => {
  test("gives the median of the rounds, their bounds, and the ratio to the baseline's median", () => {
    expect(ROWS[1]?.figures[FIGURE]).toEqual({ median: 50, min: 1, max: 50, ratio: 2.5 });
  });

  test("a figure that the baseline lacks has no ratio", () => {
    expect(ROWS[2]?.figures["MB/worker"]?.ratio).toBeUndefined();
  });
});

describe("verdictsOf()", () => {
  test.each<[string, Bound, number, boolean]>([
    ["≤ 50", atMost(value(50)), 50, true],
    ["≤ 49", atMost(value(49)), 49, false],
    ["≥ 50", atLeast(value(50)), 50, true],
    ["≥ 51", atLeast(value(51)), 51, false],
    ["≤ 2.5 x base", atMost(times(2.5, "base")), 50, true],
    ["≤ 2 x base", atMost(times(2, "base")), 40, false],
    ["≤ base + 30", atMost(plus(30, "base")), 50, true],
    ["≤ 2 x base or base + 30", atMost(times(2, "base"), plus(30, "base")), 50, true],
    ["≥ 5 x base or 50", atLeast(times(5, "base"), value(50)), 50, true],
  ])("%s", (asked, bound, limit, isMet) => {
    const [verdict] = verdictsOf([{ figure: FIGURE, contestant: "ours", bound }], ROWS);
    expect(verdict).toEqual({
      figure: FIGURE,
      contestant: "ours",
      asked,
      measured: 50,
      limit,
      isMet,
    });
  });

  test("says a part of one as a fraction", () => {
    const bound = atLeast(times(1 / 3, "base"));
    const [verdict] = verdictsOf([{ figure: FIGURE, contestant: "ours", bound }], ROWS);
    expect(verdict?.asked).toBe("≥ 1/3 x base");
  });

  test.each([
    ["the contestant", "gone", atMost(times(100, "base"))],
    ["what it is compared with", "ours", atMost(times(100, "gone"))],
  ])("is not met when %s was not measured", (_, contestant, bound) => {
    const [verdict] = verdictsOf([{ figure: FIGURE, contestant, bound }], ROWS);
    expect(verdict?.isMet).toBe(false);
  });
});
