import type { JobEvent } from "../../index.ts";
import type { StreamText } from "./stream-text.ts";

/** Where a chunk is in time, against the rate: its arrival less its place in the schedule, in ms of Unix time. */
export type Arrivals = {
  /** One in so many chunks is noted. */
  readonly every: number;
  readonly intervalMs: number;
  readonly offsetsMs: number[];
};

/** Checks a job's events one by one, as one reader gets them. */
export class CheckedReader {
  readonly #text: StreamText;
  readonly #arrivals: Arrivals | undefined;
  #chunks = 0;
  #nextSeq = 0;
  #terminal: JobEvent | undefined;
  #wrong: string | undefined;

  constructor(text: StreamText, arrivals: Arrivals | undefined) {
    this.#text = text;
    this.#arrivals = arrivals;
  }

  /** How many chunks it has had. */
  get chunks(): number {
    return this.#chunks;
  }

  /** How many events it has had. */
  get events(): number {
    return this.#nextSeq;
  }

  /** The first thing that was wrong: it puts all behind it in the wrong place. */
  get wrong(): string | undefined {
    return this.#wrong;
  }

  /** The event that ended the log. */
  get terminal(): JobEvent | undefined {
    return this.#terminal;
  }

  take(event: JobEvent, nowMs: number): void {
    if (event.seq !== this.#nextSeq) this.#note(`seq ${event.seq} where ${this.#nextSeq} was due`);
    this.#nextSeq = event.seq + 1;
    if (this.#terminal !== undefined) this.#note(`${event.type} after the terminal event`);
    if (event.type === "chunk") this.#takeChunk(event, nowMs);
    else if (isTerminal(event)) this.#terminal ??= event;
  }

  /** The events are over. */
  end(): void {
    if (this.#terminal === undefined) this.#note("its events ended without a terminal one");
  }

  #takeChunk({ chunk }: JobEvent & { type: "chunk" }, nowMs: number): void {
    const due = this.#text.pieces[this.#chunks];
    if (chunk.type !== "text" || chunk.text !== due) {
      const got = chunk.type === "text" ? `"${chunk.text}"` : chunk.type;
      const instead = due === undefined ? "one too many" : `not "${due}"`;
      this.#note(`chunk ${this.#chunks + 1} is ${got}, ${instead}`);
    }
    const arrivals = this.#arrivals;
    if (arrivals !== undefined && this.#chunks % arrivals.every === 0) {
      arrivals.offsetsMs.push(nowMs - this.#chunks * arrivals.intervalMs);
    }
    this.#chunks += 1;
  }

  #note(what: string): void {
    this.#wrong ??= what;
  }
}

function isTerminal({ type }: JobEvent): boolean {
  return type === "completed" || type === "cancelled" || type === "failed";
}
