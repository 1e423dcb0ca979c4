import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { ResourceLimits } from "node:worker_threads";
import { Worker } from "node:worker_threads";
import { Supervisor, scriptedProvider } from "../../dist/index.js";
import { BARE_PROFILE } from "../../dist/supervisor/threads/actor-profile.js";

const SOURCE = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", () => {});
  parentPort.postMessage("ready");
`;

/** Starts a thread that does nothing, with the flags and limits of an actor's. Settles at its first message. */
export async function startBareWorker(resourceLimits: ResourceLimits = {}): Promise<Worker> {
  const { flags, env } = BARE_PROFILE;
  const worker = new Worker(SOURCE, { eval: true, env, execArgv: [...flags], resourceLimits });
  await once(worker, "message");
  return worker;
}

/** The limits that actors' threads have, as seen on one that is alive. */
export async function actorLimits(): Promise<ResourceLimits> {
  const threads: Worker[] = [];
  subscribe("worker_threads", (message) => threads.push((message as { worker: Worker }).worker));
  const main = scriptedProvider({ responses: [{ text: "x" }] });
  await using supervisor = await Supervisor.start({
    providers: { main },
    threads: { spare: 0 },
  });
  const session = supervisor.openSession();
  const gateways = threads.length;
  await session.run(session.createWorker(), { prompt: "go" }).wait();
  const limits = threads[gateways]?.resourceLimits;
  if (!limits?.maxOldGenerationSizeMb) throw new Error("no thread was seen to be the actor's");
  return limits;
}
