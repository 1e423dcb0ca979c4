const MAX_PIECES = 1_024;

/**
 * Joins many small pieces to one text. V8's own `+=` would keep an object of 32 bytes for each piece until the text is read:
 * of a long stream of single characters that is 32 times the text.
 */
export class TextBuffer {
  readonly #blocks: string[] = [];
  #pieces: string[] = [];

  add(piece: string): void {
    this.#pieces.push(piece);
    if (this.#pieces.length < MAX_PIECES) return;
    this.#blocks.push(this.#pieces.join(""));
    this.#pieces = [];
  }

  toString(): string {
    return this.#blocks.join("") + this.#pieces.join("");
  }
}
