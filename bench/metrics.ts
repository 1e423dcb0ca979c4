import { Supervisor, scriptedProvider } from "../dist/index.js";
import { createApp } from "../dist/server/api.js";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, cpuSeconds, times } from "./harness.ts";
import { iterate, streamScripted } from "./scripted-crowd.ts";

const SIZES = {
  full: { workers: 200, chunks: 2_000_000, jobs: 5_000 },
  tiny: { workers: 2, chunks: 200, jobs: 10 },
};
/** More often than anybody reads them. */
const READ_MS = 1_000;

type Watch = (supervisor: Supervisor) => AsyncDisposable | undefined;

export const bench: Bench = {
  question: "What do the server's metrics cost a stream at full speed, and a short job?",
  baseline: "no metrics",
  rounds: 5,
  contestants: {
    "no metrics": (size) => measure(() => undefined, size),
    "metrics, never read": (size) => measure((supervisor) => appOf(supervisor), size),
    "metrics, read each second": (size) => measure((supervisor) => readApp(supervisor), size),
  },
  targets: ["metrics, never read", "metrics, read each second"].map((contestant) => ({
    figure: "CPU µs/chunk",
    contestant,
    bound: atMost(times(1.1, "no metrics")),
  })),
};

async function measure(watch: Watch, size: Size): Promise<Figures> {
  const { workers, chunks, jobs } = SIZES[size];
  const streamed = await streamScripted(workers, chunks, iterate, watch);
  return { ...streamed, ...(await shortJobs(jobs, watch)) };
}

/** Jobs of one chunk, ten at a time, on workers that have a thread already. */
async function shortJobs(jobs: number, watch: Watch): Promise<Figures> {
  const main = scriptedProvider({ repeat: true, responses: [{ text: "x", chunks: 1 }] });
  await using supervisor = await Supervisor.start({
    providers: { main },
    keepSettled: { count: 0 },
  });
  await using _watched = watch(supervisor);
  const session = supervisor.openSession();
  const run = async (count: number) => {
    const worker = session.createWorker();
    for (let job = 0; job < count; job++) await session.run(worker, { prompt: "go" }).wait();
    await worker.stop();
  };
  const all = (count: number) =>
    Promise.all(Array.from({ length: 10 }, () => run(Math.ceil(count / 10))));
  await all(jobs / 5);
  const cpu = process.cpuUsage();
  await all(jobs);
  return { "CPU µs/job": (cpuSeconds(cpu) * 1e6) / jobs };
}

function appOf(supervisor: Supervisor) {
  const app = createApp({ supervisor, agents: { helper: {} }, auth: "none" });
  return { app, [Symbol.asyncDispose]: () => app.close(0) };
}

function readApp(supervisor: Supervisor): AsyncDisposable {
  const { app } = appOf(supervisor);
  let reading = Promise.resolve("");
  const timer = setInterval(() => {
    reading = Promise.resolve(app.request("http://localhost/metrics")).then((r) => r.text());
  }, READ_MS);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      const figures = await reading;
      if (figures !== "" && !figures.includes("heddle_chunks_total"))
        throw new Error("there are no figures");
      await app.close(0);
    },
  };
}
