/*
 * Regular expressions as schemas have them: of JavaScript, of Python, Go, Java, PCRE, with or without the flag `u`.
 *
 * `checkable` is for the check here, `portable` for what is sent: no server's reading of it differs, and none refuses it.
 */

const TOKENS =
  /\\(?:u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\}|k<\w*>|[\s\S])|\(\?P=\w+\)|\(\?(?:P?<(?![=!])|<?[=!]|[a-zA-Z-]*[:)]|>|#)|\[:|\{\d+,?\d*\}|[\s\S]/gu;
/** Flags at the start that JavaScript has as a group, and those that change nothing here. */
const LEADING_FLAGS = /^\(\?([imsuaL]+)\)/;
const CLASS_ESCAPES = /^\\[dDwWsS]$/;
/** What these mean in JavaScript is what they mean elsewhere. */
const KNOWN_ESCAPES = /^\\(?:[dDwWsSbBnrtfv0-9]|u.+|x.+|c.|[pP]\{.+|k<.*)$/su;
const SYNTAX = /^\\[$^\\.*+?()[\]{}|/]$/;

/** `pattern` as a regular expression of JavaScript with the flag `u` that means the same; undefined where there is none. */
export function checkable(pattern: string): string | undefined {
  if (compiles(pattern)) return pattern;
  const flags = LEADING_FLAGS.exec(pattern);
  const rest = rewritten(flags ? pattern.slice(flags[0].length) : pattern);
  if (rest === undefined) return undefined;
  const own = [...new Set(flags?.[1])].filter((flag) => "ims".includes(flag)).join("");
  const whole = own === "" ? rest : `(?${own}:${rest})`;
  return compiles(whole) ? whole : undefined;
}

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}

function rewritten(pattern: string): string | undefined {
  const tokens = pattern.match(TOKENS) ?? [];
  let isInClass = false;
  const out: string[] = [];
  for (const [i, token] of tokens.entries()) {
    const made = isInClass ? inClass(token, tokens[i - 1], tokens[i + 1]) : outside(token);
    if (made === undefined) return undefined;
    out.push(made);
    if (token === "[" && !isInClass) isInClass = true;
    else if (token === "]") isInClass = false;
  }
  return out.join("");
}

function outside(token: string): string | undefined {
  if (token === "\\A") return "(?<![\\s\\S])";
  if (token === "\\Z" || token === "\\z") return "(?![\\s\\S])";
  if (token === "{" || token === "}" || token === "]") return `\\${token}`;
  if (token === "(?P<") return "(?<";
  if (token.startsWith("(?P=")) return `\\k<${token.slice(4, -1)}>`;
  if (token === "(?>" || token === "(?#") return undefined;
  return token.startsWith("\\") ? escaped(token) : token;
}

function inClass(token: string, before = "", after = ""): string | undefined {
  // A class of POSIX, and a bracket that is first: elsewhere it means itself.
  if (token === "[:" || (token === "]" && /^[[^]$/.test(before))) return undefined;
  const isRange = token === "-" && before !== "[" && before !== "^" && after !== "]";
  if (isRange && (CLASS_ESCAPES.test(before) || CLASS_ESCAPES.test(after))) return "\\-";
  if (token === "\\-") return token;
  return token.startsWith("\\") ? escaped(token) : token;
}

/** A letter that JavaScript does not know may mean anything where it comes from; any other character means itself. */
function escaped(token: string): string | undefined {
  if (KNOWN_ESCAPES.test(token) || SYNTAX.test(token)) return token;
  return /^\\[a-zA-Z]/.test(token) ? undefined : token.slice(1);
}

/** What a letter stands for, in a class and outside of one. */
const SPELLED: ReadonlyMap<string, string> = new Map([
  ["\\d", "0-9"],
  ["\\w", "A-Za-z0-9_"],
]);

/**
 * `pattern` in the words that all servers take; undefined where there are none.
 *
 * It is anchored at both ends, and has literals, classes, groups, choices and repetitions: OpenAI takes no lookaround, and llama.cpp
 * no letters behind a backslash, no groups with a question mark and nothing without anchors. Each refuses the whole request.
 */
export function portable(pattern: string): string | undefined {
  const tokens = checkable(pattern)?.match(TOKENS) ?? [];
  if (tokens[0] !== "^" || tokens.at(-1) !== "$") return undefined;
  const spelling = new Spelling();
  return tokens.slice(1, -1).every((token) => spelling.take(token))
    ? `^${spelling.text}$`
    : undefined;
}

class Spelling {
  text = "";
  #class: string[] | undefined;
  #depth = 0;
  #last = "";

  /** False: there are no words for it. */
  take(token: string): boolean {
    const made = this.#class ? this.#inClass(this.#class, token) : this.#outside(token);
    this.#last = token;
    if (made === undefined) return false;
    this.text += made;
    return true;
  }

  #outside(token: string): string | undefined {
    const spelled = SPELLED.get(token);
    if (spelled !== undefined) return `[${spelled}]`;
    if (token.startsWith("\\")) return outsideEscape(token);
    if (token.startsWith("(?") && token !== "(?:") return undefined;
    switch (token) {
      case "[":
        this.#class = [];
        return "";
      case "(":
      case "(?:":
        this.#depth += 1;
        return "(";
      case ")":
        this.#depth -= 1;
        return ")";
      case "?":
        // Between two anchors, it does not matter which repetition is tried first.
        return /^(?:[*+?]|\{\d.*)$/.test(this.#last) ? "" : "?";
      case "|":
        return this.#depth === 0 ? undefined : "|";
      case "^":
      case "$":
        return undefined;
      default:
        return token;
    }
  }

  #inClass(members: string[], token: string): string | undefined {
    if (token === "]") return this.#closed(members);
    const member = classMember(token, members.length === 0);
    if (member === undefined) return undefined;
    members.push(member);
    return "";
  }

  /** A hyphen that means itself comes last. */
  #closed(members: readonly string[]): string | undefined {
    this.#class = undefined;
    const rest = members.filter((member) => member !== "\\-").join("");
    if (rest === "" || rest === "^") return undefined;
    if (rest.length === members.join("").length) return `[${rest}]`;
    const hasOther = members.some((member, i) => member === "-" && !isBetween(members, i));
    return hasOther ? undefined : `[${rest}-]`;
  }
}

/** Whether the hyphen at `i` stands for a range, of two members that are no hyphens. */
function isBetween(members: readonly string[], i: number): boolean {
  const ends = [members[i - 1], members[i + 1]];
  return ends.every((end) => end !== undefined && end !== "^" && end !== "\\-");
}

function outsideEscape(token: string): string | undefined {
  if (token === "\\/" || token === "\\-") return token.slice(1);
  return /^\\[$^.*+?()[\]{}|]$/.test(token) ? token : undefined;
}

function classMember(token: string, isFirst: boolean): string | undefined {
  const spelled = SPELLED.get(token);
  if (spelled !== undefined) return spelled;
  if (!token.startsWith("\\")) return token === "[" || token === "[:" ? undefined : token;
  if (token === "\\-" || token === "\\]") return token;
  if (token === "\\^") return isFirst ? undefined : "^";
  return /^\\[$.*+?(){}|/]$/.test(token) ? token.slice(1) : undefined;
}
