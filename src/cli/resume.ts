import { createHash } from "node:crypto";
import type { Input } from "./input.ts";
import type { Line } from "./lines.ts";
import { readLines } from "./lines.ts";
import type { ResultLine } from "./result-line.ts";
import { readResultLine } from "./result-line.ts";

/** What an earlier run left: the status of each id (of several lines the last counts), and a hash of what each was asked. */
export type Held = {
  readonly statuses: ReadonlyMap<string, ResultLine["status"]>;
  readonly hashes: ReadonlyMap<string, string>;
};

/** What a file of result lines needs before lines are appended to it. */
export type Mend =
  | { readonly type: "none" }
  /** The last line is whole but for its line break. */
  | { readonly type: "break" }
  /** The last line was cut: the file is to end before it. */
  | { readonly type: "truncate"; readonly sizeBytes: number };

export type HeldResults =
  | { readonly type: "results"; readonly statuses: Held["statuses"]; readonly mend: Mend }
  /** Line `line` is no result line: this is some other file, and nothing may be changed in it. */
  | { readonly type: "strange"; readonly line: number };

/** What becomes of one input line. */
export type Decision =
  | { readonly type: "run" }
  | { readonly type: "skip"; readonly status: "completed" | "failed" }
  | { readonly type: "refuse"; readonly reason: string };

const MAX_RESULT_BYTES = 256 * 1024 * 1024;
const RESULT_START = '{"id":"';
const LINE_FEED = 0x0a;

/** Reads the result lines of an earlier run, one at a time. */
export async function readHeldResults(chunks: AsyncIterable<Buffer>): Promise<HeldResults> {
  const statuses = new Map<string, ResultLine["status"]>();
  const file: Measured = { sizeBytes: 0, lastByte: LINE_FEED };
  let strange: Line | undefined;
  for await (const line of readLines(measured(chunks, file), MAX_RESULT_BYTES)) {
    if (strange !== undefined) return { type: "strange", line: strange.number };
    const result = line.type === "line" ? readResultLine(line.bytes.toString()) : undefined;
    if (result === undefined) strange = line;
    else statuses.set(result.id, result.status);
  }
  const mend = mendOf(file, strange);
  if (mend === undefined) return { type: "strange", line: strange?.number ?? 0 };
  return { type: "results", statuses, mend };
}

type Measured = { sizeBytes: number; lastByte: number };

/** What `file` needs; `undefined` if its last line, `strange`, was never the beginning of a result line. */
function mendOf(file: Measured, strange: Line | undefined): Mend | undefined {
  const isCut = file.lastByte !== LINE_FEED;
  if (strange === undefined) return { type: isCut ? "break" : "none" };
  if (!isCut || strange.type !== "line" || !isResultStart(strange.bytes)) return undefined;
  return { type: "truncate", sizeBytes: file.sizeBytes - strange.bytes.length };
}

/** Reads the hashes kept beside the results. A line that was cut is passed over: its job never ran. */
export async function readHashes(chunks: AsyncIterable<Buffer>): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for await (const line of readLines(chunks, MAX_RESULT_BYTES)) {
    const kept = line.type === "line" ? readHashLine(line.bytes.toString()) : undefined;
    if (kept !== undefined) hashes.set(kept.id, kept.sha256);
  }
  return hashes;
}

/** The line that says what `input` was asked. */
export function hashLine(input: Input): string {
  return JSON.stringify({ id: input.id, sha256: questionHash(input) });
}

/** Decides what becomes of an input line when an earlier run is gone on with. Pure. */
export function decide(
  input: Input,
  held: Held,
  { retryFailed }: { readonly retryFailed: boolean },
): Decision {
  if (!input.ownId) return { type: "refuse", reason: "it has no id, and --resume needs one" };
  const status = held.statuses.get(input.id);
  if (status === undefined || status === "cancelled") return { type: "run" };
  if (status === "failed") return retryFailed ? { type: "run" } : { type: "skip", status };
  const hash = held.hashes.get(input.id);
  if (hash === undefined || hash === questionHash(input)) return { type: "skip", status };
  return {
    type: "refuse",
    reason: `id "${input.id}" was completed with another prompt or other instructions; give it another id`,
  };
}

function questionHash({ prompt, instructions }: Input): string {
  return createHash("sha256")
    .update(JSON.stringify([prompt, instructions ?? null]))
    .digest("hex");
}

function readHashLine(text: string): { id: string; sha256: string } | undefined {
  try {
    const value: { id?: unknown; sha256?: unknown } | null = JSON.parse(text);
    if (typeof value?.id !== "string" || typeof value.sha256 !== "string") return undefined;
    return { id: value.id, sha256: value.sha256 };
  } catch {
    return undefined;
  }
}

/** Whether `bytes` can be the beginning of a result line that was being written. */
function isResultStart(bytes: Buffer): boolean {
  const start = bytes.subarray(0, RESULT_START.length).toString();
  return RESULT_START.startsWith(start);
}

async function* measured(
  chunks: AsyncIterable<Buffer>,
  file: Measured,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    file.sizeBytes += chunk.length;
    file.lastByte = chunk.at(-1) ?? file.lastByte;
    yield chunk;
  }
}
