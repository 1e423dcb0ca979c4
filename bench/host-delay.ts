import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import type { Bench, Figures } from "./harness.ts";

const WATCH_MS = 3_000;
const SPINNER = new URL("./behaviors/spinner.ts", import.meta.url);

export const bench: Bench = {
  question: "What do workers that spin do to the host's event loop, and to a job beside them?",
  baseline: "none spins",
  rounds: 5,
  contestants: {
    "none spins": () => hostDelay(0),
    "1 spins": () => hostDelay(1),
    "2 spin": () => hostDelay(2),
  },
};

async function hostDelay(spinning: number): Promise<Figures> {
  const main = scriptedProvider({
    repeat: true,
    responses: [{ text: "token ".repeat(1_000), chunks: 1_000, chunksPerSecond: 250 }],
  });
  await using supervisor = await Supervisor.start({ providers: { main } });
  const session = supervisor.openSession();
  for (let i = 0; i < spinning; i++) {
    const worker = session.createWorker({ behavior: SPINNER, unresponsiveMs: 60_000, graceMs: 0 });
    await worker.ask("ready");
    await worker.tell("spin");
  }
  const job = session.run({}, { prompt: "go" });
  for await (const _ of job) break;
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await delay(WATCH_MS);
  histogram.disable();
  const { text } = await job.wait();
  if (text.length !== 6_000) throw new Error("the bystander has lost text");
  return {
    "delay p50 ms": histogram.percentile(50) / 1e6,
    "delay p99 ms": histogram.percentile(99) / 1e6,
  };
}
