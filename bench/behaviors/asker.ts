import type { BehaviorContext } from "../../dist/actors/api.js";
import { become, defineBehavior } from "../../dist/actors/api.js";

/** Asks another worker again and again, and replies how long each answer took, in µs. */
export const behavior = defineBehavior({
  start: () => 0,
  receive: {
    measure: async (
      state: number,
      { target, calls }: { target: string; calls: number },
      ctx: BehaviorContext,
    ) => {
      const timesUs: number[] = [];
      for (let value = 0; value < calls; value++) {
        const startMs = performance.now();
        const answer = await ctx.ask<number>(target, "echo", { value });
        timesUs.push((performance.now() - startMs) * 1_000);
        if (answer !== value) throw new Error(`asked for ${value}, was answered ${answer}`);
      }
      return become(state, { reply: timesUs });
    },
  },
});
