import type { WorkerJob } from "../dist/index.js";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import { createApp, startServer } from "../dist/server/api.js";
import { runClients } from "./clients/fork-clients.ts";
import type { SseTask, SseTimes } from "./clients/sse-clients.ts";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, cpuSeconds, percentile, plus } from "./harness.ts";
import { nowMs } from "./servers/clock.ts";

const SIZES = {
  full: { streams: 500, chunks: 400, warmMs: 5_000 },
  tiny: { streams: 4, chunks: 10, warmMs: 100 },
};
const TOKEN = "a-token-for-the-bench";
const HERE = "readers in the process x500";
const SSE = "SSE clients x500";

export const bench: Bench = {
  question:
    "What does it add to 500 streams of 20 chunks a second each to be read over HTTP (SSE)?",
  baseline: HERE,
  rounds: 5,
  timeoutMs: 180_000,
  contestants: {
    [HERE]: (size) => serve(size, async () => undefined),
    [SSE]: (size) => serve(size, readByHttp),
  },
  targets: [{ figure: "RSS growth MB", contestant: SSE, bound: atMost(plus(8, HERE)) }],
};

type ByHttp = (task: SseTask) => Promise<readonly SseTimes[] | undefined>;

const readByHttp: ByHttp = (task) => runClients("sse-clients", task);

/**
 * Every job has a reader in the process, which notes when each chunk was there; what comes later at a client is what HTTP has added. The jobs
 * of the paced model begin all at once; memory is watched from when all are under way to their end.
 */
async function serve(size: Size, byHttp: ByHttp): Promise<Figures> {
  const { streams, chunks, warmMs } = SIZES[size];
  const text = "token ".repeat(chunks);
  const main = scriptedProvider({
    repeat: true,
    responses: [{ text: "ready" }, { text, chunks, chunksPerSecond: 20 }],
  });
  await using supervisor = await Supervisor.start({
    providers: { main },
    defaults: { parkAfterMs: 600_000 },
  });
  const app = createApp({
    supervisor,
    agents: { token: {} },
    auth: { tokens: { [TOKEN]: "all" } },
  });
  await using server = await startServer(app, { port: 0 });
  const client = clientOf(server.url);
  const workerIds = await client.startWorkers(streams);
  const cpu = process.cpuUsage();
  const jobIds = await Promise.all(workerIds.map((id) => client.run(id)));
  const session = [...supervisor.sessions.values()][0];
  const jobs = jobIds.map((id) => session?.job(id) as WorkerJob);
  const inProcess = jobs.map((job) => readHere(job, chunks));
  const clients = byHttp({ url: server.url, token: TOKEN, jobIds, chunks });
  const rss = await new Promise<number>((resolve) =>
    setTimeout(() => resolve(process.memoryUsage().rss), warmMs),
  );
  const [here, there] = await Promise.all([Promise.all(inProcess), clients]);
  const figures = {
    "RSS growth MB": (process.memoryUsage().rss - rss) / 1e6,
    "CPU µs/chunk": (cpuSeconds(cpu) * 1e6) / (streams * chunks),
  };
  return there === undefined ? figures : { ...figures, ...added(here, there) };
}

/** Of what came once its stream was open: before that, a chunk waits for its client to come. */
function added(here: readonly Float64Array[], there: readonly SseTimes[]): Figures {
  const ms = there.flatMap(({ openedMs, readMs }, job) => {
    const inProcess = here[job] as Float64Array;
    return [...readMs.keys()]
      .filter((i) => (inProcess[i] ?? 0) > openedMs)
      .map((i) => (readMs[i] ?? 0) - (inProcess[i] ?? 0));
  });
  return { "added p50 ms": percentile(ms, 50), "added p99 ms": percentile(ms, 99) };
}

async function readHere(job: WorkerJob, chunks: number): Promise<Float64Array> {
  const times = new Float64Array(chunks);
  let read = 0;
  for await (const _ of job) times[read++] = nowMs();
  if (read !== chunks) throw new Error(`a reader has read ${read} chunks of ${chunks}`);
  return times;
}

function clientOf(url: string): {
  startWorkers(count: number): Promise<readonly string[]>;
  run(workerId: string): Promise<string>;
} {
  const post = async (path: string, body: object): Promise<string> => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const got = (await answer.json()) as { readonly id?: string };
    if (got.id === undefined) throw new Error(JSON.stringify(got));
    return got.id;
  };
  const run = (workerId: string) => post(`/api/workers/${workerId}/jobs`, { prompt: "go" });
  return {
    run,
    // Each has had its thread, and said "ready", before the streams begin.
    startWorkers: async (count) => {
      const ids: string[] = [];
      for (let i = 0; i < count; i++) {
        const id = await post("/api/workers", { agent: "token" });
        const jobId = await run(id);
        const ended = await fetch(`${url}/api/jobs/${jobId}/events`, {
          headers: { authorization: `Bearer ${TOKEN}` },
        });
        await ended.text();
        ids.push(id);
      }
      return ids;
    },
  };
}
