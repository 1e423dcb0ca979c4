import type { StressOptions } from "./arguments.ts";

/** How long things may take before something is wrong, in ms. Generous: a slow machine breaks no promise. */
export type Limits = {
  /** The start of an agent's thread, with its first job. */
  readonly startMs: number;
  /** A streaming job, by its own deadline. */
  readonly jobMs: number;
  /** From running a job to the end of `wait()` and of all its readers. */
  readonly settleMs: number;
  /** Silence that ends a stalled script. */
  readonly stallMs: number;
  /** The end of everything after the last job. */
  readonly closeMs: number;
};

const START_MS = 120_000;
/** What remains once a deadline has passed: the default grace and kill of a worker, and as much again. */
const LADDER_MS = 2 * (2_000 + 5_000);
/** A chunk's share of a slow core, for the road and for each reader. */
const CHUNK_MS = 0.2;

export function limitsFor({ agents, chunks, rate, readers }: StressOptions): Limits {
  const intervalMs = rate === 0 ? 0 : 1_000 / rate;
  const work = agents * chunks * (1 + readers) * CHUNK_MS;
  const jobMs = Math.ceil(START_MS + 3 * chunks * intervalMs + work);
  return {
    startMs: START_MS,
    jobMs,
    settleMs: jobMs + START_MS + LADDER_MS,
    stallMs: Math.ceil(2_000 + 3 * intervalMs),
    closeMs: START_MS,
  };
}
