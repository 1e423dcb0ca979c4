import { onTestFinished } from "vitest";
import type { Script, Session, SupervisorEvent } from "../../src/index.ts";
import { scriptedProvider } from "../../src/index.ts";
import { Gateways, providerSpecs } from "../../src/supervisor/gateways/gateways.ts";
import type { Runtime } from "../../src/supervisor/runtime.ts";
import { SupervisorSession } from "../../src/supervisor/supervisor-session.ts";
import { Admission } from "../../src/supervisor/threads/admission.ts";
import { KeepAlive } from "../../src/supervisor/threads/keep-alive.ts";
import type { SpawnThread, Thread } from "../../src/supervisor/threads/thread.ts";
import { spawnThread } from "../../src/supervisor/threads/thread.ts";
import { ThreadPermits } from "../../src/supervisor/threads/thread-permits.ts";
import { ThreadStock } from "../../src/supervisor/threads/thread-stock.ts";
import type { Clock } from "../../src/transport/clock.ts";
import { systemClock } from "../../src/transport/clock.ts";

export type BareHouse = {
  readonly openSession: () => Session;
  readonly events: SupervisorEvent[];
  readonly permits: ThreadPermits;
  /** After its sessions are closed. */
  readonly close: () => Promise<void>;
};

export type BareHouseOptions = {
  /** What its actors run in place of the real entry: a module of `fixtures/actors`; it may depend on how many there were before. */
  readonly entry: string | ((number: number) => string);
  readonly script: Script;
  /** May change what their owner sees of the threads. */
  readonly wrap?: (thread: Thread) => Thread;
  /** @defaultValue the system's */
  readonly clock?: Clock;
};

/** A session whose actors run another entry than the real one, on real threads. The model calls a tool that there is not, and has done. */
export async function startWithActors(
  entry: BareHouseOptions["entry"],
  options: Pick<BareHouseOptions, "wrap" | "clock"> = {},
): Promise<{ session: Session; events: SupervisorEvent[]; permits: ThreadPermits }> {
  const toolCalls = [{ name: "add", args: {} }];
  const script = { responses: [{ toolCalls }, { text: "done" }] };
  const house = await startBareHouse({ entry, script, ...options });
  const session = house.openSession();
  onTestFinished(async () => {
    await session.close({ drainMs: 0 });
    await house.close();
  });
  const { events, permits } = house;
  return { session, events, permits };
}

/** All that a supervisor has, but with actors of another kind. */
export async function startBareHouse({
  entry,
  script,
  wrap = (thread) => thread,
  clock = systemClock,
}: BareHouseOptions): Promise<BareHouse> {
  let actors = 0;
  const nextUrl = () => {
    const name = typeof entry === "string" ? entry : entry(actors++);
    return new URL(`../fixtures/actors/${name}.ts`, import.meta.url);
  };
  const spawn: SpawnThread = (spec, handlers) =>
    spec.entry.href.includes("/actors/")
      ? wrap(spawnThread({ ...spec, flags: [], entry: nextUrl() }, handlers))
      : spawnThread(spec, handlers);
  const events: SupervisorEvent[] = [];
  const keepAlive = new KeepAlive();
  const runtime: Runtime = {
    clock,
    spawn,
    newId: () => crypto.randomUUID(),
    random: Math.random,
    hold: () => keepAlive.hold(),
    report: (event) => events.push(event),
  };
  const main = scriptedProvider(script);
  const gateways = new Gateways(providerSpecs({ main }, {}), 1, runtime);
  await gateways.start();
  const permits = new ThreadPermits(100);
  let workers = 0;
  let sessions = 0;
  const openSession = () =>
    new SupervisorSession({
      name: `bare-${sessions++}`,
      defaults: {},
      keepSettled: { ms: 60_000, count: 10 },
      gateways,
      supply: { permits, stock: new ThreadStock(0, runtime) },
      admission: new Admission(100, permits),
      runtime,
      nextWorkerNumber: () => workers++,
      onClosed: () => {},
    });
  return { openSession, events, permits, close: () => gateways.close() };
}
