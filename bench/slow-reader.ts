import { setTimeout as delay } from "node:timers/promises";
import type { Worker } from "../dist/index.js";
import { openaiProvider, Supervisor } from "../dist/index.js";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, value } from "./harness.ts";
import { iterate } from "./scripted-crowd.ts";
import { forkServer } from "./servers/fork-server.ts";
import { TokenReader, tokensOf } from "./tokens.ts";

const SIZES = {
  full: { warmMs: 5_000, watchMs: 30_000, others: 50, chunks: 2_000 },
  tiny: { warmMs: 100, watchMs: 200, others: 3, chunks: 50 },
};

const STOPPED = "one reader has stopped";

export const bench: Bench = {
  question: "What becomes of an endless stream whose reader has stopped, and of 50 jobs beside it?",
  baseline: "no endless stream",
  rounds: 5,
  contestants: {
    "no endless stream": (size) => slowReader(0, size),
    [STOPPED]: (size) => slowReader(1, size),
  },
  targets: [
    { figure: "RSS growth MB", contestant: STOPPED, bound: atMost(value(8)) },
    { figure: "server sent bytes", contestant: STOPPED, bound: atMost(value(0)) },
  ],
};

/**
 * The others work at full speed while everything warms up, and again when the watch is over; meanwhile nothing else is done, so
 * that what grows is the stopped stream's.
 */
async function slowReader(stopped: number, size: Size): Promise<Figures> {
  const { warmMs, watchMs, others, chunks } = SIZES[size];
  await using server = await forkServer("full-speed-server");
  const ask = async (): Promise<number> => {
    const written = server.hears("writtenBytes");
    server.tell({ tell: "writtenBytes" });
    return await written;
  };
  const at = (path: string) =>
    openaiProvider({ model: "bench", baseURL: `${server.url}/${path}`, apiKey: "none" });
  await using supervisor = await Supervisor.start({
    providers: { main: at("v1"), endless: at("endless") },
    defaults: { provider: "main", parkAfterMs: 600_000 },
    keepSettled: { count: 0 },
  });
  const session = supervisor.openSession();
  const crowd = Array.from({ length: others }, () => session.createWorker());
  const tokens = tokensOf(chunks);
  const runAll = async (): Promise<number> => {
    const startMs = performance.now();
    await Promise.all(crowd.map((worker) => runOne(worker)));
    return (others * chunks) / ((performance.now() - startMs) / 1_000);
  };
  const runOne = async (worker: Worker): Promise<void> => {
    const model = { maxOutputTokens: chunks };
    await iterate(session.run(worker, { prompt: "go" }, { model }), new TokenReader(tokens));
  };
  await runAll();
  const readers = Array.from({ length: stopped }, () =>
    session.run({ provider: "endless" }, { prompt: "go" })[Symbol.asyncIterator](),
  );
  // The iterators have read one chunk, and are neither read on nor left.
  const firsts = await Promise.all(readers.map((reader) => reader.next()));
  const warmedMs = performance.now() + warmMs;
  while (performance.now() < warmedMs) await runAll();
  const [rss, written] = [process.memoryUsage().rss, await ask()];
  await delay(watchMs);
  const growth = (process.memoryUsage().rss - rss) / 1e6;
  const sent = (await ask()) - written;
  const rate = await runAll();
  if (firsts.some(({ done }) => done === true)) throw new Error("the endless stream has ended");
  return { "RSS growth MB": growth, "server sent bytes": sent, "others' chunks/s": rate };
}
