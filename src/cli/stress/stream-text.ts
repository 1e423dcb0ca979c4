/**
 * What an agent streams: chunks of the same width, each with its own number, so that one that is lost, doubled, torn or out of
 * order shows.
 */
export class StreamText {
  readonly pieces: readonly string[];
  readonly #width: number;

  constructor(chunks: number) {
    this.#width = String(chunks).length + 1;
    this.pieces = Array.from(
      { length: chunks },
      (_, i) => `${String(i + 1).padStart(this.#width - 1, "0")} `,
    );
  }

  /** The first `count` chunks, joined. */
  upTo(count: number): string {
    return this.pieces.slice(0, count).join("");
  }
}
