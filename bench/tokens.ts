const WIDTH = 6;

/** What a stream of `count` chunks consists of: 6 characters each, all different. */
export function tokensOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${i.toString(36).padStart(WIDTH - 1, "0")} `);
}

/**
 * Reads one stream: compares each chunk with the one that must come now, so that a chunk that is lost, doubled, changed or out
 * of place fails the bench. Every contestant reads by it.
 */
export class TokenReader {
  readonly #tokens: readonly string[];
  #read = 0;
  #isWrong: boolean = false;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  /** Notes what is wrong and does not throw: whoever calls may be a library that would keep the error to itself. */
  readonly take = (text: string): void => {
    if (text !== this.#tokens[this.#read++]) this.#isWrong = true;
  };

  end(): void {
    if (this.#isWrong || this.#read !== this.#tokens.length) {
      const { length } = this.#tokens;
      throw new Error(
        `read ${this.#read} chunks of ${length}, ${this.#isWrong ? "other ones" : "too few"}`,
      );
    }
  }
}
