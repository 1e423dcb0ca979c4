import type { JobState, RunOptions, Session, Worker, WorkerJob } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import { nowMs, within } from "./clock.ts";
import type { Fault } from "./fault.ts";
import { judge } from "./judge.ts";
import type { Limits } from "./limits.ts";
import type { Arrivals } from "./reader.ts";
import { CheckedReader } from "./reader.ts";
import { providerOf, READY } from "./scripts.ts";
import type { StreamText } from "./stream-text.ts";

/** What all agents of a run have in common. */
export type Surroundings = {
  readonly session: Session;
  readonly text: StreamText;
  readonly limits: Limits;
  readonly readers: number;
  /** How arrivals are noted; undefined: there is no schedule. */
  readonly pace: Omit<Arrivals, "offsetsMs"> | undefined;
  readonly isInterrupted: () => boolean;
  /** A chunk of any agent has been read. */
  readonly onChunk: () => void;
};

/** How an agent's part has ended. */
export type AgentResult = {
  readonly name: string;
  readonly fault: Fault;
  readonly status: "completed" | "cancelled" | "failed" | "unsettled";
  readonly code: string | undefined;
  /** Undefined: it had no stream. */
  readonly jobId: string | undefined;
  readonly provider: string;
  /** What the first of its readers has had. */
  readonly chunks: number;
  /** From running the job to the first chunk with its first reader. */
  readonly firstChunkMs: number | undefined;
  /** Unix time in ms. */
  readonly lastChunkAtMs: number | undefined;
  readonly arrivals: readonly Arrivals[];
  /** Promises, in words. */
  readonly broken: readonly string[];
};

/** One agent: a first job starts its thread, a second one streams and has its fault. */
export class Agent {
  readonly name: string;
  readonly fault: Fault;
  readonly #around: Surroundings;
  readonly #worker: Worker;
  readonly #readers: readonly CheckedReader[];
  readonly #arrivals: readonly Arrivals[];
  #struckIn: JobState | undefined;
  #firstChunkAtMs: number | undefined;
  #lastChunkAtMs: number | undefined;

  constructor(number: number, fault: Fault, around: Surroundings) {
    this.name = `agent-${number}`;
    this.fault = fault;
    this.#around = around;
    const provider = providerOf(fault);
    this.#worker = around.session.createWorker({ name: this.name, provider });
    const { pace, readers, text } = around;
    this.#arrivals = pace
      ? Array.from({ length: readers }, () => ({ ...pace, offsetsMs: [] }))
      : [];
    this.#readers = Array.from(
      { length: readers },
      (_, i) => new CheckedReader(text, this.#arrivals[i]),
    );
  }

  /** Starts its thread. Resolves to its end if it cannot. */
  async start(): Promise<AgentResult | undefined> {
    const totalMs = this.#around.limits.startMs;
    try {
      const job = this.#run("start", { timeouts: { totalMs } });
      const { text } = await job.wait();
      return text === READY ? undefined : this.#ended("failed", undefined, [`it says "${text}"`]);
    } catch (error) {
      return this.#refused(error, "it could not be started");
    }
  }

  /** Streams, and has its fault. */
  async stream(): Promise<AgentResult> {
    const startMs = nowMs();
    try {
      return await this.#follow(this.#run("stream", this.#streamOptions), startMs);
    } catch (error) {
      return this.#refused(error, "it could not be run");
    }
  }

  get #streamOptions(): RunOptions {
    const { jobMs, stallMs } = this.#around.limits;
    const ownMs = this.fault.type === "stall" && this.fault.until === "deadline";
    return { timeouts: { totalMs: jobMs, ...(ownMs ? { chunkMs: stallMs } : {}) } };
  }

  #run(prompt: string, options: RunOptions): WorkerJob {
    return this.#around.session.run(this.#worker, { prompt }, options);
  }

  async #follow(job: WorkerJob, startMs: number): Promise<AgentResult> {
    const { limits, text, isInterrupted } = this.#around;
    const ended = Promise.all([
      job.outcome,
      waitedFor(job),
      ...this.#readers.map((reader, i) => this.#read(job, reader, i === 0)),
    ]);
    const settled = await within(ended, limits.settleMs);
    const firstChunkMs =
      this.#firstChunkAtMs === undefined ? undefined : this.#firstChunkAtMs - startMs;
    const measured = { jobId: job.id, firstChunkMs };
    if (settled === undefined) {
      const what = `it has not settled within ${limits.settleMs} ms`;
      return { ...this.#ended("unsettled", undefined, [what]), ...measured };
    }
    const [outcome, waited] = settled;
    const { fault } = this;
    const [readers, struckIn, interrupted] = [this.#readers, this.#struckIn, isInterrupted()];
    const evidence = { fault, outcome, readers, waited, struckIn, interrupted };
    const broken = judge(evidence, text);
    return { ...this.#ended(outcome.status, outcome.error?.code, broken), ...measured };
  }

  async #read(job: WorkerJob, reader: CheckedReader, isFirst: boolean): Promise<void> {
    let strike: Promise<unknown> | undefined;
    for await (const event of job.events()) {
      const atMs = nowMs();
      reader.take(event, atMs);
      if (!isFirst || event.type !== "chunk") continue;
      this.#firstChunkAtMs ??= atMs;
      this.#lastChunkAtMs = atMs;
      this.#around.onChunk();
      if (reader.chunks === atChunkOf(this.fault)) strike = this.#strike(job);
    }
    reader.end();
    await strike;
  }

  /** Does to it from outside what its fault says, if that is not done by its script. */
  #strike(job: WorkerJob): Promise<unknown> | undefined {
    const { fault } = this;
    const isCancel =
      fault.type === "cancel" || (fault.type === "stall" && fault.until === "cancel");
    const isTerminate = fault.type === "crash" && fault.by === "thread";
    if (!isCancel && !isTerminate) return undefined;
    this.#struckIn = job.state;
    return isCancel ? job.cancel("a fault of the stress test") : this.#worker.terminate();
  }

  #refused(error: unknown, what: string): AgentResult {
    if (!HeddleError.is(error)) throw error;
    const { code, message } = error;
    if (this.#around.isInterrupted()) return this.#ended("cancelled", code, []);
    return this.#ended("failed", code, [`${what}: ${code} ${message}`]);
  }

  #ended(
    status: AgentResult["status"],
    code: string | undefined,
    broken: readonly string[],
  ): AgentResult {
    return {
      name: this.name,
      fault: this.fault,
      status,
      code,
      jobId: undefined,
      provider: providerOf(this.fault),
      chunks: this.#readers[0]?.chunks ?? 0,
      firstChunkMs: undefined,
      lastChunkAtMs: this.#lastChunkAtMs,
      arrivals: this.#arrivals,
      broken,
    };
  }
}

function atChunkOf(fault: Fault): number | undefined {
  return fault.type === "none" ? undefined : fault.atChunk;
}

async function waitedFor(job: WorkerJob): Promise<string> {
  try {
    await job.wait();
    return "completed";
  } catch (error) {
    return HeddleError.is(error) ? error.code : String(error);
  }
}
