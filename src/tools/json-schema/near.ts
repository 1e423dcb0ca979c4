/** The one of `known` that `word` was probably meant to be: in other letters' case, or a slip or two away from it. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const most = word.length < 6 ? 1 : 2;
  const near = [...known]
    .map((name) => ({ name, slips: distance(word, name, most) }))
    .filter(({ slips }) => slips <= most)
    .sort((a, b) => a.slips - b.slips);
  return near[0]?.name;
}

function distance(word: string, name: string, most: number): number {
  if (name.toLowerCase() === word.toLowerCase()) return 0;
  // In short names, any word is a slip away from many.
  if (name.length < 4 || Math.abs(name.length - word.length) > most) return Infinity;
  // Of two that are as near, the one that was not written to its end.
  return slipsBetween(word, name) - (name.startsWith(word) ? 0.5 : 0);
}

/** Letters changed, added, left out, or swapped with the next one. */
function slipsBetween(a: string, b: string): number {
  let before: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          at(above, column) + 1,
          at(current, column - 1) + 1,
          at(above, column - 1) + (isSame ? 0 : 1),
          isSwapped && row > 1 && column > 1 ? at(before, column - 2) + 1 : Infinity,
        ),
      );
    }
    before = above;
    above = current;
  }
  return at(above, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
