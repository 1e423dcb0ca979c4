/** Larger files are not searched. */
export const MAX_FILE_BYTES = 4_194_304;
const SNIFFED_BYTES = 8_192;
const MAX_LINE_CHARS = 400;
/** Of a long line, how much is shown before what was found. */
const CHARS_BEFORE = 100;

export type Line = {
  /** From 1. */
  readonly line: number;
  /** The line, or 400 characters around what was found. */
  readonly text: string;
};

/** The lines of a file that have what is searched for; none if the file is binary. */
export type LineSearch = (bytes: Buffer) => Iterable<Line>;

export function lineSearch(text: string, ignoreCase: boolean): LineSearch {
  const folded = (value: string): string => (ignoreCase ? value.toLowerCase() : value);
  const wanted = folded(text);
  return function* (bytes) {
    if (bytes.subarray(0, SNIFFED_BYTES).includes(0)) return;
    let number = 0;
    for (const line of bytes.toString("utf8").split("\n")) {
      number += 1;
      const at = folded(line).indexOf(wanted);
      if (at >= 0) yield { line: number, text: excerpt(line, at) };
    }
  };
}

function excerpt(line: string, at: number): string {
  if (line.length <= MAX_LINE_CHARS) return line.replace(/\r$/, "");
  const start = Math.max(0, at - CHARS_BEFORE);
  return line.slice(start, start + MAX_LINE_CHARS).toWellFormed();
}
