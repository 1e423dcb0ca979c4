import { HeddleError } from "../errors.ts";
import type { Json } from "../protocol/model.ts";
import { MAX_TIMER_MS } from "../transport/clock.ts";

/*
 * Checks of what users hand in. Each throws a HeddleError that names the field and its bounds; nothing is started before.
 */

type Code = "INVALID_OPTION" | "INVALID_INPUT";

export type Bounds = { readonly min: number; readonly max: number; readonly integer?: boolean };

export const MS: Bounds = { min: 0, max: MAX_TIMER_MS };
export const DEADLINE_MS: Bounds = { min: 1, max: MAX_TIMER_MS };
export const COUNT: Bounds = { min: 1, max: 1_000_000, integer: true };
export const BYTES: Bounds = { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true };

export function refuse(field: string, expected: string, code: Code = "INVALID_OPTION"): never {
  throw new HeddleError(code, `${field} must be ${expected}`, { details: { field } });
}

export function checkNumber(
  field: string,
  value: unknown,
  bounds: Bounds,
  code: Code = "INVALID_OPTION",
): void {
  if (value === undefined) return;
  const { min, max, integer = false } = bounds;
  const isNumber = integer ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (isNumber && (value as number) >= min && (value as number) <= max) return;
  refuse(field, `${integer ? "an integer" : "a number"} from ${min} to ${max}`, code);
}

export function checkText(field: string, value: unknown, code: Code = "INVALID_OPTION"): void {
  if (value === undefined || (typeof value === "string" && value !== "")) return;
  refuse(field, "a string that is not empty", code);
}

export function checkMessageName(name: unknown): void {
  checkText("name", name ?? "", "INVALID_INPUT");
}

/** Refuses a field that nobody reads: most often one that is misspelt. */
export function checkFields(
  field: string,
  value: unknown,
  known: readonly string[],
  code: Code = "INVALID_OPTION",
): void {
  if (value === undefined) return;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse(field === "" ? "options" : field, "an object", code);
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      const at = field === "" ? name : `${field}.${name}`;
      throw new HeddleError(code, `${at} is unknown; known are ${known.join(", ")}`, {
        details: { field: at },
      });
    }
  }
}

export function checkIterable(field: string, value: unknown): void {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(value);
  const isIterable = typeof sync === "function" || typeof async === "function";
  if (!isIterable || typeof value === "string") refuse(field, "an iterable or an async iterable");
}

/** The grace that `stop(options)` leaves where it was `graceMs`: it can only become shorter. */
export function shortenedGraceMs(options: { readonly graceMs?: number }, graceMs: number): number {
  checkFields("options", options, ["graceMs"]);
  checkNumber("graceMs", options.graceMs, MS);
  return Math.min(graceMs, options.graceMs ?? graceMs);
}

/** Returns a copy of `value` that shares nothing with it. Functions and the like cannot be handed to a thread. */
export function clonePlain<T>(field: string, value: T, code: Code = "INVALID_OPTION"): T {
  try {
    return structuredClone(value);
  } catch {
    refuse(field, "plain data, without functions and symbols", code);
  }
}

export function checkOneOf(
  field: string,
  value: unknown,
  allowed: readonly string[],
  code: Code = "INVALID_OPTION",
): void {
  if (value === undefined || allowed.includes(value as string)) return;
  refuse(field, `one of ${allowed.map((one) => `"${one}"`).join(", ")}`, code);
}

/** Returns `options` without the fields that are undefined: laid over others, they count as left out. */
export function given<T extends object>(
  options: T | undefined,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const fields = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Whether JSON can hold it as it is: no undefined, no NaN, no class, no cycle, at most `depth` levels. */
export function isJson(value: unknown, depth = 64): value is Json {
  if (depth === 0) return false;
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every((one) => isJson(one, depth - 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((one) => isJson(one, depth - 1));
}
