/**
 * What `run` makes of each item, in the order of the items; at most `max` are under way at once.
 *
 * Once one has failed, no more are begun; the failure of the first is thrown when those under way have ended.
 */
export async function mapParallel<Item, Result>(
  items: readonly Item[],
  max: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const waiting = items.entries();
  const work = async () => {
    for (const [place, item] of waiting) {
      if (failures.length > 0) return;
      try {
        results[place] = await run(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(max, items.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
