import { HeddleError } from "../../errors.ts";
import type { ActorCommand } from "../../protocol/actor-messages.ts";
import type { ActorLimits } from "./actor-owner.ts";
import type { WatchedThread } from "./actor-watch.ts";
import type { Thread } from "./thread.ts";

const MB = 1_048_576;

/** What the heap guard and the watchdog see of an actor's thread, and what they can do to it. */
export function watchedActor(
  thread: Thread,
  { heapMb, unresponsiveMs }: ActorLimits,
  actor: {
    readonly terminate: (failure: HeddleError) => void;
    readonly unresponsive: (forMs: number) => void;
  },
): WatchedThread {
  return {
    heapLimitBytes: heapMb * MB,
    unresponsiveMs,
    heapBytes: () => thread.heapBytes(),
    ping: () => thread.post({ type: "ping" } satisfies ActorCommand),
    overLimit: (usedBytes) => {
      const usedMb = Math.round(usedBytes / MB);
      const message = `the actor's heap has ${usedMb} MB, and heapMb is ${heapMb}`;
      const details = { heapMb, usedMb };
      actor.terminate(new HeddleError("ACTOR_OUT_OF_MEMORY", message, { details }));
    },
    unresponsive: actor.unresponsive,
  };
}
