import { become, defineBehavior } from "../../dist/actors/api.js";

/** Spins when it is told to, and never listens again. */
export const behavior = defineBehavior({
  start: () => 0,
  receive: {
    ready: (count: number) => become(count, { reply: "ready" }),
    spin: () => {
      for (;;);
    },
  },
});
