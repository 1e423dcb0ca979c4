import type { Line } from "./lines.ts";
import { readLines } from "./lines.ts";

/** A line of input that can become a job. */
export type Input = {
  readonly type: "input";
  readonly line: number;
  readonly id: string;
  /** The id stands in the line; else it is `line-N`. */
  readonly ownId: boolean;
  readonly prompt: string;
  readonly instructions: string | undefined;
};

/** A line of input that cannot. */
export type BadLine = {
  readonly type: "bad";
  readonly line: number;
  readonly reason: string;
};

export const MAX_LINE_BYTES: number = 1024 * 1024;
const MAX_ID_CHARACTERS = 200;

/**
 * Reads input lines one at a time, as the reader asks for them. Blank lines are passed over; a byte order mark and CRLF
 * are fine. Nothing but the ids seen so far is kept.
 */
export async function* readInputs(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Input | BadLine, void, undefined> {
  const seen = new Map<string, number>();
  for await (const line of readLines(chunks, MAX_LINE_BYTES)) {
    const read = readInputLine(line);
    if (read === undefined) continue;
    const earlier = read.type === "input" ? seen.get(read.id) : undefined;
    if (earlier !== undefined) {
      yield bad(read.line, `its id is that of line ${earlier}`);
      continue;
    }
    if (read.type === "input") seen.set(read.id, read.line);
    yield read;
  }
}

/** Returns what one line holds; `undefined` if it is blank. */
export function readInputLine(line: Line): Input | BadLine | undefined {
  if (line.type === "too-long") return bad(line.number, "it is longer than 1 MiB");
  const text = decode(line.bytes);
  if (text === undefined) return bad(line.number, "it is not valid UTF-8");
  const json = line.number === 1 ? text.replace(/^\uFEFF/, "") : text;
  if (json.trim() === "") return undefined;
  const value = parseObject(json);
  if (typeof value === "string") return bad(line.number, value);
  const reason = problemOf(value);
  if (reason !== undefined) return bad(line.number, reason);
  const { id, prompt, instructions } = value;
  const ownId = id !== undefined && id !== null;
  return {
    type: "input",
    line: line.number,
    id: ownId ? String(id) : `line-${line.number}`,
    ownId,
    prompt: String(prompt),
    instructions: typeof instructions === "string" ? instructions : undefined,
  };
}

type InputObject = {
  readonly id?: unknown;
  readonly prompt?: unknown;
  readonly instructions?: unknown;
};

function problemOf({ id, prompt, instructions }: InputObject): string | undefined {
  if (prompt === undefined || prompt === null) return 'it has no "prompt"';
  if (typeof prompt !== "string") return '"prompt" is not a string';
  if (prompt.trim() === "") return '"prompt" is empty';
  if (id !== undefined && id !== null && !isId(id)) {
    return `"id" is not a string of 1 to ${MAX_ID_CHARACTERS} characters, nor a whole number`;
  }
  if (instructions !== undefined && instructions !== null && typeof instructions !== "string") {
    return '"instructions" is not a string';
  }
  return undefined;
}

function isId(id: unknown): boolean {
  if (typeof id === "number") return Number.isSafeInteger(id);
  return typeof id === "string" && id.trim() !== "" && id.length <= MAX_ID_CHARACTERS;
}

/** The object a line holds, or why there is none. */
function parseObject(json: string): InputObject | string {
  try {
    const value: unknown = JSON.parse(json);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as InputObject) : "it is not a JSON object";
  } catch {
    return "it is not JSON";
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function bad(line: number, reason: string): BadLine {
  return { type: "bad", line, reason };
}
