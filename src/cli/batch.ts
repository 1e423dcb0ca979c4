import type { JobOutcome, Session, SessionEvent, WorkerJob, WorkerOptions } from "../index.ts";
import type { Input } from "./input.ts";
import type { ResultLine } from "./result-line.ts";
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
  /** Shows a job while it runs, or one that a tool has run as its child. It is waited for before the job's line is written. */
  readonly follow: ((job: WorkerJob) => Promise<void>) | undefined;
  readonly write: (line: ResultLine) => Promise<void>;
  readonly written: (line: ResultLine) => void;
  /** What result lines say of who answered. */
  readonly label: { readonly provider: string; readonly model: string };
  readonly tally: Tally;
};

/** Runs each input as a job on a worker of its own, and writes the results as they come. */
export class Batch {
  readonly #parts: BatchParts;
  /** What shows a job while it runs, by the job's id. */
  readonly #followed = new Map<string, Promise<void> | undefined>();
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
    await this.#followed.get(job.id);
    const line = resultLine({ id: job.id, ...label }, outcome, job.times);
    await write(line);
    tally.ended(line, Date.now());
    written(line);
    this.#followed.delete(job.id);
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
    if (inner.type === "waiting") this.#parts.tally.state(jobId, WAITING[inner.for]);
  }

  #begin(jobId: string, workerId: string): void {
    const job = this.#parts.session.job(jobId);
    if (job === undefined) return;
    if (job.parentId !== undefined) {
      this.#followChild(job);
      return;
    }
    this.#jobIds.set(workerId, jobId);
    this.#followed.set(jobId, this.#parts.follow?.(job));
    this.#parts.tally.started(jobId, Date.now());
    // An input may have been on its way when all was cancelled.
    if (this.#parts.stopping.cancelled.aborted) this.#cancel(job);
  }

  /** It has no line of its own. */
  #followChild(child: WorkerJob): void {
    let { id, parent } = child;
    while (parent !== undefined) ({ id, parent } = parent);
    const both = Promise.all([this.#followed.get(id), this.#parts.follow?.(child)]);
    this.#followed.set(
      id,
      both.then(() => {}),
    );
  }

  #showState(workerId: string, state: string): void {
    const jobId = this.#jobIds.get(workerId);
    if (jobId !== undefined && state !== "idle" && state !== "stopped") {
      this.#parts.tally.state(jobId, state === "awaiting-confirmation" ? "to approve" : state);
    }
  }

  #cancel(job: WorkerJob): void {
    void job.cancel(String(this.#parts.stopping.cancelled.reason));
  }
}

const WAITING = { thread: "queued", "rate-limit": "rate limit", retry: "retrying" } as const;
