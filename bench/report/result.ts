import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Size } from "../harness.ts";
import type { Machine } from "../machine.ts";
import type { Row } from "./rows.ts";
import type { Verdict } from "./verdicts.ts";

/** A contestant that has not measured anything, and what it said. */
export type Failure = { readonly contestant: string; readonly stderr: string };

/** What is kept of a bench that was run. */
export type Result = {
  readonly name: string;
  readonly question: string;
  readonly baseline: string;
  readonly rounds: number;
  readonly size: Size;
  /** When it ended, ISO 8601. */
  readonly at: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly verdicts: readonly Verdict[];
  readonly failures: readonly Failure[];
};

/** Keeps `result` in `directory`, in place of the last one of that name. */
export function keepResult(directory: URL, result: Result): void {
  const file = new URL(`${result.name}.json`, directory);
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

/** The results that are kept: those of `order` in that order, then all others by name. */
export function keptResults(directory: URL, order: readonly string[]): readonly Result[] {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return readdirSync(directory)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, directory), "utf8")) as Result)
    .sort((a, b) => place(a.name) - place(b.name));
}
