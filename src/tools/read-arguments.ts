import { describe } from "../errors.ts";

/** What a model has written as the arguments of a call. */
export type ReadArguments =
  | { readonly ok: true; readonly args: unknown }
  | { readonly ok: false; readonly why: string };

/** A text of JSON in a text of JSON is opened that often. */
const MAX_WRAPS = 2;

/**
 * Reads the arguments of a call.
 *
 * A model that has nothing to say about a tool without parameters says it in many ways: with no text, with blanks, `null`, `""`, `"{}"`, or `[]`.
 * All of them count as no arguments. An object that comes as a text is that object.
 */
export function readArguments(text: string): ReadArguments {
  let read: unknown = text;
  for (let wraps = 0; typeof read === "string" && wraps <= MAX_WRAPS; wraps += 1) {
    if (read.trim() === "") return { ok: true, args: {} };
    try {
      read = JSON.parse(read);
    } catch (error) {
      // A text that holds no JSON is a text; the model's own must hold some.
      if (wraps > 0) break;
      return { ok: false, why: `they are no valid JSON, or were cut off (${describe(error)})` };
    }
  }
  return { ok: true, args: isNothing(read) ? {} : read };
}

function isNothing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}
