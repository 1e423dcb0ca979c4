import type { ResultLine } from "./result-line.ts";

/** One of the workers started last. */
export type Row = {
  readonly id: string;
  /** A worker's state, or how its job ended. */
  readonly state: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly detail: string;
};

/** What a run has come to, at one moment. */
export type Snapshot = {
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly running: number;
  /** Completed by an earlier run. */
  readonly skipped: number;
  /** Failed in an earlier run, and not asked to be run again. */
  readonly leftFailed: number;
  readonly bad: number;
  /** The input was read to its end, so the numbers above are of everything. */
  readonly inputEnded: boolean;
  readonly nowMs: number;
  readonly elapsedMs: number;
  readonly errorCodes: ReadonlyMap<string, number>;
  readonly rows: readonly Row[];
};

/** What is counted and shown of an end. */
export type EndedRow = Pick<ResultLine, "id" | "status" | "text" | "error">;

const ROWS_KEPT = 16;

/** Counts what happens in a run. The time is passed in, so it is the same in a test. */
export class Tally {
  readonly #startedAtMs: number;
  readonly #rows = new Map<string, Row>();
  readonly #errorCodes = new Map<string, number>();
  readonly #counts = {
    completed: 0,
    failed: 0,
    cancelled: 0,
    running: 0,
    skipped: 0,
    leftFailed: 0,
    bad: 0,
  };
  inputEnded = false;

  constructor(nowMs: number) {
    this.#startedAtMs = nowMs;
  }

  started(id: string, nowMs: number): void {
    this.#counts.running += 1;
    if (this.#rows.size === ROWS_KEPT) {
      const [oldest = ""] = this.#rows.keys();
      this.#rows.delete(oldest);
    }
    this.#rows.set(id, {
      id,
      state: "starting",
      startedAtMs: nowMs,
      endedAtMs: undefined,
      detail: "",
    });
  }

  state(id: string, state: string): void {
    const row = this.#rows.get(id);
    if (row !== undefined && row.endedAtMs === undefined) this.#rows.set(id, { ...row, state });
  }

  ended(line: EndedRow, nowMs: number): void {
    this.#counts.running -= 1;
    this.#counts[line.status] += 1;
    if (line.status === "failed" && line.error !== null) {
      const { code } = line.error;
      this.#errorCodes.set(code, (this.#errorCodes.get(code) ?? 0) + 1);
    }
    const row = this.#rows.get(line.id);
    if (row === undefined) return;
    const detail = line.error === null ? line.text : `${line.error.code} ${line.error.message}`;
    this.#rows.set(line.id, { ...row, state: line.status, endedAtMs: nowMs, detail });
  }

  count(what: "skipped" | "leftFailed" | "bad"): void {
    this.#counts[what] += 1;
  }

  snapshot(nowMs: number): Snapshot {
    return {
      ...this.#counts,
      inputEnded: this.inputEnded,
      nowMs,
      elapsedMs: nowMs - this.#startedAtMs,
      errorCodes: this.#errorCodes,
      rows: [...this.#rows.values()],
    };
  }
}

/** Whether everything that was asked for is there: 0 as an exit code, else 1. */
export function isAllCompleted(snapshot: Snapshot): boolean {
  const { failed, cancelled, leftFailed, bad } = snapshot;
  return failed + cancelled + leftFailed + bad === 0;
}
