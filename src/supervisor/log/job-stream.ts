import type { JobEvent } from "../../protocol/job.ts";
import type { ModelResponseChunk } from "../../protocol/model.ts";
import type { ChunkRun } from "../../transport/chunk-frame.ts";
import { cutRun } from "../../transport/chunk-frame.ts";
import { ByteWindow } from "./byte-window.ts";
import { JobLog } from "./job-log.ts";
import { LogFanOut } from "./log-fan-out.ts";
import { LogIterator } from "./log-iterator.ts";
import type { ReadPolicy } from "./log-reader.ts";
import { LogReader } from "./log-reader.ts";

/** Where a model call's demand goes: cumulative bytes of that call. */
type GrantDemand = (bytes: number) => void;

export type JobStreamOptions = {
  readonly windowBytes: number;
  readonly maxOutputBytes: number;
  /** Told when readers begin to hold the stream back, and when they no longer do. */
  readonly onHeld: (isHeld: boolean) => void;
  readonly onSubscriberFailed: (error: unknown) => void;
  /** Told of every event that is no chunk, in the order of the log. */
  readonly onEvent: (event: JobEvent) => void;
};

/** A job's log with those who read it, and what they allow its model calls to send. */
export class JobStream {
  readonly log: JobLog;
  readonly #options: JobStreamOptions;
  readonly #window: ByteWindow;
  #fanOut: LogFanOut | undefined;
  #call: { readonly baseBytes: number; readonly grant: GrantDemand } | undefined;
  /** Where the chunks of the response under way begin. */
  #responseSeq = 0;
  #isHeld: boolean = false;
  #isFull: boolean = false;

  constructor(options: JobStreamOptions) {
    this.#options = options;
    this.log = new JobLog(options.onEvent);
    this.#window = new ByteWindow(options.windowBytes);
  }

  get fanOut(): LogFanOut {
    if (!this.#fanOut) {
      const reader = this.#reader(this.log.nextSeq, "free");
      this.#fanOut = new LogFanOut(this.log, reader, this.#options.onSubscriberFailed);
    }
    return this.#fanOut;
  }

  /** All that has arrived, also what was too much to keep. */
  get receivedBytes(): number {
    return this.#window.receivedBytes;
  }

  /** A model call begins. Returns how many bytes it may send at first; later, `grant` is told. */
  openCall(grant: GrantDemand): number {
    this.#window.renew();
    const baseBytes = this.#window.receivedBytes;
    this.#call = { baseBytes, grant };
    this.#responseSeq = this.log.nextSeq;
    return this.#window.grantedBytes - baseBytes;
  }

  /** The model call has ended. Its text counts as open until the response is noted. */
  closeCall(): void {
    this.#call = undefined;
    this.#hold();
  }

  /** The open response is complete. */
  responded(): void {
    this.#responseSeq = this.log.nextSeq;
  }

  /** Takes chunks as they arrive. Returns false when the job has more output than it may keep; what is too much, and all after it, is dropped. */
  receive(run: ChunkRun, atMs: number): boolean {
    const kept = this.#isFull ? undefined : this.#fitting(run);
    this.#isFull = kept !== run;
    this.#window.received(run.sizeBytes);
    if (kept && kept.count > 0) this.log.appendChunks(kept, atMs);
    this.#renew();
    return !this.#isFull;
  }

  /** The text that has arrived since the last complete response. */
  openText(): string {
    return this.log.textFrom(this.#responseSeq);
  }

  events(from: number, policy: ReadPolicy): LogIterator<JobEvent> {
    const reader = this.#reader(from, policy);
    return new LogIterator(
      this.log,
      reader,
      () => reader.readEvent(),
      () => {},
    );
  }

  /** `onEnd` may throw to the reader once everything was read. */
  chunks(onEnd: () => void): LogIterator<ModelResponseChunk> {
    const reader = this.#reader(0, "lossless");
    return new LogIterator(this.log, reader, () => reader.readChunk(), onEnd);
  }

  #fitting(run: ChunkRun): ChunkRun {
    const left = this.#options.maxOutputBytes - this.log.chunkBytes;
    return run.sizeBytes <= left ? run : cutRun(run, left);
  }

  #reader(from: number, policy: ReadPolicy | "free"): LogReader {
    return new LogReader(this.log, {
      from,
      policy,
      window: this.#window,
      onProgress: () => this.#renew(),
    });
  }

  #renew(): void {
    const granted = this.#window.renew();
    const call = this.#call;
    if (granted !== undefined && call) call.grant(granted - call.baseBytes);
    this.#hold();
  }

  #hold(): void {
    const isHeld = this.#call !== undefined && this.#window.isClosed;
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#options.onHeld(isHeld);
  }
}
