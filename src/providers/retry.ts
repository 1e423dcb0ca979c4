import type { HeddleError } from "../errors.ts";
import type { RetryPolicy } from "../protocol/provider.ts";

/** No retry comes sooner than this, whatever a server says: `retry-after-ms: 0` must not make a hot loop. */
const FLOOR_MS = 50;

export type RetryDecision =
  | { readonly retry: false }
  | { readonly retry: true; readonly delayMs: number };

/**
 * Whether and when a failed attempt is made again.
 *
 * | the failure | decision |
 * |---|---|
 * | something was delivered already | no: the reader would see it twice |
 * | not marked `retryable` | no |
 * | attempts used up | no |
 * | the server wants a longer wait than `maxDelayMs` | no: asking sooner would be refused again |
 * | the server says when | then, but not sooner than 50 ms |
 * | else | `initialDelayMs`, doubled from attempt to attempt, up to `maxDelayMs`, less up to a quarter of jitter |
 *
 * Pure: `random` is a number from 0 to 1, `retriesDone` counts the retries made so far.
 */
export function decideRetry(
  policy: RetryPolicy,
  failure: { error: HeddleError; delivered: boolean; retriesDone: number },
  random: number,
): RetryDecision {
  const { details } = failure.error;
  if (failure.delivered || details["retryable"] !== true) return { retry: false };
  if (failure.retriesDone >= policy.maxRetries) return { retry: false };
  const asked = details["retryAfterMs"];
  if (typeof asked === "number") {
    if (!(asked <= policy.maxDelayMs)) return { retry: false };
    return { retry: true, delayMs: Math.max(FLOOR_MS, asked) };
  }
  const backoffMs = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** failure.retriesDone);
  return { retry: true, delayMs: Math.max(FLOOR_MS, backoffMs * (1 - random / 4)) };
}
