import { LiveTable } from "./live-table.ts";
import type { Streams } from "./output.ts";
import { PlainLines } from "./plain-lines.ts";
import type { Prepared } from "./prepare.ts";
import { nameOf } from "./provider-choice.ts";
import { summary, table } from "./report.ts";
import type { ResultLine } from "./result-line.ts";
import type { Tally } from "./tally.ts";
import { canRedraw, colorsFor } from "./terminal.ts";

type Env = { readonly [name: string]: string | undefined };

/** What the user sees of a run while it goes on, on standard error. */
export type Display = {
  /** A line that stays. */
  note(text: string): void;
  ended(line: ResultLine): void;
  /** Takes itself away. Called before standard error is held; once that is released it comes back by itself. */
  hold(): void;
  /** Leaves nothing behind but the notes. */
  close(): void;
};

/** A live table for a batch on a terminal whose results go to a file; else lines. */
export function openDisplay(
  { options, choice }: Prepared,
  { stdout, stderr }: Streams,
  tally: Tally,
  env: Env,
): Display {
  const isShared = options.events && stdout.isTerminal;
  const isBatch = options.source.type !== "prompt";
  if (!isBatch || options.out === undefined || isShared || !canRedraw(stderr, env)) {
    return new PlainLines(stderr, () => summary(tally.snapshot(Date.now())));
  }
  const title = `heddle: ${nameOf(choice)}, results in ${options.out}`;
  const colors = colorsFor(stderr, env);
  return new LiveTable(stderr, (size) => {
    return table(tally.snapshot(Date.now()), { title, colors, ...size });
  });
}
