/** One character of a text, as a literal, an escape or a class, and how often it comes. */
const ATOM =
  /(?:[^\\^$*+?()[\]{}|]|\\.|\[(?:\\.|[^\]\\])+\])(?:(?<endless>[*+])|(?<maybe>\?)|\{(?<least>\d+)(?<comma>,?)(?<most>\d*)\})?\??/suy;
/** Of ways in which the repetitions of a pattern can share a text out among them. */
const MAX_WAYS = 10_000;

/**
 * Whether a regular expression takes time in proportion to the text at most: it begins at the start of the text, has no groups and no choices,
 * one repetition without an end, and few ways to share a text out among the others.
 */
export function isQuick(pattern: string): boolean {
  if (!pattern.startsWith("^")) return false;
  let ways = 1;
  let endless = 0;
  ATOM.lastIndex = 1;
  for (let at = 1; at < pattern.length; at = ATOM.lastIndex) {
    const atom = ATOM.exec(pattern)?.groups;
    if (!atom) {
      if (pattern.slice(at) === "$") break;
      return false;
    }
    if (isEndless(atom)) endless += 1;
    else ways *= waysOf(atom);
  }
  return endless <= 1 && ways <= MAX_WAYS;
}

type Repetition = { readonly [name: string]: string | undefined };

function isEndless({ endless, comma, most }: Repetition): boolean {
  return endless !== undefined || (comma === "," && most === "");
}

function waysOf({ maybe, least, comma, most }: Repetition): number {
  if (maybe !== undefined) return 2;
  return comma === "," ? Number(most) - Number(least) + 1 : 1;
}
