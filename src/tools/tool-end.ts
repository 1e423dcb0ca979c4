import { describe, HeddleError, toWireError } from "../errors.ts";
import type { ToolEnd } from "../protocol/tool.ts";
import { deniedAccess } from "./access-denied.ts";
import { toJson } from "./json.ts";
import { ToolContent } from "./tool-content.ts";

/**
 * The end of a call whose tool has returned `value`: text as it is, undefined as an empty text, other plain data as JSON. A value that
 * JSON cannot hold (a cycle, a BigInt, a function, a symbol, a Map or a Set, also somewhere in it) is an error, `TOOL_RESULT_INVALID`.
 *
 * At most `maxBytes` of UTF-8 are kept, whole code points, and a last line says how much was left out.
 */
export function resultEnd(value: unknown, maxBytes: number): ToolEnd {
  if (value instanceof ToolContent) return contentEnd(value, maxBytes);
  try {
    return { result: cutText(textOf(value), maxBytes) };
  } catch (error) {
    const message = `the tool's result cannot be shown to the model: ${describe(error)}`;
    return errorEnd(new HeddleError("TOOL_RESULT_INVALID", message, { cause: error }), maxBytes);
  }
}

/** Its words, and the texts among its parts, are cut as any result. Images and files are as large as they are. */
function contentEnd({ words, parts }: ToolContent, maxBytes: number): ToolEnd {
  let leftBytes = maxBytes;
  const content = parts.map((part) => {
    if (part.type !== "text") return part;
    const text = cutText(part.text, leftBytes);
    leftBytes = Math.max(0, leftBytes - Buffer.byteLength(part.text));
    return { ...part, text };
  });
  return { result: cutText(words, maxBytes), content };
}

/**
 * The end of a call whose tool has thrown `error`. Its code is that of a HeddleError, else `TOOL_FAILED`; but what Node's permission model
 * has refused, also as a cause, is `PERMISSION_DENIED`, and `details.grant` names what would allow it.
 *
 * The model is told the message, without a stack, cut like a result. Never throws, whatever was thrown.
 */
export function errorEnd(error: unknown, maxBytes: number): ToolEnd {
  const wire = toWireError(deniedAccess(error) ?? error, "TOOL_FAILED");
  return { result: cutText(`Error: ${wire.message}`, maxBytes), error: wire };
}

/** The end of a call that has taken too long. */
export function timeoutEnd(timeout: HeddleError): ToolEnd {
  return { result: timeout.message, error: toWireError(timeout) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (toJson(value) ?? "");
}

function cutText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= maxBytes) return text;
  const { read, written } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return `${text.slice(0, read)}\n… ${sizeBytes - written} bytes more were left out`;
}
