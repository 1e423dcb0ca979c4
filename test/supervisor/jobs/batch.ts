import type { JobOutcome, WorkerJob } from "../../../src/supervisor/handles.ts";
import { runAll } from "../../../src/supervisor/jobs/run-all.ts";

const result = {
  text: "",
  usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  steps: 1,
  finishReason: "stop",
} as const;

/** A job that ends when a test says so, or, cancelled, as soon as `hold` is released. */
export class FakeJob {
  readonly input: string;
  readonly outcome: Promise<JobOutcome>;
  cancelledFor: string | undefined;
  isEnded = false;
  readonly #end: (outcome: JobOutcome) => void;

  constructor(input: string) {
    const { promise, resolve } = Promise.withResolvers<JobOutcome>();
    this.input = input;
    this.outcome = promise;
    this.#end = resolve;
  }

  complete(): void {
    this.isEnded = true;
    this.#end({ status: "completed", result });
  }

  async cancel(reason: string): Promise<void> {
    this.cancelledFor ??= reason;
    this.isEnded = true;
    this.#end({ status: "cancelled", partial: {}, error: undefined as never });
  }
}

type Running = AsyncGenerator<{ job: WorkerJob; outcome: JobOutcome }, undefined>;

/** A batch with its source and its jobs, all in the hands of a test. */
export class FakeBatch {
  readonly jobs: FakeJob[] = [];
  /** Inputs that were pulled. */
  pulled = 0;
  /** The highest number of jobs that ran at once. */
  peak = 0;
  taken: string[] = [];
  /** Whether the source was told that it is left. */
  isLeft = false;
  refuse: string | undefined;

  /** The inputs "0", "1" and so on. */
  *inputs(count: number): Generator<string> {
    try {
      for (let i = 0; i < count; i++) {
        this.pulled += 1;
        yield `${i}`;
      }
    } finally {
      this.isLeft = this.pulled < count;
    }
  }

  run(
    inputs: Iterable<string> | AsyncIterable<string>,
    options: { concurrency?: number; signal?: AbortSignal } = {},
  ): Running {
    const { concurrency = 2, signal } = options;
    return runAll({ inputs, concurrency, signal, start: (input) => this.#start(input) });
  }

  /** Takes jobs until there are no more, or `count` were taken. */
  async take(batch: Running, count: number = Number.POSITIVE_INFINITY): Promise<void> {
    for (let i = 0; i < count; i++) {
      const { done, value } = await batch.next();
      if (done) return;
      this.taken.push((value.job as unknown as FakeJob).input);
    }
  }

  #start(input: string): WorkerJob {
    if (input === this.refuse) throw new Error(`refused ${input}`);
    const job = new FakeJob(input);
    this.jobs.push(job);
    this.peak = Math.max(this.peak, this.jobs.filter(({ isEnded }) => !isEnded).length);
    return job as unknown as WorkerJob;
  }
}
