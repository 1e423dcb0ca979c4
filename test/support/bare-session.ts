import { onTestFinished } from "vitest";
import type { Session, SupervisorEvent } from "../../src/index.ts";
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
import { systemClock } from "../../src/transport/clock.ts";

/**
 * A session whose actors run another entry than the real one, on real threads; which one may depend on how many there were before.
 * `wrap` may change what their owner sees of them.
 */
export async function startWithActors(
  entry: string | ((number: number) => string),
  wrap: (thread: Thread) => Thread = (thread) => thread,
): Promise<{ session: Session; events: SupervisorEvent[]; permits: ThreadPermits }> {
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
    clock: systemClock,
    spawn,
    newId: () => crypto.randomUUID(),
    random: Math.random,
    hold: () => keepAlive.hold(),
    report: (event) => events.push(event),
  };
  const toolCalls = [{ name: "add", args: {} }];
  const main = scriptedProvider({ responses: [{ toolCalls }, { text: "done" }] });
  const gateways = new Gateways(providerSpecs({ main }, {}), 1, runtime);
  await gateways.start();
  const permits = new ThreadPermits(10);
  let workers = 0;
  const session = new SupervisorSession({
    name: "bare",
    defaults: {},
    keepSettled: { ms: 60_000, count: 10 },
    gateways,
    supply: { permits, stock: new ThreadStock(0, runtime) },
    admission: new Admission(100, permits),
    runtime,
    nextWorkerNumber: () => workers++,
    onClosed: () => {},
  });
  onTestFinished(async () => {
    await session.close({ drainMs: 0 });
    await gateways.close();
  });
  return { session, events, permits };
}
