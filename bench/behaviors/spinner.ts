import { become, defineBehavior } from "../../dist/actors/api.js";

/** Spins when it is told to, and never listens again. */
export const behavior = defineBehavior({
  start: () => 0,
  receive: {
    ready: (count: number) => become(count, { reply: "ready" }),
    /** Says in `spinning`, which is shared memory, that it has begun. */
    spin: (_: number, { spinning }: { spinning: Int32Array }) => {
      Atomics.store(spinning, 0, 1);
      Atomics.notify(spinning, 0);
      for (;;);
    },
  },
});
