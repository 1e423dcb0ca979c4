import { parseArgs } from "node:util";
import type { Bounds, OptionSpec } from "./option-spec.ts";
import type { NumberName } from "./options.ts";
import { BOUNDS, commandOf, OPTIONS } from "./options.ts";
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
  readonly #texts = new Map<string, string>();
  readonly #switches = new Set<string>();

  constructor(argv: readonly string[]) {
    const { tokens } = parseArgs({
      args: [...argv],
      strict: false,
      allowPositionals: true,
      tokens: true,
      options: Object.fromEntries(OPTIONS.map(parserOption)),
    });
    this.operands = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
    for (const token of tokens) if (token.kind === "option") this.#take(token);
  }

  has(name: string): boolean {
    return this.#switches.has(name);
  }

  text(name: string): string | undefined {
    const value = this.#texts.get(name);
    if (value?.trim() === "") this.problems.push(`--${name} is empty`);
    return value;
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
  keepTo(command: "run" | "stress"): void {
    for (const name of [...this.#texts.keys(), ...this.#switches]) {
      const spec = OPTIONS.find((option) => option.name === name);
      const owner = spec && commandOf(spec.group);
      if (owner !== undefined && owner !== command) {
        this.problems.push(`--${name} is an option of heddle ${owner}`);
      }
    }
  }

  #take(token: OptionToken): void {
    const problem = problemOf(token);
    if (problem !== undefined) this.problems.push(problem);
    else if (token.value === undefined) this.#switches.add(token.name);
    else this.#texts.set(token.name, token.value);
  }
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

function problemOf({ name, rawName, value, inlineValue }: OptionToken): string | undefined {
  const spec = OPTIONS.find((option) => option.name === name);
  if (spec === undefined) {
    const meant = suggest(
      name,
      OPTIONS.map((option) => option.name),
    );
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
