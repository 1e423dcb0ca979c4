import { setTimeout as delay } from "node:timers/promises";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, cpuSeconds, plus } from "./harness.ts";
import { startCrowd } from "./start-crowd.ts";

const SIZES = { full: { settleMs: 1_000, watchMs: 3_000 }, tiny: { settleMs: 0, watchMs: 50 } };

export const bench: Bench = {
  question: "What does a crowd of idle workers that hold a thread cost?",
  baseline: "no worker",
  rounds: 5,
  contestants: {
    "no worker": (size) => idle(0, size),
    "500 idle workers": (size) => idle(size === "tiny" ? 3 : 500, size),
  },
  targets: [
    {
      figure: "CPU % of a core",
      contestant: "500 idle workers",
      bound: atMost(plus(1, "no worker")),
    },
  ],
};

/** CPU of the whole process over some seconds in which nothing happens. */
async function idle(workers: number, size: Size): Promise<Figures> {
  const main = scriptedProvider({ repeat: true, responses: [{ text: "x" }] });
  await using supervisor = await Supervisor.start({
    providers: { main },
    defaults: { parkAfterMs: 600_000 },
  });
  const session = supervisor.openSession();
  await startCrowd(session, workers);
  const { settleMs, watchMs } = SIZES[size];
  await delay(settleMs);
  const cpu = process.cpuUsage();
  await delay(watchMs);
  const percent = (cpuSeconds(cpu) / (watchMs / 1_000)) * 100;
  return { "CPU % of a core": percent, "RSS MB": process.memoryUsage().rss / 1e6 };
}
