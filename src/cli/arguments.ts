import { parseArgs } from "node:util";
import type { Bounds } from "./options.ts";
import { BOUNDS, DEFAULT_CONCURRENCY, OPTIONS } from "./options.ts";
import { suggest } from "./suggest.ts";

/** What the command line asks for. `refused` has one line for each thing that is wrong with it. */
export type Command =
  | { readonly type: "run"; readonly options: RunOptions }
  | { readonly type: "help" }
  | { readonly type: "version" }
  | { readonly type: "refused"; readonly problems: readonly string[] };

export type Source =
  | { readonly type: "file"; readonly path: string }
  /** `asked`: by `-`, not just because nothing else was named. */
  | { readonly type: "stdin"; readonly asked: boolean }
  | { readonly type: "prompt"; readonly text: string };

export type RunOptions = {
  readonly source: Source;
  readonly provider: "scripted" | "openai" | undefined;
  readonly model: string | undefined;
  readonly baseURL: string | undefined;
  readonly api: "chat" | "responses" | undefined;
  readonly instructions: string | undefined;
  readonly temperature: number | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly concurrency: number;
  readonly timeoutMs: number | undefined;
  readonly limit: number | undefined;
  readonly out: string | undefined;
  readonly resume: boolean;
  readonly retryFailed: boolean;
  readonly dryRun: boolean;
  readonly events: boolean;
};

/**
 * Reads the command line. Pure: it looks at no file and no environment.
 *
 * `node:util` does the reading, because `cac` turns values into numbers (`-p 007` becomes `7`) and loses a lone `-`.
 */
export function parseArguments(
  argv: readonly string[],
  stdin: { readonly isTerminal: boolean },
): Command {
  const given = readTokens(argv);
  if (given.switches.has("help")) return { type: "help" };
  if (given.switches.has("version")) return { type: "version" };
  if (given.problems.length > 0) return { type: "refused", problems: given.problems };
  const [name, ...operands] = given.operands;
  if (name === undefined) {
    return { type: "refused", problems: ["what to do? Try: heddle run FILE.jsonl"] };
  }
  if (name === "help") return { type: "help" };
  if (name !== "run") return { type: "refused", problems: [unknown(name)] };
  const reader = new ValueReader(given);
  const options = readRun(reader, operands, stdin);
  return reader.problems.length > 0
    ? { type: "refused", problems: reader.problems }
    : { type: "run", options };
}

function readRun(
  reader: ValueReader,
  operands: readonly string[],
  stdin: { readonly isTerminal: boolean },
): RunOptions {
  const out = reader.text("out");
  const options: RunOptions = {
    source: readSource(reader, operands, stdin),
    provider: reader.choice("provider", ["scripted", "openai"]),
    model: reader.text("model"),
    baseURL: reader.url("base-url"),
    api: reader.choice("api", ["chat", "responses"]),
    instructions: reader.text("instructions"),
    temperature: reader.number("temperature"),
    maxOutputTokens: reader.number("max-output-tokens"),
    concurrency: reader.number("concurrency") ?? DEFAULT_CONCURRENCY,
    timeoutMs: reader.number("timeout-ms"),
    limit: reader.number("limit"),
    out: out === "-" ? undefined : out,
    resume: reader.has("resume"),
    retryFailed: reader.has("retry-failed"),
    dryRun: reader.has("dry-run"),
    events: reader.has("events"),
  };
  reader.problems.push(...conflicts(options));
  return options;
}

function readSource(
  reader: ValueReader,
  operands: readonly string[],
  stdin: { readonly isTerminal: boolean },
): Source {
  const prompt = reader.text("prompt");
  const [path, ...more] = operands;
  if (more.length > 0) {
    reader.problems.push(`one FILE at a time: ${operands.map((each) => `"${each}"`).join(", ")}`);
  }
  if (prompt !== undefined) {
    if (path !== undefined) reader.problems.push("FILE or --prompt, not both");
    return { type: "prompt", text: prompt };
  }
  if (path === "-" || path === undefined) {
    if (path === undefined && stdin.isTerminal) {
      reader.problems.push(
        "nothing to run: name a FILE.jsonl, - for standard input, or --prompt TEXT",
      );
    }
    return { type: "stdin", asked: path === "-" };
  }
  return { type: "file", path };
}

function conflicts(options: RunOptions): string[] {
  const problems: string[] = [];
  if (options.resume && options.out === undefined) {
    problems.push("--resume needs --out FILE: the results to go on with");
  }
  if (options.resume && options.source.type === "prompt") {
    problems.push("--resume needs a FILE whose lines have ids, not --prompt");
  }
  if (options.retryFailed && !options.resume) problems.push("--retry-failed needs --resume");
  if (options.provider === "scripted" && options.baseURL !== undefined) {
    problems.push("--base-url has no meaning for --provider scripted, which asks no server");
  }
  return problems;
}

type Given = {
  readonly values: ReadonlyMap<string, string>;
  readonly switches: ReadonlySet<string>;
  readonly operands: readonly string[];
  readonly problems: readonly string[];
};

function readTokens(argv: readonly string[]): Given {
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      OPTIONS.map(({ name, short, value }) => [
        name,
        {
          type: value === undefined ? ("boolean" as const) : ("string" as const),
          ...(short === undefined ? {} : { short }),
        },
      ]),
    ),
  });
  const values = new Map<string, string>();
  const switches = new Set<string>();
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const problem = problemOf(token);
    if (problem !== undefined) problems.push(problem);
    else if (token.value === undefined) switches.add(token.name);
    else values.set(token.name, token.value);
  }
  const operands = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  return { values, switches, operands, problems };
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

class ValueReader {
  readonly problems: string[] = [];
  readonly #given: Given;

  constructor(given: Given) {
    this.#given = given;
  }

  has(name: string): boolean {
    return this.#given.switches.has(name);
  }

  text(name: string): string | undefined {
    const value = this.#given.values.get(name);
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

  number(name: keyof typeof BOUNDS): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    const bounds = BOUNDS[name];
    if (!within(value, bounds)) {
      this.problems.push(`--${name} must be ${range(bounds)}, not "${text}"`);
    }
    return value;
  }
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

function unknown(name: string): string {
  const meant = suggest(name, ["run", "help"]);
  if (meant !== undefined) return `unknown command "${name}": did you mean ${meant}?`;
  return `unknown command "${name}". To run its prompts: heddle run ${name}`;
}
