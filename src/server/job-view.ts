import type { JobEvent, WorkerJob } from "../index.ts";
import type { JobEncoder } from "./job-encoder.ts";

/** What is sent at once, if there is so much: nothing is gathered beyond that for a client that does not read. */
const BATCH_CHARS = 16_384;
/** A view that is not read for so long no longer reads its job: nobody waits for it. */
const PATIENCE_MS = 500;
const COMMENT = ": \n\n";

/** How a stream has ended: read to its end, left by its client, or cut off because it was not read. */
export type ViewEnd = "delivered" | "left" | "cut-off";

export type JobViewOptions = {
  readonly job: WorkerJob;
  /** The `seq` of the first event that is shown. */
  readonly from: number;
  readonly encoder: JobEncoder;
  readonly nowMs: () => number;
  /** Ends the client's connection, where the host of the app can do that. */
  readonly disconnect: (() => void) | undefined;
  /** The client has it all. Not called when it has left before, or was cut off. */
  readonly onDelivered?: () => void;
  /** The client has left, or did not read for so long that it was cut off. */
  readonly onLeft?: () => void;
  readonly onClosed: (how: ViewEnd) => void;
};

type Step = IteratorResult<JobEvent, undefined>;
type Next = { readonly step: Promise<Step>; isThere: boolean };

/**
 * A job as one client sees it: what its log says from a place on, encoded, as fast as the client reads and no faster.
 *
 * It is detachable: leaving it cancels nothing. While it is read it is one of the job's lossless readers; when it is not read for half
 * a second it lets go of the job, so that a client that sleeps holds up nobody, and goes on from its place when it is read again.
 */
export class JobView {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #options: JobViewOptions;
  readonly #utf8 = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #events: AsyncIterator<JobEvent, undefined> | undefined;
  /** The next event, on its way. */
  #next: Next | undefined;
  #nextSeq: number;
  #isHeadSent: boolean = false;
  #hasEnded: boolean = false;
  #isClosed: boolean = false;
  /** Since when nothing was asked for; undefined: the client waits for more. */
  #unreadSinceMs: number | undefined;
  #lastSentMs: number;

  constructor(options: JobViewOptions) {
    this.#options = options;
    this.#nextSeq = options.from;
    this.#lastSentMs = options.nowMs();
    this.#unreadSinceMs = this.#lastSentMs;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#leave("left"),
      },
      { highWaterMark: 0 },
    );
  }

  /** To be called from time to time. */
  tick(heartbeatMs: number, unreadMs: number): void {
    if (this.#isClosed) return;
    const now = this.#options.nowMs();
    if (this.#unreadSinceMs === undefined) {
      if (now - this.#lastSentMs >= heartbeatMs) this.#send(COMMENT);
      return;
    }
    const unread = now - this.#unreadSinceMs;
    if (unread >= unreadMs) this.cut();
    else if (unread >= PATIENCE_MS) this.#letGo();
  }

  /** Ends the client's connection. Where the protocol allows, it can resume. */
  cut(): void {
    if (this.#isClosed) return;
    const { disconnect } = this.#options;
    if (disconnect) disconnect();
    else this.#controller?.error(new DOMException("the stream was not read", "AbortError"));
    this.#leave("cut-off");
  }

  async #pull(): Promise<void> {
    this.#unreadSinceMs = undefined;
    const text = await this.#batch();
    if (this.#isClosed) return;
    if (text !== "") this.#send(text);
    this.#unreadSinceMs = this.#options.nowMs();
    if (!this.#hasEnded) return;
    this.#controller?.close();
    this.#options.onDelivered?.();
    this.#close("delivered");
  }

  /** Resolves as soon as there is something to send, to all that is there by then. */
  async #batch(): Promise<string> {
    let text = this.#isHeadSent ? "" : this.#options.encoder.head;
    this.#isHeadSent = true;
    while (!this.#hasEnded && text.length < BATCH_CHARS) {
      const next = this.#ask();
      if (text !== "" && !(await isThere(next))) break;
      const step = await next.step;
      if (this.#isClosed) return "";
      this.#next = undefined;
      text += this.#encode(step);
    }
    return text;
  }

  #encode({ done, value: event }: Step): string {
    const { encoder } = this.#options;
    if (done) this.#hasEnded = true;
    if (done) return "";
    this.#nextSeq = event.seq + 1;
    const text = encoder.encode(event);
    if (encoder.isOver) this.#hasEnded = true;
    return text;
  }

  #ask(): Next {
    if (this.#next) return this.#next;
    this.#events ??= this.#options.job.events({ from: this.#nextSeq });
    const next = { step: this.#events.next(), isThere: false };
    void next.step.then(() => {
      next.isThere = true;
    });
    this.#next = next;
    return next;
  }

  #send(text: string): void {
    this.#lastSentMs = this.#options.nowMs();
    this.#controller?.enqueue(this.#utf8.encode(text));
  }

  #leave(how: "left" | "cut-off"): void {
    if (this.#isClosed) return;
    this.#close(how);
    this.#options.onLeft?.();
  }

  #letGo(): void {
    void this.#events?.return?.();
    this.#events = undefined;
    this.#next = undefined;
  }

  #close(how: ViewEnd): void {
    this.#isClosed = true;
    this.#letGo();
    this.#options.onClosed(how);
  }
}

/** What is there already has said so by the next microtask. */
async function isThere(next: Next): Promise<boolean> {
  await null;
  return next.isThere;
}
