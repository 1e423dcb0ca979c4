import { HeddleError } from "../errors.ts";

/*
 * Checks of what a ready tool module is given. Each throws a HeddleError `INVALID_OPTION` that names the field.
 */

export function refuseOption(field: string, expected: string): never {
  throw new HeddleError("INVALID_OPTION", `${field} must be ${expected}`, { details: { field } });
}

/** Refuses a field that nobody reads, too: most often one that is misspelt. */
export function checkOptions(options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    refuseOption("options", `an object with ${known.join(", ")}`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) refuseOption(unknown, `left out: known are ${known.join(", ")}`);
}

/** Returns `value`, or `fallback` when it is left out. */
export function integerOption(
  field: string,
  value: unknown,
  bounds: { readonly min: number; readonly max: number },
  fallback: number,
): number {
  if (value === undefined) return fallback;
  const isValid = Number.isSafeInteger(value);
  if (isValid && (value as number) >= bounds.min && (value as number) <= bounds.max) {
    return value as number;
  }
  refuseOption(field, `an integer from ${bounds.min} to ${bounds.max}`);
}

/** Returns `value`, or false when it is left out. */
export function booleanOption(field: string, value: unknown): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  refuseOption(field, "true or false");
}

export function textOption(field: string, value: unknown): string {
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  refuseOption(field, "a string that is not empty, without NUL characters");
}

export function listOption(field: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return Array.from(value);
  refuseOption(field, "an array");
}
