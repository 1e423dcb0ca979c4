import { HeddleError } from "../../errors.ts";

/** Longer is not waited: the caller is told instead. */
const MAX_WAIT_MS = 30_000;
const MAX_TRIES = 3;

/**
 * How long to wait before a request that has failed is sent again; undefined: it is not.
 *
 * It is sent again where the server has not carried it out: at once, and once, when it did not know the session; when it has too much to do (429),
 * after the time that it asks for. Where it may have, only what may be carried out twice is, and only if the server says when. Pure.
 *
 * @param tries how often it was sent.
 * @param isRepeatable whether it does no harm to carry it out twice.
 */
export function pauseBeforeRetry(
  error: unknown,
  tries: number,
  isRepeatable: boolean,
): number | undefined {
  if (HeddleError.is(error) && error.details["isSessionGone"] === true) {
    return tries === 1 ? 0 : undefined;
  }
  const { status, retryAfterMs } = Object(error) as { status?: unknown; retryAfterMs?: unknown };
  if (typeof retryAfterMs !== "number" || retryAfterMs > MAX_WAIT_MS || tries === MAX_TRIES) {
    return undefined;
  }
  return status === 429 || isRepeatable ? retryAfterMs : undefined;
}
