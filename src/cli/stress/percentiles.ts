import { createHistogram } from "node:perf_hooks";

/** Times in ms, to three figures. */
export type Percentiles = {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
};

const HOUR_US = 3_600_000_000;

/** Returns the percentiles of `timesMs`, undefined without any. What is below a microsecond, or above an hour, counts as that. */
export function percentilesOf(timesMs: Iterable<number>): Percentiles | undefined {
  const histogram = createHistogram({ lowest: 1, highest: HOUR_US, figures: 3 });
  for (const timeMs of timesMs) {
    histogram.record(Math.min(HOUR_US, Math.max(1, Math.round(timeMs * 1_000))));
  }
  if (histogram.count === 0) return undefined;
  const at = (percent: number): number => histogram.percentile(percent) / 1_000;
  return { count: histogram.count, p50: at(50), p90: at(90), p99: at(99), max: at(100) };
}
