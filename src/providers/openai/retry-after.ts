import type { IncomingHttpHeaders } from "node:http";
import type { Complaint } from "./complaint.ts";
import { asObject } from "./untrusted.ts";

/** "try again in 1m30.5s", "retry in 20ms", "retry after 6 seconds". */
const IN_WORDS =
  /(?:again|retry|retrying|wait)\s+(?:(?:in|after|for|at least)\s+)*(?<time>(?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|seconds?|secs?|s|minutes?|mins?|m|hours?|h)\s*)+)(?![a-z])/i;
const UNITS: readonly (readonly [unit: RegExp, ms: number])[] = [
  [/^(ms|millisecond)/i, 1],
  [/^s/i, 1_000],
  [/^m/i, 60_000],
  [/^h/i, 3_600_000],
];

/**
 * How long the server wants us to wait, in ms, 0 or more: as its headers say, else those of the server behind it, else the fields of
 * its error, else its words. Undefined if it says nothing that makes sense.
 */
export function retryAfterMs(
  headers: IncomingHttpHeaders,
  complaint: Complaint,
  nowMs: number,
): number | undefined {
  const upstream = Object.fromEntries(
    Object.entries(complaint.headers ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      String(value),
    ]),
  );
  return (
    inHeaders(headers, nowMs) ??
    inHeaders(upstream, nowMs) ??
    untilReset(upstream, nowMs) ??
    inField(complaint.retryAfter) ??
    inWords(complaint.message ?? "")
  );
}

/** `retry-after-ms`, else `retry-after` in seconds or as an HTTP date. */
function inHeaders(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const exact = decimal(headers["retry-after-ms"]);
  if (exact !== undefined) return exact;
  const { "retry-after": after } = headers;
  const seconds = decimal(after);
  if (seconds !== undefined) return seconds * 1_000;
  // `Date.parse` takes almost any text that ends in a number: a date has a letter in it, "-5" has none.
  if (after === undefined || !/[a-z]/i.test(after)) return undefined;
  const atMs = Date.parse(after);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/** OpenRouter says at which ms of the epoch the limit ends. */
function untilReset(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const atMs = decimal(headers["x-ratelimit-reset"]);
  return atMs === undefined || atMs < 1e12 ? undefined : Math.max(0, atMs - nowMs);
}

/** Google's "3.5s", or `{ seconds, nanos }`; a plain number is seconds. */
function inField(value: unknown): number | undefined {
  if (typeof value === "string" && /^\s*\d+(\.\d+)?\s*s\s*$/.test(value)) {
    return Number.parseFloat(value) * 1_000;
  }
  const seconds = decimal(
    typeof value === "number" ? String(value) : (value as string | undefined),
  );
  if (seconds !== undefined) return seconds * 1_000;
  const duration = asObject<"seconds" | "nanos">(value);
  const whole = decimal(String(duration?.seconds ?? ""));
  if (whole === undefined) return undefined;
  return whole * 1_000 + (decimal(String(duration?.nanos ?? "")) ?? 0) / 1e6;
}

function inWords(message: string): number | undefined {
  const time = IN_WORDS.exec(message.slice(0, 1_000))?.groups?.["time"];
  if (time === undefined) return undefined;
  const terms = [...time.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/gi)];
  return terms.reduce((sum, [, count, unit = ""]) => {
    const ms = UNITS.find(([name]) => name.test(unit))?.[1] ?? 0;
    return sum + Number(count) * ms;
  }, 0);
}

function decimal(value: string | readonly string[] | undefined): number | undefined {
  if (typeof value !== "string" || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(Math.trunc(number)) ? number : undefined;
}
