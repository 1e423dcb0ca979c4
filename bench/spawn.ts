import type { Session } from "../dist/index.js";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, percentile, times, value } from "./harness.ts";
import { startBareWorker } from "./peers/bare-workers.ts";
import { stockIsFull } from "./start-crowd.ts";

const STARTS = { full: 40, tiny: 2 };
const BURST = { full: 100, tiny: 3 };

/** What was started, and how it is ended. Ending is not timed. */
type Start = () => Promise<() => Promise<unknown>>;

export const bench: Bench = {
  question: "How long from nothing to a worker that works?",
  baseline: "bare Worker",
  rounds: 5,
  contestants: {
    "bare Worker": (size) => timeEach(size, startBare),
    "heddle, no stock": (size) => heddle(0, (session) => timeEach(size, () => begin(session))),
    "heddle, from the stock": (size) => fromTheStock(size, "started"),
    "heddle, stock to first chunk": (size) => fromTheStock(size, "chunk"),
    "bare Worker, burst of 100": (size) => timeBurst(size, startBare),
    "heddle, burst of 100": (size) => heddle(4, (session) => timeBurst(size, () => begin(session))),
  },
  targets: [value(1), times(1 / 20, "bare Worker")].map((limit) => ({
    figure: "p50 ms",
    contestant: "heddle, from the stock",
    bound: atMost(limit),
  })),
};

/** From `new Worker` to its first message. */
const startBare: Start = async () => {
  const worker = await startBareWorker();
  return () => worker.terminate();
};

/**
 * From `run` on a worker that has no thread to an event of its job. `started`: it has a thread, whose code is loaded. `chunk`: its
 * actor has asked the model, and been answered.
 */
async function begin(session: Session, until: "started" | "chunk" = "started"): ReturnType<Start> {
  const job = session.run(session.createWorker(), { prompt: "go" });
  for await (const event of job.events()) if (event.type === until) break;
  return async () => {
    await job.wait();
    await job.worker.stop();
  };
}

/** Paced at the stock's refill: the next one starts when the stock is full again. */
async function fromTheStock(size: Size, until: "started" | "chunk"): Promise<Figures> {
  const spare = 4;
  return await heddle(spare, (session, supervisor) =>
    timeEach(
      size,
      () => begin(session, until),
      () => stockIsFull(supervisor, spare),
    ),
  );
}

async function heddle(
  spare: number,
  measure: (session: Session, supervisor: Supervisor) => Promise<Figures>,
): Promise<Figures> {
  const main = scriptedProvider({ repeat: true, responses: [{ text: "x" }] });
  await using supervisor = await Supervisor.start({ providers: { main }, threads: { spare } });
  return await measure(supervisor.openSession(), supervisor);
}

/** One after the other, each when `isReady`. */
async function timeEach(
  size: Size,
  start: Start,
  isReady: () => Promise<void> = async () => {},
): Promise<Figures> {
  const timesMs: number[] = [];
  for (let i = 0; i < STARTS[size]; i++) {
    await isReady();
    const { end, ms } = await timed(start);
    timesMs.push(ms);
    await end();
  }
  return figuresOf(timesMs);
}

/** All at once; each is timed from the moment when all were asked for. */
async function timeBurst(size: Size, start: Start): Promise<Figures> {
  const started = await Promise.all(Array.from({ length: BURST[size] }, () => timed(start)));
  await Promise.all(started.map(({ end }) => end()));
  return figuresOf(started.map(({ ms }) => ms));
}

async function timed(start: Start): Promise<{ end: () => Promise<unknown>; ms: number }> {
  const startMs = performance.now();
  const end = await start();
  return { end, ms: performance.now() - startMs };
}

function figuresOf(timesMs: readonly number[]): Figures {
  return { "p50 ms": percentile(timesMs, 50), "p99 ms": percentile(timesMs, 99) };
}
