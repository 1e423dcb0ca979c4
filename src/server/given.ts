/** Returns `fields` without those that are undefined: laid over others, they count as left out. */
export function given<T extends object>(
  fields: T | undefined,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const there = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(there) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
