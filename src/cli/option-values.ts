import { parseArgs } from "node:util";
import type { Bounds, OptionSpec } from "./option-spec.ts";
import type { CommandName, NumberName } from "./options.ts";
import { BOUNDS, COMMANDS, commandsOf, OPTIONS, optionsFor } from "./options.ts";
import { suggest } from "./suggest.ts";

/**
 * What a command line says, checked one option at a time. What is wrong is added to `problems`.
 *
 * `node:util` does the reading, because `cac` turns values into numbers (`-p 007` becomes `7`) and loses a lone `-`.
 */
export class OptionValues {
  readonly problems: string[] = [];
  /** The words that are no options. */
  readonly operands: readonly string[];
  readonly #options: ReadonlyMap<string, OptionSpec>;
  readonly #texts = new Map<string, readonly string[]>();
  readonly #switches = new Set<string>();

  constructor(argv: readonly string[]) {
    this.#options = optionsFor(commandIn(argv));
    const tokens = tokensOf(argv, this.#options);
    this.operands = positionals(tokens);
    for (const token of tokens) if (token.kind === "option") this.#take(token);
  }

  has(name: string): boolean {
    return this.#switches.has(name);
  }

  text(name: string): string | undefined {
    return this.texts(name).at(-1);
  }

  /** Each value of an option that may be given more than once. */
  texts(name: string): readonly string[] {
    const values = this.#texts.get(name) ?? [];
    if (values.some((value) => value.trim() === "")) this.problems.push(`--${name} is empty`);
    return values;
  }

  choice<const Name extends string>(name: string, names: readonly Name[]): Name | undefined {
    const value = this.text(name);
    const found = names.find((each) => each === value);
    if (value !== undefined && found === undefined) {
      this.problems.push(`--${name} must be ${names.join(" or ")}, not "${value}"`);
    }
    return found;
  }

  url(name: string): string | undefined {
    const value = this.text(name);
    const protocol = value === undefined ? undefined : URL.parse(value)?.protocol;
    if (value !== undefined && protocol !== "http:" && protocol !== "https:") {
      this.problems.push(`--${name} must be an http or https URL`);
    }
    return value;
  }

  number(name: NumberName): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const bounds = BOUNDS[name];
    const value = readNumber(text, bounds);
    if (value === undefined) {
      this.problems.push(`--${name} must be ${range(bounds)}, not "${text}"`);
    }
    return value;
  }

  /** Refuses options that only another command has. */
  keepTo(command: CommandName): void {
    for (const name of [...this.#texts.keys(), ...this.#switches]) {
      const named = OPTIONS.filter((option) => option.name === name);
      const owners = named.flatMap(({ group }) => commandsOf(group));
      if (!owners.includes(command)) {
        this.problems.push(`--${name} is an option of heddle ${owners.join(" and heddle ")}`);
      }
    }
  }

  #take(token: OptionToken): void {
    const { name, value } = token;
    const problem = problemOf(token, this.#options);
    if (problem !== undefined) this.problems.push(problem);
    else if (value === undefined) this.#switches.add(name);
    else this.#texts.set(name, [...(this.#texts.get(name) ?? []), value]);
  }
}

/** The command that is named, so that its options can be told from those of the same name that others have. */
function commandIn(argv: readonly string[]): CommandName {
  const words = positionals(tokensOf(argv, optionsFor("run")));
  return COMMANDS.find((command) => command === words.find(isCommand)) ?? "run";
}

function isCommand(word: string): boolean {
  return COMMANDS.some((command) => command === word);
}

function tokensOf(argv: readonly string[], options: ReadonlyMap<string, OptionSpec>) {
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries([...options.values()].map(parserOption)),
  });
  return tokens;
}

function positionals(tokens: ReturnType<typeof tokensOf>): readonly string[] {
  return tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
}

/** The number that `text` is in decimal notation; undefined if it is none, or out of bounds. */
export function readNumber(text: string, bounds: Bounds): number | undefined {
  const value = /^[+-]?(\d+(\.\d+)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  return within(value, bounds) ? value : undefined;
}

type OptionToken = {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
};

function problemOf(
  { name, rawName, value, inlineValue }: OptionToken,
  options: ReadonlyMap<string, OptionSpec>,
): string | undefined {
  const spec = options.get(name);
  if (spec === undefined) {
    const meant = suggest(name, [...options.keys()]);
    return `unknown option ${rawName}${meant === undefined ? "" : `: did you mean --${meant}?`}`;
  }
  if (spec.value === undefined)
    return value === undefined ? undefined : `${rawName} takes no value`;
  if (value === undefined) return `${rawName} needs a value: ${spec.value}`;
  // `--out --resume` is a forgotten value; a prompt such as "- one, - two" is not.
  if (inlineValue !== true && /^-[^\s]+$/.test(value)) {
    return `${rawName} needs a value; if ${value} is meant: --${name}=${value}`;
  }
  return undefined;
}

function parserOption({ name, short, value }: OptionSpec) {
  const type = value === undefined ? ("boolean" as const) : ("string" as const);
  return [name, { type, ...(short === undefined ? {} : { short }) }] as const;
}

function within(value: number, { least, most, whole }: Bounds): boolean {
  return value >= least && value <= most && (!whole || Number.isInteger(value));
}

function range({ least, most, whole }: Bounds): string {
  const kind = whole ? "a whole number" : "a number";
  return most === Number.MAX_SAFE_INTEGER
    ? `${kind}, ${least} or more`
    : `${kind} from ${least} to ${most}`;
}
