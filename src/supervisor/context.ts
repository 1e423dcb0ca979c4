import { serialize } from "node:v8";
import { describe } from "../errors.ts";
import { given, refuse } from "./check.ts";

const MAX_BYTES = 1_048_576;

/** What tools and behaviours are told of whom they work for: plain data. */
export type Context = { readonly [name: string]: unknown };

/** One for all who have none: there may be a hundred thousand. */
const NO_CONTEXT: Context = Object.freeze({});

/** @throws {HeddleError} `INVALID_OPTION` for what is no plain object, cannot be cloned, or takes more than 1 MiB in a structured clone. */
export function checkContext(field: string, context: unknown): void {
  if (context === undefined) return;
  if (!isPlainObject(context)) refuse(field, "a plain object");
  const sizeBytes = clonedBytes(field, context);
  if (sizeBytes > MAX_BYTES) refuse(field, `at most ${MAX_BYTES} bytes in a structured clone`);
}

/** `over` laid over `under`, field by field; one that is undefined counts as left out. Shares nothing with `over`. */
export function layContext(under: Context | undefined, over: Context | undefined): Context {
  return over === undefined ? (under ?? NO_CONTEXT) : { ...under, ...given(structuredClone(over)) };
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function clonedBytes(field: string, context: unknown): number {
  try {
    return serialize(context).length;
  } catch (error) {
    refuse(field, `plain data, without functions and symbols (${describe(error)})`);
  }
}
