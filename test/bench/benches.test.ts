import { describe, expect, test } from "vitest";
import { ALL } from "../../bench/all.ts";
import type { Bench, Figures, Limit } from "../../bench/harness.ts";

/** A bench has up to 13 contestants, each with threads and a server of its own. */
const TIMEOUT_MS = 120_000;

describe("every bench", () => {
  test.each(ALL)(
    "%s runs, and measures what it has targets for",
    async (name) => {
      const { bench } = (await import(`../../bench/${name}.ts`)) as { readonly bench: Bench };
      const measured = new Map<string, Figures>();
      for (const [contestant, run] of Object.entries(bench.contestants)) {
        const figures = await run("tiny");
        expect(Object.keys(figures), contestant).not.toEqual([]);
        expect(Object.values(figures).every(Number.isFinite), contestant).toBe(true);
        measured.set(contestant, figures);
      }
      expect(measured.has(bench.baseline)).toBe(true);
      for (const { figure, contestant, bound } of bench.targets) {
        const named = [contestant, ...bound.limits.flatMap(otherOf)];
        for (const one of named) expect(measured.get(one), one).toHaveProperty([figure]);
      }
    },
    TIMEOUT_MS,
  );
});

function otherOf(limit: Limit): readonly string[] {
  return limit.type === "value" ? [] : [limit.of];
}
