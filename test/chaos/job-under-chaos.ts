import type {
  JobEvent,
  JobOutcome,
  ModelResponseChunk,
  RunOptions,
  Session,
  WorkerJob,
  WorkerOptions,
} from "../../dist/index.js";
import type { Dice } from "./dice.ts";

/** What is done to a job while it runs, by the number of an event that it waits for. */
type Blow = "cancel" | "cancel twice" | "abort" | "terminate" | "stop" | "none";

const BLOWS: readonly Blow[] = ["cancel", "cancel twice", "abort", "terminate", "stop"];
const SCRIPTED = ["fast", "slow", "stall", "error", "tools", "endless", "long"];
/** Several, because one that dies again and again is restarted more and more slowly. */
export const OWN_PROVIDERS: readonly string[] = [
  "own-a",
  "own-b",
  "own-c",
  "own-d",
  "own-e",
  "own-f",
];
const OWN = ["hello there you", "throw", "exit before", "exit after", "ignore cancel", "no stream"];

export type Fate = {
  readonly what: string;
  readonly broken: readonly string[];
  readonly status: JobOutcome["status"];
  readonly code: string;
};

/** Runs one job with what the dice say, to its end, and tells which promises were broken. */
export async function runUnderChaos(session: Session, dice: Dice): Promise<Fate> {
  const isOwn = dice.chance(0.2);
  const what = dice.pick(isOwn ? OWN : SCRIPTED);
  const abort = new AbortController();
  const job = session.run(workerOf(what, isOwn, dice), { prompt: what }, optionsOf(dice, abort));
  const blow = needsBlow(what) || dice.chance(0.4) ? dice.pick(BLOWS) : "none";
  const [outcome, events] = await Promise.all([
    job.outcome,
    collect(job.events()),
    // What never ends has three events at least.
    strike(job, blow, 1 + dice.below(needsBlow(what) ? 3 : 8), abort),
    ...readersOf(job, dice),
  ]);
  const broken = await check(job, outcome, events);
  return {
    what: `${what}, ${blow}`,
    broken,
    status: outcome.status,
    code: outcome.error?.code ?? "",
  };
}

/** What never ends by itself. */
function needsBlow(what: string): boolean {
  return ["stall", "endless", "ignore cancel"].includes(what);
}

function workerOf(what: string, isOwn: boolean, dice: Dice): WorkerOptions {
  return {
    provider: isOwn ? dice.pick(OWN_PROVIDERS) : what,
    graceMs: 200,
    maxSteps: 3,
    windowBytes: dice.pick([100, 5_000, 262_144]),
    maxOutputBytes: dice.pick([2_000, 8_388_608]),
  };
}

function optionsOf(dice: Dice, abort: AbortController): RunOptions {
  const responseChunkReceived = () => {
    if (dice.chance(0.05)) throw new RangeError("the host has had enough");
  };
  return {
    signal: abort.signal,
    ...(dice.chance(0.1) ? { timeouts: { totalMs: 1 + dice.below(300) } } : {}),
    ...(dice.chance(0.1) ? { timeouts: { chunkMs: 1 + dice.below(100) } } : {}),
    ...(dice.chance(0.1) ? { host: { responseChunkReceived } } : {}),
  };
}

async function strike(
  job: WorkerJob,
  blow: Blow,
  eventNumber: number,
  abort: AbortController,
): Promise<void> {
  let seen = 0;
  for await (const event of job.events({ policy: "latest" })) {
    if (event.type === "waiting" || ++seen >= eventNumber) break;
  }
  if (blow === "cancel") await job.cancel("chaos");
  if (blow === "cancel twice") await Promise.all([job.cancel("chaos"), job.cancel("again")]);
  if (blow === "abort") abort.abort(new Error("chaos"));
  if (blow === "terminate") await job.worker.terminate();
  if (blow === "stop") await job.worker.stop({ graceMs: 50 });
}

/** Readers that leave, that skip, and that are late. */
function readersOf(job: WorkerJob, dice: Dice): Promise<unknown>[] {
  const readers: Promise<unknown>[] = [];
  if (dice.chance(0.5)) readers.push(readSome(job, dice.below(20)));
  if (dice.chance(0.3)) readers.push(collect(job.events({ policy: "latest" })));
  if (dice.chance(0.3)) readers.push(collect(job.events({ from: dice.below(30) })));
  if (dice.chance(0.3)) job.chunks$.subscribe(() => {});
  return readers;
}

async function readSome(job: WorkerJob, count: number): Promise<void> {
  let left = count;
  try {
    for await (const _ of job) if (left-- === 0) break;
  } catch {
    // The job's own failure, which `check` looks at.
  }
}

async function check(
  job: WorkerJob,
  outcome: JobOutcome,
  events: readonly JobEvent[],
): Promise<string[]> {
  const terminals = events.filter(({ type }) =>
    ["completed", "cancelled", "failed"].includes(type),
  );
  const again = await collect(job.events());
  const waited = await job.wait().then(
    () => "completed",
    (error: { code?: string }) => error.code ?? "no code",
  );
  const responses = events.flatMap((event) => (event.type === "response" ? [event.response] : []));
  const rules: readonly (readonly [string, boolean])[] = [
    ["one terminal event", terminals.length === 1],
    ["the terminal event comes last", events.at(-1) === terminals[0]],
    ["it is the outcome's", terminals[0]?.type === outcome.status],
    ["seq has no gaps", events.every(({ seq }, i) => seq === i)],
    ["a late reader sees the same", JSON.stringify(again) === JSON.stringify(events)],
    ["wait() says what outcome says", waited === (outcome.error?.code ?? "completed")],
    ["every failure has a code", waited !== "no code" && waited !== "INTERNAL"],
    ["the result is the last response's text", isLastText(outcome, responses.at(-1)?.text)],
    [
      "the responses are what was streamed",
      streamed(events).startsWith(responses.map((r) => r.text).join("")),
    ],
    ["a second cancel finds it settled", (await job.cancel()).how === "settled"],
  ];
  return rules.filter(([, holds]) => !holds).map(([rule]) => rule);
}

function isLastText(outcome: JobOutcome, text: string | undefined): boolean {
  return outcome.status !== "completed" || outcome.result.text === text;
}

function streamed(events: readonly JobEvent[]): string {
  const chunks = events.flatMap((event) => (event.type === "chunk" ? [event.chunk] : []));
  return chunks
    .map((chunk: ModelResponseChunk) => (chunk.type === "text" ? chunk.text : ""))
    .join("");
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
