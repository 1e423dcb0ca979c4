import type { Prepared } from "./prepare.ts";
import { describeChoice } from "./provider-choice.ts";
import type { Row, Snapshot } from "./tally.ts";
import type { Colors } from "./terminal.ts";
import { cutToWidth, padToWidth } from "./terminal.ts";

/*
 * What a run says of itself, as text. Pure: a snapshot in, lines out.
 */

/** The numbers on one line, as "12 completed, 1 failed"; what is 0 is left out but for the completed ones. */
export function counts(snapshot: Snapshot): string {
  const parts = [
    [snapshot.completed, "completed"],
    [snapshot.failed, "failed"],
    [snapshot.cancelled, "cancelled"],
    [snapshot.running, "running"],
    [snapshot.skipped, "skipped"],
    [snapshot.leftFailed, "left failed"],
    [snapshot.bad, snapshot.bad === 1 ? "bad line" : "bad lines"],
  ] as const;
  return parts
    .filter(([count, name]) => count > 0 || name === "completed")
    .map(([count, name]) => `${count} ${name}`)
    .join(", ");
}

/** Jobs per second over the whole run, and how long it has taken. */
export function pace(snapshot: Snapshot): string {
  const seconds = snapshot.elapsedMs / 1_000;
  const rate = seconds > 0 ? endedOf(snapshot) / seconds : 0;
  return `${rate.toFixed(1)} jobs/s, ${duration(snapshot.elapsedMs)}`;
}

/** How far a run is, on one line. */
export function summary(snapshot: Snapshot): string {
  return `${counts(snapshot)} (${pace(snapshot)})`;
}

/** What a run says before it begins. */
export function introduction({ options, choice, found }: Prepared): string[] {
  const lines: string[] = [];
  const isBatch = options.source.type !== "prompt";
  if (isBatch || choice.type === "scripted") lines.push(describeChoice(choice));
  if (found?.mend.type === "truncate") lines.push(`${found.path}: its last line was cut, and goes`);
  if (found?.lacksHashes === true) {
    lines.push(`${found.path}.state is missing: changed prompts cannot be noticed`);
  }
  return lines;
}

/** What a run says at its end. */
export function conclusion({ options }: Prepared, last: Snapshot): string[] {
  if (options.source.type === "prompt") return [];
  const where = options.out === undefined ? "" : `, results in ${options.out}`;
  const lines = [`${summary(last)}${where}`];
  const codes = [...last.errorCodes].sort((a, b) => b[1] - a[1]);
  if (codes.length > 0) {
    lines.push(`failed by ${codes.map(([code, count]) => `${code} ${count}`).join(", ")}`);
  }
  if (last.leftFailed > 0) lines.push("to run those left failed again: --retry-failed");
  return lines;
}

/** The height of the table in lines, for a terminal of `rows` lines: the same through the whole run. */
export function tableHeight(rows: number): number {
  return Math.max(3, Math.min(12, rows - 2));
}

const STATE_CELLS = 10;

/**
 * The live table: a title, the numbers, a blank line, and the workers started last, the latest at the bottom.
 *
 * Always `height` lines of at most `width` cells, so that drawing it again moves nothing else.
 */
export function table(
  snapshot: Snapshot,
  options: {
    readonly title: string;
    /** Stands below the numbers. */
    readonly more?: string;
    readonly width: number;
    readonly height: number;
    readonly colors: Colors;
  },
): string[] {
  const { title, more, width, height, colors } = options;
  const head = [
    colors.bold(cutToWidth(title, width)),
    cutToWidth(`${progress(snapshot)}, ${pace(snapshot)}`, width),
    cutToWidth(counts(snapshot), width),
    ...(more === undefined ? [] : [cutToWidth(more, width)]),
    "",
  ];
  const shown = height > head.length ? snapshot.rows.slice(head.length - height) : [];
  const lines = [...head, ...shown.map((row) => rowLine(row, snapshot.nowMs, width, colors))];
  return Array.from({ length: height }, (_, index) => lines[index] ?? "");
}

function rowLine(row: Row, nowMs: number, width: number, colors: Colors): string {
  const took = duration((row.endedAtMs ?? nowMs) - row.startedAtMs).padStart(8);
  const idCells = Math.max(8, Math.min(24, Math.floor(width / 3)));
  const head = `${took}  ${padToWidth(row.id, idCells)}`;
  const room = width - STATE_CELLS - 12 - idCells;
  if (room < 0) return cutToWidth(`${padToWidth(row.state, STATE_CELLS)}${head}`, width);
  const detail = room === 0 ? "" : `  ${cutToWidth(row.detail, room - 2)}`.trimEnd();
  return `${painted(row.state, colors)}${head}${detail}`.trimEnd();
}

function painted(state: string, colors: Colors): string {
  const text = padToWidth(state, STATE_CELLS);
  if (state === "completed") return colors.green(text);
  if (state === "failed") return colors.red(text);
  if (state === "cancelled" || state === "cancelling") return colors.yellow(text);
  return colors.cyan(text);
}

/** How far the run is; "of how many" is known once the input was read to its end. */
function progress(snapshot: Snapshot): string {
  const ended = endedOf(snapshot);
  return snapshot.inputEnded ? `${ended} of ${ended + snapshot.running} done` : `${ended} done`;
}

function endedOf({ completed, failed, cancelled }: Snapshot): number {
  return completed + failed + cancelled;
}

/** As "0.4 s", "12 s", "3:05" or "1:02:03". */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, "0");
  return hours === 0
    ? `${minutes}:${tail}`
    : `${hours}:${String(minutes).padStart(2, "0")}:${tail}`;
}
