import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { WorkerJob } from "../dist/index.js";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import { startSpinning } from "./behaviors/start-spinning.ts";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, plus, times } from "./harness.ts";
import { TokenReader, tokensOf } from "./tokens.ts";

/** The bystander streams 250 chunks a second, and a second longer than is watched. */
const SIZES = { full: { watchMs: 3_000, chunks: 1_000 }, tiny: { watchMs: 50, chunks: 50 } };

export const bench: Bench = {
  question: "What do workers that spin do to the host's event loop, and to a job beside them?",
  baseline: "none spins",
  rounds: 5,
  contestants: {
    "none spins": (size) => hostDelay(0, size),
    "1 spins": (size) => hostDelay(1, size),
    "2 spin": (size) => hostDelay(2, size),
  },
  targets: [
    {
      figure: "delay p99 ms",
      contestant: "1 spins",
      bound: atMost(times(2, "none spins"), plus(5, "none spins")),
    },
  ],
};

async function hostDelay(spinning: number, size: Size): Promise<Figures> {
  const { watchMs, chunks } = SIZES[size];
  const tokens = tokensOf(chunks);
  const main = scriptedProvider({
    repeat: true,
    responses: [{ text: tokens.join(""), chunks, chunksPerSecond: 250 }],
  });
  await using supervisor = await Supervisor.start({ providers: { main } });
  const session = supervisor.openSession();
  for (let i = 0; i < spinning; i++) {
    await startSpinning(session, { graceMs: 0 });
  }
  const job = session.run({}, { prompt: "go" });
  const begun = Promise.withResolvers<void>();
  const reading = read(job, new TokenReader(tokens), begun.resolve);
  await Promise.race([begun.promise, reading]);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await delay(watchMs);
  histogram.disable();
  await reading;
  return {
    "delay p50 ms": histogram.percentile(50) / 1e6,
    "delay p99 ms": histogram.percentile(99) / 1e6,
  };
}

async function read(job: WorkerJob, reader: TokenReader, begun: () => void): Promise<void> {
  for await (const chunk of job) {
    if (chunk.type === "text") reader.take(chunk.text);
    begun();
  }
  reader.end();
}
