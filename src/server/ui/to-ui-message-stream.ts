import type { JobEvent, WorkerJob } from "../../index.ts";
import type { UIMessageChunk } from "./chunk.ts";
import { UIChunks } from "./ui-chunks.ts";

export type UIMessageStreamOptions = {
  /** The `seq` of the first event that is told; for who has told the rest already. @defaultValue 0 */
  readonly from?: number;
  /** The message's id. Streams of the same job have the same one, so that they are one message. @defaultValue the job's id */
  readonly messageId?: string;
  /** Whether the model's reasoning is told. @defaultValue true */
  readonly sendReasoning?: boolean;
};

/**
 * A job as the AI SDK's UI message stream, for a route of one's own: `createUIMessageStreamResponse({ stream })` sends it.
 *
 * It ends after the job's end, or when all that is left to do waits for approvals; with `from`, another one goes on behind that. It is read as
 * fast as its reader reads, holds the job back as a lossless reader does, and leaving it cancels nothing. It never fails: what the job fails with
 * is told as an `error`.
 *
 * @throws {HeddleError} `INVALID_OPTION` for a `from` that is no place in a log.
 */
export function toUIMessageStream(
  job: WorkerJob,
  { from = 0, ...options }: UIMessageStreamOptions = {},
): ReadableStream<UIMessageChunk> {
  // Checked at once, though the log is read from its beginning: what is told depends on all that was before.
  void job.events({ from }).return?.();
  const told = new ToldEvents(
    job,
    from,
    new UIChunks({ jobId: job.id, media: (ref) => job.media(ref), ...options }),
  );
  return new ReadableStream<UIMessageChunk>(
    {
      start: (controller) => controller.enqueue(told.start),
      pull: async (controller) => {
        const { chunks, isOver } = await told.next();
        for (const chunk of chunks) controller.enqueue(chunk);
        if (isOver) controller.close();
      },
      cancel: () => told.leave(),
    },
    { highWaterMark: 0 },
  );
}

type Told = { readonly chunks: readonly UIMessageChunk[]; readonly isOver: boolean };
type Next = { readonly step: Promise<IteratorResult<JobEvent, undefined>>; isThere: boolean };

/** A job's log, read from its beginning and told from a place on. */
class ToldEvents {
  readonly #events: AsyncIterator<JobEvent, undefined>;
  readonly #from: number;
  readonly #chunks: UIChunks;
  #next: Next | undefined;

  constructor(job: WorkerJob, from: number, chunks: UIChunks) {
    this.#events = job.events();
    this.#from = from;
    this.#chunks = chunks;
  }

  get start(): UIMessageChunk {
    return this.#chunks.start();
  }

  /** Resolves when there is something to tell, or nothing more. */
  async next(): Promise<Told> {
    for (;;) {
      const { value: event } = await this.#ask().step;
      this.#next = undefined;
      if (!event) return { chunks: [], isOver: true };
      const chunks = this.#tell(event);
      if (event.seq >= this.#from && (await this.#isAtRest())) {
        this.leave();
        return { chunks: [...chunks, ...this.#chunks.endRun()], isOver: true };
      }
      if (chunks.length > 0) return { chunks, isOver: false };
    }
  }

  leave(): void {
    void this.#events.return?.();
  }

  #tell(event: JobEvent): readonly UIMessageChunk[] {
    const chunks = this.#chunks.map(event);
    if (event.seq >= this.#from) return chunks;
    if (event.seq + 1 === this.#from) this.#begin();
    return [];
  }

  /** What comes is told from here on. */
  #begin(): void {
    if (this.#chunks.waiting.length > 0) this.#chunks.endRun();
    this.#chunks.forget();
  }

  /** Approvals are waited for now: the log says nothing after that. */
  async #isAtRest(): Promise<boolean> {
    if (this.#chunks.waiting.length === 0) return false;
    const next = this.#ask();
    // What is there already has said so within this turn.
    await new Promise<void>((resolve) => setImmediate(resolve));
    return !next.isThere;
  }

  #ask(): Next {
    const asked = this.#next;
    if (asked) return asked;
    const next = { step: this.#events.next(), isThere: false };
    void next.step.then(() => {
      next.isThere = true;
    });
    this.#next = next;
    return next;
  }
}
