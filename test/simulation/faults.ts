import { at } from "./at.ts";
import type { Action, ActorFault, GatewayFault } from "./commands.ts";
import { SimActor } from "./sim-actor.ts";
import type { SimThread } from "./sim-thread.ts";
import type { World } from "./world.ts";

/** A job's first model call, during which its actor sleeps, takes less where nothing holds it up. */
const SOON_TURNS = 60;

/** Does it to the actor that is meant, or to one at work as soon as there is one. */
export async function harmActor(
  world: World,
  { thread, does, when }: Extract<Action, { type: "actor" }>,
): Promise<void> {
  if (when === "at work") await untilAtWork(world);
  const actors = world.living("actor");
  const working = when === "at work" ? actors.filter(isAtWork) : [];
  harm(at(working.length > 0 ? working : actors, thread), does);
}

async function untilAtWork(world: World): Promise<void> {
  for (let turns = 0; turns < SOON_TURNS; turns++) {
    if (world.living("actor").some(isAtWork) || !(await world.step())) return;
  }
}

function isAtWork({ body }: SimThread): boolean {
  return body instanceof SimActor && body.jobId !== undefined;
}

function harm(thread: SimThread | undefined, does: ActorFault): void {
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
