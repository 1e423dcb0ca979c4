import { describe, HeddleError, toHeddleError, toWireError } from "../errors.ts";
import type { ToolEnd } from "../protocol/tool.ts";
import { permissionDenied } from "./permission-denied.ts";

/** The end of a call that has given `value`: what the model is told of it, at most `maxBytes` UTF-8 bytes and a line that says what is missing. */
export function resultEnd(value: unknown, maxBytes: number): ToolEnd {
  try {
    return { result: cut(textOf(value), maxBytes) };
  } catch (error) {
    const message = `the tool's result cannot be told to the model: ${describe(error)}`;
    const failure = new HeddleError("TOOL_RESULT_INVALID", message, { cause: error });
    return { result: cut(`Error: ${message}`, maxBytes), error: toWireError(failure) };
  }
}

/** The end of a call that has thrown. The model is told the message, not where in the code it was. */
export function errorEnd(thrown: unknown, maxBytes: number): ToolEnd {
  const error = permissionDenied(thrown) ?? toHeddleError(thrown, "TOOL_FAILED");
  return { result: cut(`Error: ${error.message}`, maxBytes), error: toWireError(error) };
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined) return "";
  const text: string | undefined = JSON.stringify(value);
  if (text !== undefined) return text;
  throw new HeddleError("TOOL_RESULT_INVALID", `it is a ${typeof value}`);
}

function cut(text: string, maxBytes: number): string {
  // A character has at most 3 bytes for each of its UTF-16 code units.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, end)}\n… ${bytes.length - end} bytes more were left out`;
}
