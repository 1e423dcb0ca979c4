import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import type { Bench, Figures } from "./harness.ts";
import { percentile } from "./harness.ts";

const STARTS = 40;

export const bench: Bench = {
  question: "How long from nothing to a worker that works, one at a time?",
  baseline: "bare Worker",
  rounds: 5,
  contestants: { "bare Worker": bareWorker, "heddle, cold": heddleCold },
};

/** From `new Worker` to its first message. */
async function bareWorker(): Promise<Figures> {
  const source = `require("node:worker_threads").parentPort.postMessage("ready")`;
  return await timeEach(async () => {
    const worker = new Worker(source, { eval: true, env: {} });
    await once(worker, "message");
    return () => worker.terminate();
  });
}

/** From `run` on a worker that has no thread to the `started` event of its job: the thread is there, and configured. */
async function heddleCold(): Promise<Figures> {
  const main = scriptedProvider({ repeat: true, responses: [{ text: "x" }] });
  await using supervisor = await Supervisor.start({ providers: { main } });
  const session = supervisor.openSession();
  return await timeEach(async () => {
    const job = session.run(session.createWorker(), { prompt: "go" });
    for await (const event of job.events()) if (event.type === "started") break;
    return async () => {
      await job.wait();
      await job.worker.stop();
    };
  });
}

/** Times `start`; what it returns ends what was started, and is not timed. */
async function timeEach(start: () => Promise<() => Promise<unknown>>): Promise<Figures> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const startMs = performance.now();
    const end = await start();
    times.push(performance.now() - startMs);
    await end();
  }
  return { "p50 ms": percentile(times, 50), "p99 ms": percentile(times, 99) };
}
