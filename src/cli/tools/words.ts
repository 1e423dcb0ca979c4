/** The words of a command line, or why it is none. */
export type Words =
  | { readonly type: "words"; readonly words: readonly string[] }
  | { readonly type: "refused"; readonly reason: string };

/**
 * One piece of a command line, by the rules of POSIX (Shell Command Language, 2.2): an escaped character, a text in single quotes, one in
 * double quotes, plain text, or white space between words.
 */
const PIECE =
  /\\(?<escaped>[^])|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\[^])*)"|(?<plain>[^\s'"\\]+)|(?<space>\s+)/y;

/** What a shell would act upon. There is none, so it must be quoted to be what it looks like. */
const OPERATOR = /[|&;<>()$`*?]/;

/**
 * Splits a command line into words as a POSIX shell does, quotes and backslashes included, but expands nothing: what only a shell
 * could act upon (variables, patterns, pipes) is refused unless it is quoted by single quotes or a backslash.
 */
export function splitWords(line: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < line.length) {
    const { escaped, single, double, plain, space } = PIECE.exec(line)?.groups ?? {};
    const text = escaped ?? single ?? unescaped(double) ?? plain;
    if (text === undefined && space === undefined) return refused("a quote is not closed");
    const operator = OPERATOR.exec(plain ?? "")?.[0] ?? expansionIn(double);
    if (operator !== undefined) {
      return refused(`no shell reads it: quote ${operator} by single quotes`);
    }
    if (text !== undefined) word = (word ?? "") + text;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return { type: "words", words };
}

/** Inside double quotes a backslash escapes only what would mean something there. */
function unescaped(double: string | undefined): string | undefined {
  return double?.replace(/\\([$`"\\])/g, "$1").replace(/\\\n/g, "");
}

function expansionIn(double: string | undefined): string | undefined {
  return /[$`]/.exec(double?.replace(/\\[^]/g, "") ?? "")?.[0];
}

function refused(reason: string): Words {
  return { type: "refused", reason };
}
