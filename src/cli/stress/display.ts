import process from "node:process";
import { LiveTable } from "../live-table.ts";
import type { Streams } from "../output.ts";
import { PlainLines } from "../plain-lines.ts";
import { summary, table } from "../report.ts";
import type { Tally } from "../tally.ts";
import { canRedraw, colorsFor } from "../terminal.ts";
import type { StressOptions } from "./arguments.ts";

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
    return new PlainLines(stderr, () => `${progress()}; ${summary(tally.snapshot(Date.now()))}`);
  }
  const title = `heddle stress: ${titleOf(options)}`;
  const colors = colorsFor(stderr, process.env);
  return new LiveTable(stderr, (size) =>
    table(tally.snapshot(Date.now()), { title, more: progress(), colors, ...size }),
  );
}

/** What is run, on one line. */
export function titleOf({ agents, chunks, rate, readers, seed }: StressOptions): string {
  const pace = rate === 0 ? "as fast as they go" : `at ${rate}/s`;
  return `agents ${agents}, chunks ${chunks} ${pace}, readers ${readers}, seed ${seed}`;
}
