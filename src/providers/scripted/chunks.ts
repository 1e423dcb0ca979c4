/** Cuts `text` into `count` pieces that differ by one character at most; into single characters if it has fewer. Never inside one. */
export function cutEvenly(text: string, count: number): readonly string[] {
  const characters = [...text];
  const pieces = Math.min(count, characters.length);
  return Array.from({ length: pieces }, (_, i) =>
    characters
      .slice(
        Math.floor((i * characters.length) / pieces),
        Math.floor(((i + 1) * characters.length) / pieces),
      )
      .join(""),
  );
}

/** Cuts `text` into pieces of 1 to 8 characters, as models do; the same `seed` cuts it the same. */
export function cutLikeTokens(text: string, seed: number): readonly string[] {
  const random = seededRandom(seed);
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; ) {
    const end = at + 1 + Math.floor(random() * 8);
    pieces.push(characters.slice(at, end).join(""));
    at = end;
  }
  return pieces;
}

/** Mulberry32 by Tommy Ettinger (public domain): small, and good enough to look irregular. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
