/** Returns the candidate that `word` was probably meant to be: a prefix of it, or at most two edits away. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const prefixed = candidates.find((candidate) => word.length > 2 && candidate.startsWith(word));
  if (prefixed !== undefined) return prefixed;
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .filter(({ edits }) => edits <= Math.min(2, word.length - 1))
    .sort((a, b) => a.edits - b.edits);
  return best?.candidate;
}

/** Levenshtein's distance, by rows. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const changed = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min((above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, changed));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
