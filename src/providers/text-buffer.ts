const MAX_PIECES = 16;
const MAX_BLOCKS = 256;

/**
 * Joins many small pieces to one text.
 *
 * V8's own `+=` would keep an object of 32 bytes for each piece until the text is read: of a long stream of single characters that
 * is 32 times the text. And a piece that came out of `JSON.parse` may be a view of all the JSON: so no more than a few are kept as
 * they came.
 */
export class TextBuffer {
  #text = "";
  #blocks: string[] = [];
  #pieces: string[] = [];

  add(piece: string): void {
    this.#pieces.push(piece);
    if (this.#pieces.length === MAX_PIECES) this.#joinPieces();
  }

  toString(): string {
    return this.#text + this.#blocks.join("") + this.#pieces.join("");
  }

  #joinPieces(): void {
    this.#blocks.push(this.#pieces.join(""));
    this.#pieces = [];
    if (this.#blocks.length < MAX_BLOCKS) return;
    this.#text += this.#blocks.join("");
    this.#blocks = [];
  }
}
