import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Supervisor, scriptedProvider } from "../dist/index.js";
import type { Bench, Figures, Size } from "./harness.ts";
import { atMost, plus } from "./harness.ts";

const WORKERS = { full: 100_000, tiny: 200 };

/** One message of the conversation; with its number it is 1 KB. */
const SAID = "A heddle keeps every warp thread apart. ".repeat(25);

export const bench: Bench = {
  question: "What do workers hold that have a conversation of 1 KB each and no thread?",
  baseline: "no worker",
  rounds: 5,
  contestants: {
    "no worker": (size) => parked(0, size),
    "100,000 parked": (size) => parked(WORKERS[size], size),
  },
  targets: [
    { figure: "RSS MB", contestant: "100,000 parked", bound: atMost(plus(500, "no worker")) },
  ],
};

/** After a garbage collection; what making them took at its height is beside it. */
async function parked(count: number, size: Size): Promise<Figures> {
  const main = scriptedProvider({ repeat: true, responses: [{ text: "x" }] });
  await using supervisor = await Supervisor.start({ providers: { main } });
  const session = supervisor.openSession();
  for (let i = 0; i < count; i++) session.createWorker({ transcript: [conversation(i)] });
  // As a program does in which nothing else happens: the supervisor has caught up, and garbage is gone.
  await new Promise(setImmediate);
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { rss, heapUsed } = process.memoryUsage();
  const peak = process.resourceUsage().maxRSS * 1_024;
  await checkOneOf(session, count, size);
  return { "RSS MB": rss / 1e6, "heap MB": heapUsed / 1e6, "peak RSS MB": peak / 1e6 };
}

/** They are there: each has its conversation, and one that is given a job works. */
async function checkOneOf(
  session: ReturnType<Supervisor["openSession"]>,
  count: number,
  size: Size,
): Promise<void> {
  const workers = [...session.workers.values()];
  if (workers.length !== count) throw new Error(`${workers.length} workers of ${WORKERS[size]}`);
  for (const [i, worker] of workers.entries()) {
    const said = "transcript" in worker ? worker.transcript[0]?.content : undefined;
    if (said !== conversation(i).content) throw new Error(`worker ${i} has lost its conversation`);
  }
  const [worker] = workers;
  if (worker && "transcript" in worker) await session.run(worker, { prompt: "go" }).wait();
}

function conversation(i: number) {
  return { role: "user" as const, content: `${SAID}${String(i).padStart(24)}` };
}
