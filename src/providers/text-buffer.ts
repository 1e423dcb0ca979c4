const MAX_PIECES = 16;

/**
 * Joins many small pieces to one text.
 *
 * Each `+=` has V8 keep an object of 32 bytes until the text is read: done for every single character that would be 32 times the
 * text. And a piece that came out of `JSON.parse` may be a view of all the JSON: so no more than a few are kept as they came.
 */
export class TextBuffer {
  #text = "";
  #pieces: string[] = [];

  add(piece: string): void {
    this.#pieces.push(piece);
    if (this.#pieces.length < MAX_PIECES) return;
    this.#text += this.#pieces.join("");
    this.#pieces = [];
  }

  toString(): string {
    return this.#text + this.#pieces.join("");
  }
}
