import { setTimeout as delay } from "node:timers/promises";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import type { Bench, Figures } from "./harness.ts";
import { cpuSeconds } from "./harness.ts";

const WATCH_MS = 3_000;

export const bench: Bench = {
  question: "What does a crowd of idle workers that hold a thread cost?",
  baseline: "no worker",
  rounds: 3,
  contestants: { "no worker": () => idle(0), "500 idle workers": () => idle(500) },
};

/** CPU of the whole process over some seconds in which nothing happens. */
async function idle(workers: number): Promise<Figures> {
  const main = scriptedProvider({ repeat: true, responses: [{ text: "x" }] });
  await using supervisor = await Supervisor.start({
    providers: { main },
    defaults: { parkAfterMs: 600_000 },
  });
  const session = supervisor.openSession();
  const crowd = Array.from({ length: workers }, () => session.createWorker());
  await Promise.all(crowd.map((worker) => session.run(worker, { prompt: "go" }).wait()));
  await delay(1_000);
  const cpu = process.cpuUsage();
  await delay(WATCH_MS);
  const percent = (cpuSeconds(cpu) / (WATCH_MS / 1_000)) * 100;
  return { "CPU % of a core": percent, "RSS MB": process.memoryUsage().rss / 1e6 };
}
