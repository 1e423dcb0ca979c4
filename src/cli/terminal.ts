import { createColors } from "picocolors";

type Env = { readonly [name: string]: string | undefined };
type Stream = { readonly isTerminal: boolean };

export type Colors = ReturnType<typeof createColors>;

/** Whether lines of `stream` can be drawn again. */
export function canRedraw(stream: Stream, env: Env): boolean {
  return stream.isTerminal && env["TERM"] !== "dumb";
}

/** Colours for `stream`; none if it is no terminal, or `NO_COLOR` is set (https://no-color.org). */
export function colorsFor(stream: Stream, env: Env): Colors {
  return createColors(canRedraw(stream, env) && (env["NO_COLOR"] ?? "") === "");
}

/** Text of models, servers and input files as a terminal may get it: control characters could move its cursor or reach the clipboard. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "");
}

/** `text` on one line of at most `width` cells, cut with an ellipsis. */
export function cutToWidth(text: string, width: number): string {
  const line = printable(text).replace(/\s+/g, " ");
  let cells = 0;
  let kept = "";
  for (const character of line) {
    cells += cellsOf(character);
    if (cells > width) return width < 1 ? "" : `${cutTo(kept, width - 1)}…`;
    kept += character;
  }
  return kept;
}

/** `cutToWidth`, and filled up with spaces. */
export function padToWidth(text: string, width: number): string {
  const fitted = cutToWidth(text, width);
  const cells = [...fitted].reduce((sum, character) => sum + cellsOf(character), 0);
  return fitted + " ".repeat(Math.max(0, width - cells));
}

/** `text`, which has no line breaks, on as many lines of at most `width` cells as it takes. */
export function wrapToWidth(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let cells = 0;
  for (const character of text) {
    const more = cellsOf(character);
    if (cells + more > width && line !== "") {
      lines.push(line);
      [line, cells] = ["", 0];
    }
    line += character;
    cells += more;
  }
  return [...lines, line];
}

function cutTo(text: string, width: number): string {
  let cells = 0;
  let kept = "";
  for (const character of text) {
    cells += cellsOf(character);
    if (cells > width) break;
    kept += character;
  }
  return kept;
}

/** Two for all that may be wide, also for some that is not: a line may come out short, never long. */
function cellsOf(character: string): number {
  return (character.codePointAt(0) ?? 0) < 0x11_00 ? 1 : 2;
}
