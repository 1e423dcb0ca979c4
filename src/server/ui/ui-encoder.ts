import type { JobEvent, WorkerJob } from "../../index.ts";
import type { JobEncoder } from "../job-encoder.ts";
import { sseData } from "../job-encoder.ts";
import type { ProviderStates } from "../provider-state.ts";
import type { UIMessageChunk } from "./chunk.ts";
import { UIChunks } from "./ui-chunks.ts";

export type UIEncoderOptions = {
  readonly job: Pick<WorkerJob, "id" | "media">;
  readonly states: Pick<ProviderStates, "seal">;
  /** Whether an approval is waited for now: a log may say of one that it waits that has been decided since. */
  readonly isPending: (approvalId: string) => boolean;
  /** Approvals of which the client has been told, all of one response: it is sent what comes after that. Left out: it is sent everything. */
  readonly answered?: readonly string[];
};

/**
 * A job as a UI message stream, read from the beginning of its log. It is over when the job has ended, or when all that is left to do waits
 * for approvals that nobody has given: then the client's answers begin another stream.
 */
export class UIEncoder implements JobEncoder {
  readonly head: string;
  readonly #chunks: UIChunks;
  readonly #options: UIEncoderOptions;
  readonly #answered: ReadonlySet<string>;
  /** Approvals that the log has asked for so far. */
  readonly #asked = new Set<string>();
  #isSilent: boolean;
  #isOver: boolean = false;

  constructor(options: UIEncoderOptions) {
    this.#options = options;
    const { job, states } = options;
    this.#chunks = new UIChunks({
      jobId: job.id,
      media: (ref) => job.media(ref),
      seal: (response) => states.seal(response),
    });
    this.#answered = new Set(options.answered);
    this.#isSilent = this.#answered.size > 0;
    this.head = sseData(this.#chunks.start());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The approvals on which it has ended; none: the job has ended, or it is not over. */
  get waiting(): readonly string[] {
    return this.#chunks.waiting;
  }

  encode(event: JobEvent): string {
    if (this.#isSilent && !this.#speaksAt(event)) return "";
    return this.#send(this.#chunks.map(event), isTerminal(event));
  }

  /** Whether what the client has not been told begins with `event`. */
  #speaksAt(event: JobEvent): boolean {
    const isAnswer =
      event.type === "confirmation-decided" && this.#answered.has(event.confirmationId);
    if (isAnswer || isTerminal(event)) {
      this.#isSilent = false;
      return true;
    }
    this.#chunks.map(event);
    if (event.type === "confirmation-requested") this.#asked.add(event.confirmationId);
    const hasAsked = [...this.#answered].every((id) => this.#asked.has(id));
    if (!hasAsked || this.#chunks.waiting.length === 0) return false;
    // The client's stream has ended here.
    this.#chunks.endRun();
    this.#isSilent = false;
    return false;
  }

  #send(chunks: readonly UIMessageChunk[], hasEnded: boolean): string {
    const waiting = hasEnded ? [] : this.#chunks.waiting;
    const isAtRest = waiting.length > 0 && waiting.every(this.#options.isPending);
    this.#isOver = hasEnded || isAtRest;
    const all = isAtRest ? [...chunks, ...this.#chunks.endRun()] : chunks;
    const text = all.map(sseData).join("");
    return this.#isOver ? `${text}data: [DONE]\n\n` : text;
  }
}

function isTerminal({ type }: JobEvent): boolean {
  return type === "completed" || type === "cancelled" || type === "failed";
}
