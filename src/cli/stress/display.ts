import process from "node:process";
import { LiveTable } from "../live-table.ts";
import type { Streams } from "../output.ts";
import { PlainLines } from "../plain-lines.ts";
import { summary, table } from "../report.ts";
import type { Tally } from "../tally.ts";
import { canRedraw, colorsFor } from "../terminal.ts";
import type { StressOptions } from "./arguments.ts";
import { titleOf } from "./report.ts";

/** What the user sees while agents run, on standard error. */
export type StressDisplay = Pick<LiveTable, "note" | "close">;

/** A live table on a terminal, else lines. `progress` says how far the agents are. */
export function openStressDisplay(
  options: StressOptions,
  { stderr }: Streams,
  tally: Tally,
  progress: () => string,
): StressDisplay {
  if (!canRedraw(stderr, process.env)) {
    const lines = new PlainLines(
      stderr,
      () => `${progress()}; ${summary(tally.snapshot(Date.now()))}`,
    );
    lines.note(`stress: ${titleOf(options)}`);
    return lines;
  }
  const title = `heddle stress: ${titleOf(options)}`;
  const colors = colorsFor(stderr, process.env);
  return new LiveTable(stderr, (size) =>
    table(tally.snapshot(Date.now()), { title, more: progress(), colors, ...size }),
  );
}
