/** One line of a file, without its line break. A line past the limit is known by its number only. */
export type Line =
  | { readonly type: "line"; readonly number: number; readonly bytes: Buffer }
  | { readonly type: "too-long"; readonly number: number };

const LINE_FEED = 0x0a;

/**
 * Cuts a stream of bytes into lines, as the reader asks for them.
 *
 * Holds at most one chunk and one line of `maxBytes`: what is longer is read past, not kept. A last line without a line
 * break counts; a carriage return stays part of its line.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<Line, void, undefined> {
  const open = new OpenLine(maxBytes);
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      open.add(chunk.subarray(start, end));
      yield open.take();
      start = end + 1;
    }
    open.add(chunk.subarray(start));
  }
  if (!open.isEmpty) yield open.take();
}

class OpenLine {
  readonly #maxBytes: number;
  #number = 0;
  #sizeBytes = 0;
  #parts: Buffer[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#sizeBytes === 0;
  }

  add(part: Buffer): void {
    this.#sizeBytes += part.length;
    if (this.#sizeBytes > this.#maxBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  take(): Line {
    this.#number += 1;
    const line: Line =
      this.#sizeBytes > this.#maxBytes
        ? { type: "too-long", number: this.#number }
        : { type: "line", number: this.#number, bytes: Buffer.concat(this.#parts) };
    this.#sizeBytes = 0;
    this.#parts = [];
    return line;
  }
}
