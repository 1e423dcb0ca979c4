import type { Redact } from "./redact.ts";

/** What the command needs of `process.stdout` and `process.stderr`. */
export type OutputStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string, taken: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
};

/**
 * A standard stream, written to in order and without secrets. Nothing else in the command writes to these streams.
 *
 * When its reader goes away (`heddle … | head -1`), later writes are dropped in silence and `gone` aborts.
 */
export class Output {
  readonly isTerminal: boolean;
  readonly #stream: OutputStream;
  readonly #redact: Redact;
  readonly #gone = new AbortController();

  constructor(stream: OutputStream, redact: Redact) {
    this.isTerminal = stream.isTTY === true;
    this.#stream = stream;
    this.#redact = redact;
    stream.on("error", () => this.#gone.abort());
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#stream.columns ?? 80, rows: this.#stream.rows ?? 24 };
  }

  /** Resolves when the stream has taken the text; never rejects. Whoever waits for it writes no faster than it is read. */
  async write(text: string): Promise<void> {
    if (this.#gone.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#stream.write(this.#redact(text), () => resolve());
    });
  }
}

/** The standard streams, and what takes secrets out of anything that is written elsewhere. */
export type Streams = {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly redact: Redact;
};
