import type { Output } from "./output.ts";
import { counts, pace } from "./report.ts";
import type { ResultLine } from "./result-line.ts";
import type { Tally } from "./tally.ts";

const PROGRESS_MS = 5_000;

/** Tells of a run in lines: each failure, and every few seconds how far it is. Owns a timer, until it is closed. */
export class PlainLines {
  readonly #stderr: Output;
  readonly #timer: NodeJS.Timeout;

  constructor(stderr: Output, tally: Tally) {
    this.#stderr = stderr;
    this.#timer = setInterval(() => {
      const snapshot = tally.snapshot(Date.now());
      this.note(`${counts(snapshot)} (${pace(snapshot)})`);
    }, PROGRESS_MS);
  }

  note(text: string): void {
    void this.#stderr.print(`heddle: ${text}\n`);
  }

  ended(line: ResultLine): void {
    if (line.status !== "failed") return;
    this.note(`${line.id} failed: ${line.error?.code} ${line.error?.message}`);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
