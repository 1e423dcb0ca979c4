import type { ErrorCode, ErrorDetails, ForeignError, WireError } from "./protocol/error.ts";

const MAX_CAUSES = 5;
const MAX_TEXT = 4_096;
const MAX_DETAILS = 32;

/**
 * The one error class of this library.
 *
 * `code` is stable and says why; `message` is for people; `cause` is what led to it, as far as it could be kept: an error
 * that crossed a thread is rebuilt from plain data, at most five causes deep, with texts cut at 4,096 characters.
 */
export class HeddleError extends Error {
  override readonly name: string = "HeddleError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: ErrorDetails } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }

  /** Whether `value` is a HeddleError, also one made by another copy of this module. */
  static is(value: unknown): value is HeddleError {
    return (
      isError(value) &&
      readText(value, "name") === "HeddleError" &&
      readText(value, "code") !== undefined &&
      isObject(read(value, "details"))
    );
  }
}

/** Returns `value` if it is a HeddleError, else one with `code` whose `cause` is `value`. */
export function toHeddleError(value: unknown, code: ErrorCode, message?: string): HeddleError {
  if (HeddleError.is(value)) return value;
  return new HeddleError(code, message ?? describe(value), { cause: value });
}

/** Puts any thrown value into plain, bounded data. Never throws, whatever was thrown: getters that throw and cyclic causes included. */
export function toWireError(value: unknown, code: ErrorCode = "INTERNAL"): WireError {
  const error = toHeddleError(value, code);
  return wireOf(error, 0);
}

/** Rebuilds an error from its wire form. */
export function fromWireError(wire: WireError): HeddleError {
  const error = new HeddleError(wire.code, wire.message, {
    ...(wire.details === undefined ? {} : { details: wire.details }),
    ...(wire.cause === undefined ? {} : { cause: causeFromWire(wire.cause) }),
  });
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

/** One readable line for any thrown value. */
export function describe(value: unknown): string {
  if (isError(value)) return readText(value, "message") || readText(value, "name") || "Error";
  return cut(typeof value === "string" ? value : safeString(value));
}

function wireOf(error: HeddleError, depth: number): WireError {
  const cause = wireCause(error, depth);
  const stack = readText(error, "stack");
  const details = plainDetails(read(error, "details"));
  return {
    code: (readText(error, "code") ?? "INTERNAL") as ErrorCode,
    message: readText(error, "message") ?? "",
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined ? {} : { cause }),
  };
}

function wireCause(error: Error, depth: number): WireError | ForeignError | undefined {
  const cause = read(error, "cause");
  if (cause === undefined || depth >= MAX_CAUSES) return undefined;
  return HeddleError.is(cause) ? wireOf(cause, depth + 1) : foreignOf(cause, depth + 1);
}

function foreignOf(value: unknown, depth: number): ForeignError {
  if (!isError(value)) return { name: typeof value, message: describe(value) };
  const foreignCode = readText(value, "code");
  const stack = readText(value, "stack");
  const cause = wireCause(value, depth);
  return {
    name: readText(value, "name") ?? "Error",
    message: describe(value),
    ...(foreignCode === undefined ? {} : { foreignCode }),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined ? {} : { cause }),
  };
}

function causeFromWire(cause: WireError | ForeignError): Error {
  if ("code" in cause) return fromWireError(cause);
  const error = new Error(cause.message, {
    ...(cause.cause === undefined ? {} : { cause: causeFromWire(cause.cause) }),
  });
  error.name = cause.name;
  if (cause.stack !== undefined) error.stack = cause.stack;
  if (cause.foreignCode !== undefined) Object.assign(error, { code: cause.foreignCode });
  return error;
}

/** Whoever made the error may not have kept to the type. */
function plainDetails(details: unknown): ErrorDetails {
  const plain: Record<string, string | number | boolean> = {};
  if (!isObject(details)) return plain;
  for (const name of namesOf(details).slice(0, MAX_DETAILS)) {
    const value = read(details, name);
    if (typeof value === "string") plain[cut(name)] = cut(value);
    else if (typeof value === "number" || typeof value === "boolean") plain[cut(name)] = value;
  }
  return plain;
}

function namesOf(object: object): readonly string[] {
  try {
    return Object.keys(object);
  } catch {
    return [];
  }
}

/** A proxy can throw even here. */
function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function readText(object: object, key: string): string | undefined {
  const value = read(object, key);
  return typeof value === "string" ? cut(value) : undefined;
}

function safeString(value: unknown): string {
  try {
    const json: string | undefined = isObject(value) ? JSON.stringify(value) : undefined;
    return json ?? String(value);
  } catch {
    return `[${typeof value}]`;
  }
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
