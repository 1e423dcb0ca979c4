import { Worker } from "node:worker_threads";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import type { Bench, Figures } from "./harness.ts";
import { cpuSeconds } from "./harness.ts";

/** Chunks of one run, over all workers: enough for about a second. */
const CHUNKS = 1_000_000;
const TOKEN = "token ";

/** Each job's reader looks at the text of each of its chunks. */
type Read = (job: ReturnType<ReturnType<Supervisor["openSession"]>["run"]>) => Promise<number>;

export const bench: Bench = {
  question: "How many chunks a second, scripted model in process, one reader for each worker?",
  baseline: "raw columns",
  rounds: 5,
  contestants: {
    "raw columns": rawColumns,
    "chunks$ x1": () => heddle(1, subscribe),
    "for await x1": () => heddle(1, iterate),
    "chunks$ x50": () => heddle(50, subscribe),
    "for await x50": () => heddle(50, iterate),
    "chunks$ x200": () => heddle(200, subscribe),
    "for await x200": () => heddle(200, iterate),
  },
};

const subscribe: Read = async (job) => {
  let length = 0;
  job.chunks$.subscribe((chunk) => {
    if (chunk.type === "text") length += chunk.text.length;
  });
  await job.wait();
  return length;
};

const iterate: Read = async (job) => {
  let length = 0;
  for await (const chunk of job) if (chunk.type === "text") length += chunk.text.length;
  return length;
};

async function heddle(workers: number, read: Read): Promise<Figures> {
  const chunks = CHUNKS / workers;
  const main = scriptedProvider({
    repeat: true,
    responses: [{ text: "ready" }, { text: TOKEN.repeat(chunks), chunks }],
  });
  await using supervisor = await Supervisor.start({ providers: { main } });
  const session = supervisor.openSession();
  const crowd = Array.from({ length: workers }, () => session.createWorker());
  await Promise.all(crowd.map((worker) => session.run(worker, { prompt: "start" }).wait()));
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const lengths = await Promise.all(
    crowd.map((worker) => read(session.run(worker, { prompt: "go" }))),
  );
  return figures(
    lengths.reduce((sum, length) => sum + length, 0),
    startMs,
    cpu,
  );
}

/** The limit: a thread that posts columns of 128 chunks, and a reader that looks at each text. Nothing is held, kept or told apart. */
async function rawColumns(): Promise<Figures> {
  const source = `
    const { parentPort, workerData: { chunks, token } } = require("node:worker_threads");
    parentPort.once("message", () => {
      for (let sent = 0; sent < chunks; sent += 128) {
        const count = Math.min(128, chunks - sent);
        const texts = Array.from({ length: count }, (_, i) => token + "");
        parentPort.postMessage({ ids: [1], counts: [count], texts });
      }
      parentPort.postMessage(null);
    });
  `;
  const worker = new Worker(source, { eval: true, workerData: { chunks: CHUNKS, token: TOKEN } });
  await new Promise((resolve) => worker.once("online", resolve));
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  let length = 0;
  await new Promise<void>((resolve) => {
    worker.on("message", (frame: { readonly texts: readonly string[] } | null) => {
      if (frame === null) resolve();
      else for (const text of frame.texts) length += text.length;
    });
    worker.postMessage("go");
  });
  const result = figures(length, startMs, cpu);
  await worker.terminate();
  return result;
}

function figures(length: number, startMs: number, cpu: NodeJS.CpuUsage): Figures {
  const seconds = (performance.now() - startMs) / 1_000;
  if (length !== CHUNKS * TOKEN.length) throw new Error(`read ${length} characters: some are lost`);
  return { "chunks/s": CHUNKS / seconds, "CPU µs/chunk": (cpuSeconds(cpu) * 1e6) / CHUNKS };
}
