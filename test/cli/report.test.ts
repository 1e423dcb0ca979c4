import { describe, expect, test } from "vitest";
import { duration, table, tableHeight } from "../../src/cli/report.ts";
import type { ResultLine } from "../../src/cli/result-line.ts";
import { isAllCompleted, Tally } from "../../src/cli/tally.ts";
import { colorsFor, cutToWidth, padToWidth, printable } from "../../src/cli/terminal.ts";

const plain = colorsFor({ isTerminal: true }, { NO_COLOR: "1" });
const colored = colorsFor({ isTerminal: true }, {});

const line = (id: string, more: Partial<ResultLine> = {}): ResultLine => ({
  id,
  status: "completed",
  provider: "scripted",
  model: "scripted",
  text: "It is\nblue.",
  usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  error: null,
  firstChunkMs: 1,
  durationMs: 2,
  ...more,
});

/** Twenty started, the last of them failed and the one before it completed. */
function busyTally(): Tally {
  const tally = new Tally(0);
  for (let i = 1; i <= 20; i += 1) {
    tally.started(`job-${i}`, i * 100);
    tally.state(`job-${i}`, "working");
  }
  tally.ended(line("job-19"), 3_900);
  const error = { code: "PROVIDER_RATE_LIMITED", message: "slow down" };
  tally.ended(line("job-20", { status: "failed", text: "", error }), 4_000);
  tally.count("skipped");
  tally.count("bad");
  return tally;
}

const draw = (tally: Tally, width: number, height: number): string[] =>
  table(tally.snapshot(4_000), {
    title: "heddle: openai m, results in o",
    width,
    height,
    colors: plain,
  });

describe("table()", () => {
  test("shows totals, rate, and the workers started last", () => {
    expect(draw(busyTally(), 79, 8)).toEqual([
      "heddle: openai m, results in o",
      "2 done, 0.5 jobs/s, 4.0 s",
      "1 completed, 1 failed, 18 running, 1 skipped, 1 bad line",
      "",
      "working      2.3 s  job-17",
      "working      2.2 s  job-18",
      "completed    2.0 s  job-19                    It is blue.",
      "failed       2.0 s  job-20                    PROVIDER_RATE_LIMITED slow down",
    ]);
  });

  test("says of how many once the input has ended", () => {
    const tally = busyTally();
    tally.inputEnded = true;
    expect(draw(tally, 79, 8)[1]).toBe("2 of 20 done, 0.5 jobs/s, 4.0 s");
  });

  test.each([1, 10, 20, 29, 30, 31, 40, 79, 200])(
    "at width %i it always has the same height, and no wider line",
    (width) => {
      for (const height of [3, 4, 5, 12]) {
        const lines = [draw(new Tally(0), width, height), draw(busyTally(), width, height)];
        expect(lines.map((each) => each.length)).toEqual([height, height]);
        expect(Math.max(...lines.flat().map((each) => each.length))).toBeLessThanOrEqual(width);
      }
    },
  );

  test("has colours, unless NO_COLOR is set or nobody sees them", () => {
    const options = { title: "t", width: 79, height: 12 };
    const snapshot = busyTally().snapshot(4_000);
    expect(table(snapshot, { ...options, colors: colored }).join()).toContain("\u001b[");
    expect(table(snapshot, { ...options, colors: plain }).join()).not.toContain("\u001b");
    for (const env of [{ TERM: "dumb" }, { NO_COLOR: "1" }]) {
      expect(colorsFor({ isTerminal: true }, env).red("x")).toBe("x");
    }
    expect(colorsFor({ isTerminal: false }, {}).red("x")).toBe("x");
    expect(colorsFor({ isTerminal: true }, { NO_COLOR: "" }).red("x")).not.toBe("x");
  });

  test("a state that comes after the end changes nothing", () => {
    const tally = busyTally();
    tally.state("job-20", "cancelling");
    expect(draw(tally, 79, 8).at(-1)).toContain("failed");
  });
});

describe("tableHeight()", () => {
  test("leaves room on a small terminal, and does not fill a large one", () => {
    expect([5, 10, 24, 200].map(tableHeight)).toEqual([3, 8, 12, 12]);
  });
});

describe("Tally", () => {
  test("counts errors by code; all is well only if nothing failed, was cancelled, left or bad", () => {
    const tally = new Tally(0);
    tally.started("a", 0);
    tally.ended(line("a"), 1);
    tally.count("skipped");
    expect(isAllCompleted(tally.snapshot(2))).toBe(true);
    tally.count("leftFailed");
    expect(isAllCompleted(tally.snapshot(2))).toBe(false);
    expect(busyTally().snapshot(4_000).errorCodes).toEqual(new Map([["PROVIDER_RATE_LIMITED", 1]]));
  });
});

describe("duration()", () => {
  test.each([
    [0, "0.0 s"],
    [9_949, "9.9 s"],
    [10_000, "10 s"],
    [59_400, "59 s"],
    [185_000, "3:05"],
    [3_723_000, "1:02:03"],
  ])("%i ms is %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe("text on a terminal", () => {
  test("control characters are left out: a model cannot move the cursor or reach the clipboard", () => {
    expect(printable("a\u001b[2Jb\u009b1mc\u0007\r\n\td\u001b]52;c;aGk=\u0007")).toBe(
      "a[2Jb1mc\n\td]52;c;aGk=",
    );
  });

  test("is cut and filled up by cells, and wide characters count two", () => {
    expect(cutToWidth("abcdef", 4)).toBe("abc…");
    expect(cutToWidth("a\n b", 9)).toBe("a b");
    expect(cutToWidth("日本語", 5)).toBe("日本…");
    expect(cutToWidth("日本語", 4)).toBe("日…");
    expect(padToWidth("日本", 6)).toBe("日本  ");
    expect(cutToWidth("abc", 0)).toBe("");
  });
});
