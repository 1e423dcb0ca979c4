/** The words of a command line, or why it is none. */
export type Words =
  | { readonly type: "words"; readonly words: readonly string[] }
  | { readonly type: "refused"; readonly reason: string };

type Piece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "space" }
  | { readonly type: "refused"; readonly reason: string };

/**
 * The pieces of a command line, by the rules of POSIX (Shell Command Language, 2.2): an escaped character, a text in single quotes, one
 * in double quotes, plain text, and white space between words.
 */
const PIECE =
  /\\(?<escaped>[\s\S])|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[\s\S])*)"|(?<plain>[^\s'"\\]+)|(?<space>\s+)|(?<open>['"\\])/g;

/** What a shell would act upon. There is none, so it must be quoted to be what it looks like. */
const FOR_A_SHELL = /[|&;<>()$`*?]|^~/;

/**
 * Splits a command line into words as a POSIX shell does, quotes and backslashes included, but expands nothing: what only a shell
 * could act upon (variables, patterns, pipes) is refused, unless it is quoted by single quotes or a backslash.
 */
export function splitWords(line: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  for (const piece of [...line.matchAll(PIECE)].map(({ groups = {} }) => pieceOf(groups))) {
    if (piece.type === "refused") return piece;
    if (piece.type === "text") word = (word ?? "") + piece.text;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return { type: "words", words };
}

function pieceOf(groups: { readonly [name: string]: string | undefined }): Piece {
  const { escaped, single, double, plain, open } = groups;
  if (open !== undefined) {
    return { type: "refused", reason: `${open === "\\" ? "a backslash" : "a quote"} is open` };
  }
  const acted = FOR_A_SHELL.exec(plain ?? "")?.[0] ?? expansionIn(double ?? "");
  if (acted !== undefined) {
    return { type: "refused", reason: `no shell reads it: put ${acted} into single quotes` };
  }
  const text = escaped ?? single ?? (double === undefined ? plain : unescaped(double));
  return text === undefined ? { type: "space" } : { type: "text", text };
}

/** Inside double quotes a backslash escapes only what would mean something there. */
function unescaped(double: string): string {
  return double.replace(/\\([$`"\\\n])/g, (_, character: string) =>
    character === "\n" ? "" : character,
  );
}

function expansionIn(double: string): string | undefined {
  return /[$`]/.exec(double.replace(/\\[\s\S]/g, ""))?.[0];
}
