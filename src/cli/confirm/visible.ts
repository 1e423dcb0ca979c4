/**
 * What a terminal would act upon or show nothing of, and what could make other text look like something else: control characters and
 * escape sequences, marks of direction (bidi), zero-width and other ignorable characters, unassigned and private ones, lone halves of pairs,
 * blanks other than the usual one, marks that stand on no letter, and the third and later ones of a pile.
 */
const HIDDEN =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|(?<![\p{L}\p{M}])\p{M}|(?<=\p{M}{2})\p{M}/gu;

/** `text` on one line, with all that could deceive who reads it as JSON's `\uXXXX`. Pure ASCII, and letters of any language, stay as they are. */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped);
}

/** Plain data as JSON in which nothing can hide, one line each. Parsed again, it is exactly that data. */
export function visibleJson(value: unknown): readonly string[] {
  return String(JSON.stringify(value, null, 2))
    .split("\n")
    .map(visible);
}

/** The same on a single line. */
export function visibleLine(value: unknown): string {
  return visible(String(JSON.stringify(value)));
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");
}
