import type { IncomingHttpHeaders } from "node:http";

/**
 * How long the server wants us to wait, in ms, 0 or more: `retry-after-ms`, else `retry-after` in seconds or as an HTTP
 * date. Undefined if it says nothing that makes sense.
 */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
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

function decimal(value: string | readonly string[] | undefined): number | undefined {
  if (typeof value !== "string" || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(Math.trunc(number)) ? number : undefined;
}
