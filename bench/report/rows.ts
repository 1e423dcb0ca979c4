import type { Figures } from "../harness.ts";
import { median } from "../harness.ts";

/** One figure of one contestant, over all rounds. */
export type Measured = {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** As many times as the baseline's median; undefined where the baseline has no such figure, or 0. */
  readonly ratio: number | undefined;
};

export type Row = {
  readonly contestant: string;
  readonly figures: { readonly [figure: string]: Measured };
};

/** A row for each contestant, in their order. `samples` has what each has measured, a member for each round. */
export function rowsOf(
  samples: ReadonlyMap<string, readonly Figures[]>,
  baseline: string,
): readonly Row[] {
  const base = samples.get(baseline) ?? [];
  return [...samples].map(([contestant, rounds]) => ({
    contestant,
    figures: Object.fromEntries(
      Object.keys(rounds[0] ?? {}).map((figure) => [
        figure,
        measured(valuesOf(rounds, figure), valuesOf(base, figure)),
      ]),
    ),
  }));
}

/** All figures that appear, in the order of their first appearance. */
export function figuresOf(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
}

function valuesOf(rounds: readonly Figures[], figure: string): readonly number[] {
  return rounds.flatMap((round) => round[figure] ?? []);
}

function measured(values: readonly number[], base: readonly number[]): Measured {
  const middle = median(values);
  const ratio = middle / median(base);
  return {
    median: middle,
    min: Math.min(...values),
    max: Math.max(...values),
    ratio: Number.isFinite(ratio) ? ratio : undefined,
  };
}
