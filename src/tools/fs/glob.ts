/**
 * Returns what tells whether a path, relative and with `/`, matches a pattern: `*` is any characters but `/`, `?` is one, `**` as a whole part is any number of
 * directories. A pattern without `/` is about the last part alone. All else stands for itself.
 *
 * It takes time in proportion to the lengths of both, whatever the pattern: it may be a model's. A regular expression would not promise that.
 */
export function globMatcher(pattern: string): (path: string) => boolean {
  const parts = pattern.split("/").filter((part) => part !== "" && part !== ".");
  const whole = pattern.includes("/") ? parts : ["**", ...parts];
  const steps = whole.map((part) => (part === "**" ? MANY : [...part].map(charStep)));
  return (path) => matches(steps, path.split("/"), matchesPart);
}

const MANY = "many";

type Step<S> = S | typeof MANY;
/** One character, or undefined for any. */
type CharStep = { readonly char: string | undefined };

function charStep(char: string): Step<CharStep> {
  return char === "*" ? MANY : { char: char === "?" ? undefined : char };
}

function matchesPart(steps: readonly Step<CharStep>[], part: string): boolean {
  return matches(steps, [...part], ({ char }, given) => char === undefined || char === given);
}

/**
 * Whether `items` are what `steps` say, each step one item, or any number of them. Only the last of the steps that stand for many is ever tried again: what the
 * earlier ones took can stay as it was.
 */
function matches<S, T>(
  steps: readonly Step<S>[],
  items: readonly T[],
  isOne: (step: S, item: T) => boolean,
): boolean {
  let s = 0;
  let i = 0;
  let retry: { readonly s: number; i: number } | undefined;
  while (i < items.length) {
    const step = steps[s];
    if (step === MANY) {
      s += 1;
      retry = { s, i };
    } else if (step !== undefined && isOne(step, items[i] as T)) {
      s += 1;
      i += 1;
    } else if (retry) {
      retry.i += 1;
      s = retry.s;
      i = retry.i;
    } else {
      return false;
    }
  }
  return steps.slice(s).every((step) => step === MANY);
}
