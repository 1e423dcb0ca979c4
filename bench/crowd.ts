import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { openaiProvider, Supervisor } from "../dist/index.js";
import type { Bench, Contestant, Figures, Size } from "./harness.ts";
import { atMost, cpuSeconds, percentile, plus, times } from "./harness.ts";
import { LatencyReader } from "./latency-reader.ts";
import { actorLimits, startBareWorker } from "./peers/bare-workers.ts";
import { readBare } from "./peers/http-readers.ts";
import type { ForkedServer } from "./servers/fork-server.ts";
import { forkServer } from "./servers/fork-server.ts";
import { startCrowd, startMany, stockIsFull } from "./start-crowd.ts";

/** Of each stream, at 20 a second. */
const CHUNKS = { full: 200, tiny: 5 };

/** How a contestant reads: each of its streams, after what it does to have them ready. */
type Crowd = AsyncDisposable & {
  /** Reads one stream to its end. */
  readonly read: (stream: number, reader: LatencyReader) => Promise<void>;
  /** What is told once nothing is left to do but to read. */
  readonly figures?: Figures;
};

export const bench: Bench = {
  question: "What does a crowd cost whose models stream 20 chunks a second each over HTTP?",
  baseline: "bare node:http x1000",
  rounds: 5,
  timeoutMs: 240_000,
  contestants: {
    "bare node:http x100": crowd(100, bareCrowd),
    "bare node:http x200": crowd(200, bareCrowd),
    "bare node:http x500": crowd(500, bareCrowd),
    "bare node:http x1000": crowd(1_000, bareCrowd),
    "fetch per thread x100": crowd(100, threadCrowd),
    "fetch per thread x200": crowd(200, threadCrowd),
    "bare Workers x1000": (size) => bareWorkers(sized(1_000, size)),
    "heddle x100": crowd(100, heddleCrowd),
    "heddle x200": crowd(200, heddleCrowd),
    "heddle x500": crowd(500, heddleCrowd),
    "heddle x1000": crowd(1_000, heddleCrowd),
  },
  targets: [
    asked("CPU µs/chunk", times(1.75, "bare node:http x1000")),
    asked("p99 ms", plus(20, "bare node:http x1000")),
    asked("MB/worker", times(1.15, "bare Workers x1000")),
  ],
};

function asked(figure: string, limit: ReturnType<typeof plus>): Bench["targets"][number] {
  return { figure, contestant: "heddle x1000", bound: atMost(limit) };
}

function sized(streams: number, size: Size): number {
  return size === "tiny" ? Math.min(streams, 5) : streams;
}

function crowd(
  streams: number,
  start: (server: ForkedServer, streams: number) => Promise<Crowd>,
): Contestant {
  return async (size) => {
    await using server = await forkServer("paced-server");
    await using contestant = await start(server, sized(streams, size));
    return await measure(server, contestant, sized(streams, size), CHUNKS[size]);
  };
}

/** Counts from the moment when all streams are open, so that what it costs to open them is not in it. */
async function measure(
  server: ForkedServer,
  { read, figures = {} }: Crowd,
  streams: number,
  chunks: number,
): Promise<Figures> {
  const readers = Array.from({ length: streams }, () => new LatencyReader(chunks));
  const areOpen = server.hears("allOpen");
  server.tell({ expect: streams });
  const ends = Promise.all(readers.map((reader, stream) => read(stream, reader)));
  await Promise.race([areOpen, ends]);
  const cpu = process.cpuUsage();
  server.tell({ go: true });
  await ends;
  const cost = (cpuSeconds(cpu) * 1e6) / (streams * chunks);
  const latencies = readers.flatMap((reader) => [...reader.end()]);
  return {
    "CPU µs/chunk": cost,
    "p50 ms": percentile(latencies, 50),
    "p99 ms": percentile(latencies, 99),
    ...figures,
  };
}

async function heddleCrowd(server: ForkedServer, streams: number): Promise<Crowd> {
  const main = openaiProvider({ model: "warm", baseURL: `${server.url}/v1`, apiKey: "none" });
  const spare = 4;
  const supervisor = await Supervisor.start({
    providers: { main },
    threads: { spare },
    defaults: { parkAfterMs: 600_000 },
  });
  await stockIsFull(supervisor, spare);
  const session = supervisor.openSession();
  const before = process.memoryUsage().rss;
  const workers = await startCrowd(session, streams);
  return {
    figures: { "MB/worker": (process.memoryUsage().rss - before) / 1e6 / streams },
    read: async (stream, reader) => {
      const model = { name: "bench", maxOutputTokens: reader.chunks };
      const job = session.run(workers[stream] ?? {}, { prompt: "go" }, { model });
      for await (const chunk of job) if (chunk.type === "text") reader.take(chunk.text);
    },
    [Symbol.asyncDispose]: () => supervisor.close({ drainMs: 0 }),
  };
}

/** One loop in the main thread, which is all that there is. */
async function bareCrowd({ url }: ForkedServer, streams: number): Promise<Crowd> {
  const warm = { model: "warm", chunks: 0 };
  await Promise.all(Array.from({ length: streams }, () => readBare(url, warm, () => {})));
  return {
    read: (_, reader) => readBare(url, { model: "bench", chunks: reader.chunks }, reader.take),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Each stream is read by a thread of its own, which posts each chunk to the main thread. */
async function threadCrowd({ url }: ForkedServer, streams: number): Promise<Crowd> {
  const entry = new URL("./peers/fetch-thread.ts", import.meta.url);
  const workers = Array.from({ length: streams }, () => new Worker(entry, { workerData: url }));
  const read = async (stream: number, chat: object, take: (text: string) => void) => {
    const worker = workers[stream];
    const ended = Promise.withResolvers<void>();
    const look = (text: string | null) => (text === null ? ended.resolve() : take(text));
    worker?.on("message", look).once("error", ended.reject).postMessage(chat);
    await ended.promise;
    worker?.off("message", look).off("error", ended.reject);
  };
  const warm = { model: "warm", chunks: 0 };
  await Promise.all(workers.map((_, stream) => read(stream, warm, () => {})));
  return {
    read: (stream, reader) => read(stream, { model: "bench", chunks: reader.chunks }, reader.take),
    [Symbol.asyncDispose]: async () => {
      const exits = workers.map((worker) => once(worker, "exit"));
      for (const worker of workers) void worker.terminate();
      await Promise.all(exits);
    },
  };
}

/** What a thread takes by itself, with the flags and limits of an actor's. */
async function bareWorkers(count: number): Promise<Figures> {
  const limits = await actorLimits();
  const before = process.memoryUsage().rss;
  const workers = await startMany(count, () => startBareWorker(limits));
  const figures = { "MB/worker": (process.memoryUsage().rss - before) / 1e6 / count };
  await Promise.all(workers.map((worker) => worker.terminate()));
  return figures;
}
