/** The `place`-th of `items`, counted round and round; the latest first, so that few commands suffice to meet something new. */
export function at<T>(items: readonly T[], place: number): T | undefined {
  return items.at(-1 - (place % Math.max(1, items.length)));
}
