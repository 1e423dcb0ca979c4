import type { Clock } from "./clock.ts";

/** Settles as `promise` does, or rejects with the signal's reason as soon as that aborts. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  });
}

/** Resolves after `ms`, at once if there is nothing to wait for; rejects as `orAborted` does. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimer(ms, resolve);
  try {
    await orAborted(promise, signal);
  } finally {
    timer.cancel();
  }
}

/** Whether `event`, which does not reject, happens within `ms`. */
export async function happensWithin(
  clock: Clock,
  ms: number,
  event: Promise<unknown>,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = clock.setTimer(ms, () => resolve(false));
  void event.then(() => resolve(true));
  const hasHappened = await promise;
  timer.cancel();
  return hasHappened;
}
