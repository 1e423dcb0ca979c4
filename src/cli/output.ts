import type { Redact } from "./redact.ts";
import { printable } from "./terminal.ts";

/** What the command needs of `process.stdout` and `process.stderr`. */
export type OutputStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string, taken: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
};

/** A standard stream that is one writer's alone, until it is released. */
export type Hold = {
  readonly write: (text: string) => Promise<void>;
  readonly release: () => void;
};

/**
 * A standard stream, written to in order and without secrets. Nothing else in the command writes to these streams, but for the
 * line editor, while it holds them.
 *
 * When it can take no more, most often because its reader went away (`heddle … | head -1`), `gone` aborts with the error as
 * its reason, and later writes are dropped.
 */
export class Output {
  readonly isTerminal: boolean;
  readonly #stream: OutputStream;
  readonly #redact: Redact;
  readonly #gone = new AbortController();
  #held: PromiseWithResolvers<void> | undefined;

  constructor(stream: OutputStream, redact: Redact) {
    this.isTerminal = stream.isTTY === true;
    this.#stream = stream;
    this.#redact = redact;
    stream.on("error", (error) => this.#gone.abort(error));
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** A terminal that does not know its size says 0. */
  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 };
  }

  /** As `write`; of text that others have written, a terminal gets no control characters. */
  async print(text: string): Promise<void> {
    await this.write(this.isTerminal ? printable(text) : text);
  }

  /** Resolves when the stream has taken the text; never rejects. Whoever waits for it writes no faster than it is read. */
  async write(text: string): Promise<void> {
    while (this.#held !== undefined) await this.#held.promise;
    await this.#put(text);
  }

  get isHeld(): boolean {
    return this.#held !== undefined;
  }

  /** All other writes wait until it is released. One at a time may hold it. */
  hold(): Hold {
    const held = Promise.withResolvers<void>();
    this.#held = held;
    return {
      write: (text) => this.#put(text),
      release: () => {
        if (this.#held === held) this.#held = undefined;
        held.resolve();
      },
    };
  }

  async #put(text: string): Promise<void> {
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
