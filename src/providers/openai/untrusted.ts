import { malformed } from "./failures.ts";

/** An object that a model server sent: any field may be missing, or of any type. */
export type Untrusted<Field extends string> = { readonly [field in Field]?: unknown };

/** `value` if it is an object and no array. */
export function asObject<Field extends string>(value: unknown): Untrusted<Field> | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Untrusted<Field>) : undefined;
}

/** `value` if it is a string with something in it. */
export function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `value` if it is a number that can be a count, else 0. */
export function asCount(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0;
}

/** The JSON value of `text`, or undefined if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * `value` if it is a string; an empty one if it is missing.
 *
 * @throws {HeddleError} `PROVIDER_PROTOCOL` that names the field.
 */
export function textField(value: unknown, field: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw malformed(field);
}

/**
 * The arguments of a call as text. Some servers send the object itself; an empty one says nothing, for it may be the start of pieces.
 *
 * @throws {HeddleError} `PROVIDER_PROTOCOL` when they are of another type.
 */
export function argumentsField(value: unknown): string {
  const object = asObject(value);
  if (object === undefined) return textField(value, "arguments");
  return Object.keys(object).length === 0 ? "" : JSON.stringify(object);
}
