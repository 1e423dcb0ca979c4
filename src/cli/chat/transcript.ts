import type { Message } from "../../index.ts";

const TYPE = "heddle-transcript";
const VERSION = 1;

/** What a file of a transcript holds, or why it is none. */
export type ReadTranscript =
  | { readonly type: "transcript"; readonly transcript: readonly Message[] }
  | { readonly type: "refused"; readonly reason: string };

/** A conversation as a file keeps it. */
export function writeTranscript(transcript: readonly Message[]): string {
  return `${JSON.stringify({ type: TYPE, version: VERSION, transcript }, null, 2)}\n`;
}

/** Reads it back. Each message is checked: what a model's server is sent must be whole. Pure. */
export function readTranscript(text: string): ReadTranscript {
  const file = parsed(text);
  if (!isRecord(file)) return refused("it holds no JSON object");
  if (file["type"] !== TYPE) return refused(`"type" is not "${TYPE}"`);
  if (file["version"] !== VERSION) {
    return refused(`"version" is ${JSON.stringify(file["version"])}, and this heddle reads 1`);
  }
  const { transcript } = file as { readonly transcript?: unknown };
  if (!Array.isArray(transcript)) return refused('"transcript" is no array');
  for (const [i, message] of (transcript as readonly unknown[]).entries()) {
    const problem = problemOf(message);
    if (problem !== undefined) return refused(`transcript[${i}]${problem}`);
  }
  return { type: "transcript", transcript: transcript as readonly Message[] };
}

function problemOf(message: unknown): string | undefined {
  if (!isRecord(message)) return " is no object";
  const { role, content } = message as { readonly role?: unknown; readonly content?: unknown };
  switch (role) {
    case "user":
      return contentProblem(content);
    case "assistant":
      return textProblem(message, ["content"]) ?? callsProblem(message["toolCalls"]);
    case "tool":
      return contentProblem(content) ?? textProblem(message, ["toolCallId", "toolName"]);
    default:
      return '.role is not "user", "assistant" or "tool"';
  }
}

function contentProblem(content: unknown): string | undefined {
  if (typeof content === "string" || isParts(content)) return undefined;
  return ".content is neither a string nor an array of parts";
}

function callsProblem(calls: unknown): string | undefined {
  if (calls === undefined) return undefined;
  if (!Array.isArray(calls)) return ".toolCalls is no array";
  for (const [i, call] of (calls as readonly unknown[]).entries()) {
    if (!isRecord(call)) return `.toolCalls[${i}] is no object`;
    const problem = textProblem(call, ["id", "name", "argumentsText"]);
    if (problem !== undefined) return `.toolCalls[${i}]${problem}`;
  }
  return undefined;
}

function textProblem(
  record: { readonly [name: string]: unknown },
  fields: readonly string[],
): string | undefined {
  const field = fields.find((name) => typeof record[name] !== "string");
  return field === undefined ? undefined : `.${field} is no string`;
}

function isParts(content: unknown): boolean {
  return (
    Array.isArray(content) &&
    content.every((part) => isRecord(part) && typeof part["type"] === "string")
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(reason: string): ReadTranscript {
  return { type: "refused", reason };
}
