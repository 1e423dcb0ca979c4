import type { ActorFault, GatewayFault } from "./commands.ts";
import { SimActor } from "./sim-actor.ts";
import type { SimThread } from "./sim-thread.ts";

/** Does it to an actor's thread. */
export function harmActor(thread: SimThread | undefined, does: ActorFault): void {
  if (!thread) return;
  const actor = thread.body instanceof SimActor ? thread.body : undefined;
  const faults: { readonly [K in ActorFault]: () => void } = {
    throws: () => actor?.crash(new Error("a bug in the actor")),
    "exits 0": () => thread.die({ exitCode: 0, error: undefined }),
    "exits 7": () => thread.die({ exitCode: 7, error: undefined }),
    "out of memory": () => thread.die({ exitCode: 1, error: outOfMemory() }),
    spins: () => setSpinning(thread, true),
    recovers: () => setSpinning(thread, false),
    "cannot be ended": () => {
      thread.isUnkillable = true;
      thread.isSpinning = true;
    },
    "goes deaf": () => {
      if (actor) actor.isDeaf = true;
    },
    ponders: () => {
      if (actor) actor.isPondering = true;
    },
    floods: () => {
      actor?.flood(300);
      thread.deliverAll();
    },
    grows: () => {
      thread.usedBytes = 2 ** 40;
    },
  };
  faults[does]();
}

/** Does it to a gateway. */
export function harmGateway(thread: SimThread | undefined, does: GatewayFault): void {
  if (!thread) return;
  if (does === "dies") thread.die({ exitCode: 1, error: new Error("a bug in a provider") });
  else setSpinning(thread, does !== "recovers");
  if (does === "cannot be ended") thread.isUnkillable = true;
}

function setSpinning(thread: SimThread, isSpinning: boolean): void {
  thread.isSpinning = isSpinning;
}

function outOfMemory(): Error {
  return Object.assign(new Error("the heap is full"), { code: "ERR_WORKER_OUT_OF_MEMORY" });
}
