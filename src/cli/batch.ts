import type { JobOutcome, Session, SessionEvent, WorkerJob, WorkerOptions } from "../index.ts";
import type { Input } from "./input.ts";
import type { JobTimes, ResultLine } from "./result-line.ts";
import { resultLine } from "./result-line.ts";
import type { Stopping } from "./stopping.ts";
import type { Tally } from "./tally.ts";

export type BatchParts = {
  readonly session: Session;
  /** Pulled as room allows. They end when `stopping` says so. */
  readonly inputs: AsyncIterable<Input>;
  readonly workerOf: (input: Input) => WorkerOptions;
  readonly concurrency: number;
  /** Each job that was started gets its line, also if it is cancelled. */
  readonly stopping: Stopping;
  /** Shows a job while it runs. It is waited for before the job's line is written. */
  readonly follow: ((job: WorkerJob) => Promise<void>) | undefined;
  readonly write: (line: ResultLine) => Promise<void>;
  readonly written: (line: ResultLine) => void;
  /** What result lines say of who answered. */
  readonly label: { readonly provider: string; readonly model: string };
  readonly tally: Tally;
};

type Running = {
  readonly followed: Promise<void> | undefined;
  startedAtMs?: number;
  endedAtMs?: number;
};

/** Runs each input as a job on a worker of its own, and writes the results as they come. */
export class Batch {
  readonly #parts: BatchParts;
  readonly #running = new Map<string, Running>();
  /** Whose worker is whose. */
  readonly #jobIds = new Map<string, string>();

  constructor(parts: BatchParts) {
    this.#parts = parts;
  }

  /** @throws {HeddleError} what `write` throws: then what runs is cancelled, and has no line. */
  async run(): Promise<void> {
    const { session, concurrency, stopping } = this.#parts;
    const watch = session.events$.subscribe((event) => this.#take(event));
    const cancelAll = (): void => {
      for (const job of session.jobs.values()) this.#cancel(job);
    };
    stopping.cancelled.addEventListener("abort", cancelAll, { once: true });
    try {
      const ended = session.runAll(this.#batchInputs(), { concurrency });
      for await (const { job, outcome } of ended) await this.#end(job, outcome);
    } catch (error) {
      // Or the loop would wait for an input before it is left.
      stopping.cancel("the run cannot go on");
      throw error;
    } finally {
      stopping.cancelled.removeEventListener("abort", cancelAll);
      watch.unsubscribe();
    }
  }

  async #end(job: WorkerJob, outcome: JobOutcome): Promise<void> {
    const { label, write, written, tally } = this.#parts;
    const running = this.#running.get(job.id);
    await running?.followed;
    const line = resultLine({ id: job.id, ...label }, outcome, await timesOf(job, running));
    await write(line);
    tally.ended(line, Date.now());
    written(line);
    this.#running.delete(job.id);
    this.#jobIds.delete(job.worker.id);
  }

  async *#batchInputs(): AsyncGenerator<{ id: string; prompt: string; worker: WorkerOptions }> {
    for await (const input of this.#parts.inputs) {
      yield { id: input.id, prompt: input.prompt, worker: this.#parts.workerOf(input) };
    }
  }

  #take(event: SessionEvent): void {
    if (event.type === "job-queued") this.#begin(event.jobId, event.workerId);
    if (event.type === "worker-state") this.#showState(event.workerId, event.state);
    if (event.type !== "job-event") return;
    const { jobId, event: inner } = event;
    const running = this.#running.get(jobId);
    if (running === undefined) return;
    if (inner.type === "started") running.startedAtMs = inner.atMs;
    if (inner.type === "waiting") this.#parts.tally.state(jobId, WAITING[inner.for]);
    running.endedAtMs = inner.atMs;
  }

  #begin(jobId: string, workerId: string): void {
    const job = this.#parts.session.job(jobId);
    if (job === undefined) return;
    this.#jobIds.set(workerId, jobId);
    this.#running.set(jobId, { followed: this.#parts.follow?.(job) });
    this.#parts.tally.started(jobId, Date.now());
    // An input may have been on its way when all was cancelled.
    if (this.#parts.stopping.cancelled.aborted) this.#cancel(job);
  }

  #showState(workerId: string, state: string): void {
    const jobId = this.#jobIds.get(workerId);
    if (jobId !== undefined && state !== "idle" && state !== "stopped") {
      this.#parts.tally.state(jobId, state);
    }
  }

  #cancel(job: WorkerJob): void {
    void job.cancel(String(this.#parts.stopping.cancelled.reason));
  }
}

const WAITING = { thread: "queued", retry: "retrying" } as const;

async function timesOf(job: WorkerJob, running: Running | undefined): Promise<JobTimes> {
  const endedAtMs = running?.endedAtMs ?? Date.now();
  const startedAtMs = running?.startedAtMs ?? endedAtMs;
  return { startedAtMs, firstChunkAtMs: await firstChunkAtMs(job), endedAtMs };
}

/** Looked up in the log of a job that has ended, so that nobody has to follow each chunk as it comes. */
async function firstChunkAtMs(job: WorkerJob): Promise<number | undefined> {
  for await (const event of job.events()) {
    if (event.type === "chunk") return event.atMs;
  }
  return undefined;
}
