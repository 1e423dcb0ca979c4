import type { JobOutcome, WorkerJob } from "../handles.ts";

type Ended = { readonly job: WorkerJob; readonly outcome: JobOutcome };

export type BatchSource<Input> = {
  readonly inputs: Iterable<Input> | AsyncIterable<Input>;
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  readonly start: (input: Input) => WorkerJob;
};

/**
 * Starts a job for each input as room allows, and yields the jobs as they end.
 *
 * 1. Jobs that run and jobs that ended but were not taken yet are `concurrency` together, at most: so a slow taker slows the
 *    pulling of inputs, and nothing piles up.
 * 2. The next input is waited for beside the running jobs: a slow source holds up no result.
 * 3. However the iteration ends, what still runs is cancelled, and has ended before it is over.
 */
export async function* runAll<Input>(
  source: BatchSource<Input>,
): AsyncGenerator<Ended, undefined, undefined> {
  const batch = new Batch(source);
  try {
    for (;;) {
      const ended = await batch.next();
      if (!ended) return;
      yield ended;
    }
  } finally {
    await batch.close();
  }
}

class Batch<Input> {
  readonly #source: BatchSource<Input>;
  readonly #iterator: Iterator<Input> | AsyncIterator<Input>;
  readonly #running = new Set<WorkerJob>();
  readonly #ended: Ended[] = [];
  readonly #onAbort = () => this.#abort();
  #failure: { readonly error: unknown } | undefined;
  #isPulling: boolean = false;
  /** No input is pulled any more. */
  #isOver: boolean = false;
  /** The source has no more inputs, or has thrown: it is not to be told that it is left. */
  #sourceHasEnded: boolean = false;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(source: BatchSource<Input>) {
    this.#source = source;
    this.#iterator =
      Symbol.asyncIterator in source.inputs
        ? source.inputs[Symbol.asyncIterator]()
        : source.inputs[Symbol.iterator]();
    source.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (source.signal?.aborted) this.#isOver = true;
  }

  /** The next job that ends; undefined when there are no more. Throws what the source or a refused input throws. */
  async next(): Promise<Ended | undefined> {
    for (;;) {
      const ended = this.#ended.shift();
      this.#pull();
      if (ended) return ended;
      if (this.#failure) throw this.#failure.error;
      if (this.#isOver && this.#running.size === 0) return undefined;
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
  }

  async close(): Promise<void> {
    this.#source.signal?.removeEventListener("abort", this.#onAbort);
    this.#isOver = true;
    const running = [...this.#running];
    for (const job of running) void job.cancel("the batch was left");
    await Promise.all(running.map((job) => job.outcome));
    await this.#leaveSource();
  }

  async #leaveSource(): Promise<void> {
    if (this.#sourceHasEnded) return;
    const left = (async () => this.#iterator.return?.())();
    // One that is being waited for is told, but not waited for: it could keep us waiting.
    if (this.#isPulling) left.catch(() => {});
    else await left;
  }

  #pull(): void {
    const open = this.#running.size + this.#ended.length;
    if (this.#isPulling || this.#isOver || open >= this.#source.concurrency) return;
    this.#isPulling = true;
    void this.#take().finally(() => {
      this.#isPulling = false;
      this.#pull();
      this.#changed.resolve();
    });
  }

  /** Never rejects. */
  async #take(): Promise<void> {
    try {
      const next = await this.#nextInput();
      if (!next.done && !this.#isOver) this.#start(next.value);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #nextInput(): Promise<IteratorResult<Input>> {
    try {
      const next = await this.#iterator.next();
      if (next.done) this.#sourceEnded();
      return next;
    } catch (error) {
      this.#sourceEnded();
      // In the same turn: one that is over without a failure has simply ended.
      this.#failed(error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    this.#failure ??= { error };
    this.#isOver = true;
  }

  #sourceEnded(): void {
    this.#sourceHasEnded = true;
    this.#isOver = true;
  }

  #start(input: Input): void {
    const job = this.#source.start(input);
    this.#running.add(job);
    void job.outcome.then((outcome) => {
      this.#running.delete(job);
      this.#ended.push({ job, outcome });
      this.#changed.resolve();
    });
  }

  #abort(): void {
    this.#isOver = true;
    for (const job of this.#running) void job.cancel("the batch was aborted");
    this.#changed.resolve();
  }
}
