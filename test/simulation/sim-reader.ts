import { HeddleError } from "../../src/errors.ts";
import type { JobEvent } from "../../src/protocol/job.ts";
import type { ModelResponseChunk } from "../../src/protocol/model.ts";
import type { Job } from "../../src/supervisor/jobs/job.ts";
import type { JobLog } from "../../src/supervisor/log/job-log.ts";
import { chunkSize } from "../../src/transport/chunk-frame.ts";
import type { Participant } from "./world.ts";

/** Reads a job's log at the scheduler's pace. */
export class SimReader implements Participant {
  readonly job: Job;
  readonly as: "lossless" | "latest" | "chunks";
  readonly from: number;
  readonly events: JobEvent[] = [];
  readonly chunks: ModelResponseChunk[] = [];
  /** Whether nothing had been sent when it came. */
  readonly fromStart: boolean;
  readBytes = 0;
  isPaused: boolean = false;
  hasLeft: boolean = false;
  hasEnded: boolean = false;
  thrown: HeddleError | undefined;
  readonly #iterator: AsyncIterator<JobEvent | ModelResponseChunk, undefined>;
  #isWaiting: boolean = false;

  constructor(job: Job, as: "lossless" | "latest" | "chunks", from: number) {
    this.job = job;
    this.as = as;
    this.fromStart = job.stream.log.chunkBytes === 0 && (from === 0 || as === "chunks");
    this.from = as === "chunks" ? 0 : from;
    this.#iterator =
      as === "chunks" ? job[Symbol.asyncIterator]() : job.events({ from, policy: as });
  }

  get log(): JobLog {
    return this.job.stream.log;
  }

  collect(all: (() => void)[]): void {
    const isIdle = this.isPaused || this.#isWaiting || this.hasLeft || this.hasEnded;
    if (!isIdle) all.push(this.#readOne);
  }

  leave(): void {
    this.hasLeft = true;
    void this.#iterator.return?.();
  }

  readonly #readOne = (): void => {
    this.#isWaiting = true;
    void this.#read();
  };

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#iterator.next();
      if (done) this.hasEnded = true;
      else this.#take(value);
    } catch (error) {
      this.hasEnded = true;
      if (!HeddleError.is(error)) throw error;
      this.thrown = error;
    }
    this.#isWaiting = false;
  }

  #take(value: JobEvent | ModelResponseChunk): void {
    if (this.as === "chunks") this.chunks.push(value as ModelResponseChunk);
    else this.events.push(value as JobEvent);
    const chunk = "seq" in value ? (value.type === "chunk" ? value.chunk : undefined) : value;
    if (chunk) this.readBytes += chunkSize(chunk);
  }
}
