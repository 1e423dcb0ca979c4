import { openaiProvider, Supervisor } from "../dist/index.js";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, perChunk, times } from "./harness.ts";
import type { HttpReader } from "./peers/http-readers.ts";
import { readBare, readFetch } from "./peers/http-readers.ts";
import { openaiReader } from "./peers/openai-reader.ts";
import { iterate } from "./scripted-crowd.ts";
import { forkServer } from "./servers/fork-server.ts";
import { TokenReader, tokensOf } from "./tokens.ts";

/** Streams at once, and chunks of each. */
const SIZES = {
  full: { streams: 50, chunks: 20_000, warm: 200 },
  tiny: { streams: 3, chunks: 50, warm: 5 },
};

export const bench: Bench = {
  question: "What does a chunk cost over HTTP, 50 streams of server-sent events at full speed?",
  baseline: "bare node:http",
  rounds: 5,
  contestants: {
    "bare node:http": (size) => peer(size, () => readBare),
    fetch: (size) => peer(size, () => readFetch),
    "openai client": (size) => peer(size, openaiReader),
    heddle,
  },
  targets: [
    { figure: "CPU µs/chunk", contestant: "heddle", bound: atMost(times(1 / 4, "openai client")) },
    { figure: "CPU µs/chunk", contestant: "heddle", bound: atMost(times(1.5, "bare node:http")) },
  ],
};

/** In the main thread. */
async function peer(size: Size, readerOf: (url: string) => HttpReader): Promise<Figures> {
  await using server = await forkServer("full-speed-server");
  const read = readerOf(server.url);
  return await measure(size, async (_, tokens) => {
    const reader = new TokenReader(tokens);
    await read(server.url, { model: "bench", chunks: tokens.length }, reader.take);
    reader.end();
  });
}

async function heddle(size: Size): Promise<Figures> {
  await using server = await forkServer("full-speed-server");
  const main = openaiProvider({ model: "bench", baseURL: `${server.url}/v1`, apiKey: "none" });
  await using supervisor = await Supervisor.start({ providers: { main } });
  const session = supervisor.openSession();
  const crowd = Array.from({ length: SIZES[size].streams }, () => session.createWorker());
  return await measure(size, async (stream, tokens) => {
    const model = { maxOutputTokens: tokens.length };
    const job = session.run(crowd[stream] ?? {}, { prompt: "go" }, { model });
    await iterate(job, new TokenReader(tokens));
  });
}

/** All streams once with few chunks, which opens the connections and warms the code, and then the run that counts. */
async function measure(
  size: Size,
  read: (stream: number, tokens: readonly string[]) => Promise<void>,
): Promise<Figures> {
  const { streams, chunks, warm } = SIZES[size];
  const readAll = (tokens: readonly string[]) =>
    Promise.all(Array.from({ length: streams }, (_, stream) => read(stream, tokens)));
  const tokens = tokensOf(chunks);
  await readAll(tokens.slice(0, warm));
  return await perChunk(streams * chunks, () => readAll(tokens));
}
