import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, times } from "./harness.ts";
import { iterate, streamScripted } from "./scripted-crowd.ts";

/** Few workers stream for about a second, as far as one job may keep so much; of many each streams enough to make its job's own cost small. */
const FULL = { chunks: 4_000_000, perWorker: 20_000, perWorkerAtMost: 1_000_000 };

/** What is called flat: two runs of the same differ by less. */
const FLAT = 1.1;

export const bench: Bench = {
  question: "What does a chunk cost with more and more workers, scripted model in process?",
  baseline: "heddle x1",
  rounds: 5,
  timeoutMs: 180_000,
  contestants: {
    "heddle x1": (size) => scale(1, size),
    "heddle x10": (size) => scale(10, size),
    "heddle x100": (size) => scale(100, size),
    "heddle x1000": (size) => scale(1_000, size),
  },
  targets: [
    flat("heddle x10", "heddle x1"),
    flat("heddle x100", "heddle x10"),
    flat("heddle x1000", "heddle x100"),
  ],
};

function flat(contestant: string, before: string): Bench["targets"][number] {
  return { figure: "CPU µs/chunk", contestant, bound: atMost(times(FLAT, before)) };
}

async function scale(workers: number, size: Size): Promise<Figures> {
  if (size === "tiny") return await streamScripted(Math.min(workers, 4), 400, iterate);
  const wanted = Math.max(FULL.chunks, workers * FULL.perWorker);
  const chunks = Math.min(wanted, workers * FULL.perWorkerAtMost);
  return await streamScripted(workers, chunks, iterate);
}
