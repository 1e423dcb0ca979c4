import { nowMs, readStamp } from "./servers/clock.ts";

/** Reads one stream of the paced server: each chunk's text is its number and when it was sent. */
export class LatencyReader {
  readonly chunks: number;
  readonly #latenciesMs: Float64Array;
  #read = 0;
  #isWrong: boolean = false;

  constructor(chunks: number) {
    this.chunks = chunks;
    this.#latenciesMs = new Float64Array(chunks);
  }

  /** Notes what is wrong and does not throw, as `TokenReader` does. */
  readonly take = (text: string): void => {
    const { index, sentMs } = readStamp(text);
    if (index !== this.#read) this.#isWrong = true;
    this.#latenciesMs[this.#read++] = nowMs() - sentMs;
  };

  /** How long each chunk was on its way. @throws when one was lost, doubled or out of place. */
  end(): Float64Array {
    if (this.#isWrong || this.#read !== this.chunks) {
      throw new Error(
        `read ${this.#read} chunks of ${this.chunks}${this.#isWrong ? ", wrong ones" : ""}`,
      );
    }
    return this.#latenciesMs;
  }
}
