import { describe, expect, test } from "vitest";
import type { Fault } from "../../../src/cli/stress/fault.ts";
import { describeFault, faultOf } from "../../../src/cli/stress/fault.ts";

const plan = (
  seed: number,
  faults: { crash: number; cancel: number; stall: number },
  chunks = 200,
): Fault[] => Array.from({ length: 2_000 }, (_, i) => faultOf(i, { seed, chunks, faults }));

const SOME = { crash: 0.2, cancel: 0.3, stall: 0.1 };

describe("faultOf()", () => {
  test("the same seed gives the same agent the same fault, another seed another one", () => {
    expect(plan(7, SOME)).toEqual(plan(7, SOME));
    expect(plan(8, SOME)).not.toEqual(plan(7, SOME));
  });

  test("faults are as frequent as asked for", () => {
    const types = plan(1, SOME).map(({ type }) => type);
    const count = (type: string) => types.filter((each) => each === type).length;
    for (const [type, probability] of Object.entries({ ...SOME, none: 0.4 })) {
      // Five standard deviations of 2,000 throws.
      expect(Math.abs(count(type) - 2_000 * probability)).toBeLessThan(112);
    }
  });

  test("a probability of 0 means none, and of 1 all", () => {
    const none = plan(1, { crash: 0, cancel: 0, stall: 0 });
    expect(new Set(none.map(({ type }) => type))).toEqual(new Set(["none"]));
    const all = plan(1, { crash: 0, cancel: 0, stall: 1 });
    expect(new Set(all.map(({ type }) => type))).toEqual(new Set(["stall"]));
  });

  test("both kinds of crashes and of stalls occur", () => {
    const kinds = new Set(plan(1, SOME).map((fault) => describeFault(fault).split(" at ")[0]));
    expect([...kinds].sort()).toEqual([
      "",
      "cancel",
      "crash (error)",
      "crash (thread)",
      "stall (until cancel)",
      "stall (until deadline)",
    ]);
  });

  test.each([1, 2, 3, 7, 8, 200, 100_000])(
    "of %i chunks one at least comes before a fault, and a script ends at few places",
    (chunks) => {
      const scripted = new Set<number>();
      for (const fault of plan(3, SOME, chunks)) {
        if (fault.type === "none") continue;
        expect(fault.atChunk).toBeGreaterThanOrEqual(1);
        expect(fault.atChunk).toBeLessThanOrEqual(Math.max(1, chunks - 1));
        if (fault.type === "stall") scripted.add(fault.atChunk);
      }
      expect(scripted.size).toBeLessThanOrEqual(7);
    },
  );
});
