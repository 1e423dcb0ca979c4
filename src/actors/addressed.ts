import { HeddleError } from "../errors.ts";
import type { Target } from "../tools/tool.ts";

/** A message to a worker, as it is handed on. @throws {HeddleError} `INVALID_INPUT`. */
export function addressed(
  target: Target,
  name: string,
  message: unknown,
): { readonly to: string; readonly name: string; readonly message: unknown } {
  if (typeof name !== "string") invalid("a message's name must be a string");
  return { to: idOf(target), name, message: clonePlain("message", message) };
}

export function idOf(target: Target): string {
  const id: unknown = typeof target === "string" ? target : (target as { id?: unknown } | null)?.id;
  return typeof id === "string" ? id : invalid("target must be a worker's id or name");
}

/** Cloned here, although a port clones again: what waits in the queue must not change, and a failure must be the caller's. */
export function clonePlain<T>(field: string, value: T): T {
  try {
    return structuredClone(value);
  } catch (error) {
    const message = `${field} must be plain data, without functions and symbols`;
    throw new HeddleError("INVALID_INPUT", message, { cause: error, details: { field } });
  }
}

export function invalid(message: string): never {
  throw new HeddleError("INVALID_INPUT", message);
}
