import type { Bound, Limit, Target } from "../harness.ts";
import type { Row } from "./rows.ts";

/** What became of a target. */
export type Verdict = {
  readonly figure: string;
  readonly contestant: string;
  /** In words: "≤ 1.5 x bare node:http". */
  readonly asked: string;
  /** The median; undefined when it was not measured. */
  readonly measured: number | undefined;
  /** What `asked` comes to in this run; undefined when none of those it refers to was measured. */
  readonly limit: number | undefined;
  /** False also when it cannot be told. */
  readonly isMet: boolean;
};

export function verdictsOf(targets: readonly Target[], rows: readonly Row[]): readonly Verdict[] {
  return targets.map((target) => verdictOf(target, rows));
}

function verdictOf({ figure, contestant, bound }: Target, rows: readonly Row[]): Verdict {
  const figureOf = (name: string): number | undefined =>
    rows.find((row) => row.contestant === name)?.figures[figure]?.median;
  const measured = figureOf(contestant);
  const limit = widest(
    bound,
    bound.limits.map((one) => limitOf(one, figureOf)),
  );
  return {
    figure,
    contestant,
    asked: `${bound.type === "at least" ? "≥" : "≤"} ${bound.limits.map(inWords).join(" or ")}`,
    measured,
    limit,
    isMet: measured !== undefined && limit !== undefined && isWithin(bound, measured, limit),
  };
}

function widest(bound: Bound, limits: readonly (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined);
  if (known.length === 0) return undefined;
  return bound.type === "at least" ? Math.min(...known) : Math.max(...known);
}

function isWithin(bound: Bound, measured: number, limit: number): boolean {
  return bound.type === "at least" ? measured >= limit : measured <= limit;
}

function limitOf(
  limit: Limit,
  figureOf: (contestant: string) => number | undefined,
): number | undefined {
  if (limit.type === "value") return limit.value;
  const other = figureOf(limit.of);
  if (other === undefined) return undefined;
  return limit.type === "times" ? limit.times * other : limit.plus + other;
}

function inWords(limit: Limit): string {
  switch (limit.type) {
    case "value":
      return String(limit.value);
    case "times":
      return `${factor(limit.times)} x ${limit.of}`;
    case "plus":
      return `${limit.of} + ${limit.plus}`;
    default:
      return limit satisfies never;
  }
}

/** A part of one as a fraction: 1/3, not 0.333. */
function factor(times: number): string {
  const inverse = Math.round(1 / times);
  return times < 1 && Math.abs(inverse * times - 1) < 1e-9 ? `1/${inverse}` : String(times);
}
