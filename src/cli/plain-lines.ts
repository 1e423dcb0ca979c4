import type { Output } from "./output.ts";
import type { ResultLine } from "./result-line.ts";

const PROGRESS_MS = 5_000;

/** Tells of a run in lines: each failure, and every few seconds how far it is. Owns a timer, until it is closed. */
export class PlainLines {
  readonly #stderr: Output;
  readonly #timer: NodeJS.Timeout;

  /** `progress` says how far the run is. */
  constructor(stderr: Output, progress: () => string) {
    this.#stderr = stderr;
    this.#timer = setInterval(() => {
      // What a person is asked meanwhile would be followed by all that had piled up.
      if (!stderr.isHeld) this.note(progress());
    }, PROGRESS_MS);
  }

  hold(): void {
    // Lines leave nothing that would have to be taken away.
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
