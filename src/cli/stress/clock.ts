/** Unix time in ms, with fractions: all threads of the process mean the same by it. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** What `promise` resolves to; undefined if it takes longer than `ms`. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
