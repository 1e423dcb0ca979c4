import { describe, HeddleError, toWireError } from "../errors.ts";
import type { ToolEnd } from "../protocol/tool.ts";
import { deniedAccess } from "./access-denied.ts";
import { cutText } from "./cut-text.ts";
import { toJson } from "./json.ts";
import { contentOf, mediaIn, wordsOf } from "./result-content.ts";

/** How much of a tool's result the model is given. */
export type ResultLimits = {
  /** Of text, in UTF-8 bytes. */
  readonly maxBytes: number;
  /** Of images and files together, in bytes. */
  readonly maxMediaBytes: number;
};

/**
 * The end of a call whose tool has returned `value`: text as it is, other plain data as JSON, and for nothing, or a text without a letter, words that
 * say so: models' servers refuse an empty message. An image or a file, or an array of parts with one, is the end's `content`, and `result` says it in
 * words. A value that JSON cannot hold (a cycle, a BigInt, bytes, a function, a symbol, a Map, a Set or an Error, also somewhere in it) is an error,
 * `TOOL_RESULT_INVALID`, and so is a part that is malformed. An Error that is returned counts as thrown.
 *
 * At most `maxBytes` of text are kept, whole code points, and a last line says how much was left out. In the place of an image or a file that
 * would be more than `maxMediaBytes`, words say so.
 */
export function resultEnd(value: unknown, limits: ResultLimits): ToolEnd {
  const { maxBytes } = limits;
  if (value instanceof Error) return errorEnd(value, maxBytes);
  try {
    const media = mediaIn(value);
    if (!media) return { result: cutText(textOf(value), maxBytes) };
    const content = contentOf(media, limits);
    const result = cutText(wordsOf(content), maxBytes);
    const hasMedia = content.some(({ type }) => type !== "text");
    return { result, ...(hasMedia ? { content } : {}) };
  } catch (error) {
    const message = `the tool's result cannot be shown to the model: ${describe(error)}`;
    return errorEnd(new HeddleError("TOOL_RESULT_INVALID", message, { cause: error }), maxBytes);
  }
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
  const text = typeof value === "string" ? value : toJson(value);
  if (text === undefined) return "The tool returned nothing.";
  return text.trim() === "" ? "The tool returned an empty text." : text;
}
