import type { AgentOptions } from "./agent-options.ts";
import { readAgentOptions } from "./agent-options.ts";
import type { ChatOptions } from "./chat/arguments.ts";
import { readChat } from "./chat/arguments.ts";
import { OptionValues } from "./option-values.ts";
import type { CommandName } from "./options.ts";
import { COMMANDS, DEFAULT_CONCURRENCY, DEFAULT_DRAIN_MS } from "./options.ts";
import type { ServeOptions } from "./serve/arguments.ts";
import { readServe } from "./serve/arguments.ts";
import type { StressOptions } from "./stress/arguments.ts";
import { readStress } from "./stress/arguments.ts";
import { suggest } from "./suggest.ts";

/** What the command line asks for. `refused` has one line for each thing that is wrong with it. */
export type Command =
  | { readonly type: "run"; readonly options: RunOptions }
  | { readonly type: "chat"; readonly options: ChatOptions }
  | { readonly type: "stress"; readonly options: StressOptions }
  | { readonly type: "serve"; readonly options: ServeOptions }
  /** `of`: one command only. */
  | { readonly type: "help"; readonly of: HelpOf | undefined }
  | { readonly type: "version" }
  | { readonly type: "refused"; readonly problems: readonly string[] };

type HelpOf = Exclude<CommandName, "run">;

export type Source =
  | { readonly type: "file"; readonly path: string }
  /** `asked`: by `-`, not just because nothing else was named. */
  | { readonly type: "stdin"; readonly asked: boolean }
  | { readonly type: "prompt"; readonly text: string };

export type RunOptions = AgentOptions & {
  readonly source: Source;
  readonly concurrency: number;
  readonly drainMs: number;
  readonly limit: number | undefined;
  readonly out: string | undefined;
  readonly resume: boolean;
  readonly retryFailed: boolean;
  readonly dryRun: boolean;
  readonly events: boolean;
};

/** Reads the command line. Pure: it looks at no file and no environment. */
export function parseArguments(
  argv: readonly string[],
  stdin: { readonly isTerminal: boolean },
): Command {
  const values = new OptionValues(argv);
  if (values.has("help")) return helpOf(values.operands[0]);
  if (values.has("version")) return { type: "version" };
  if (values.problems.length > 0) return { type: "refused", problems: values.problems };
  const [name, ...operands] = values.operands;
  if (name === undefined) {
    return { type: "refused", problems: ["what to do? Try: heddle run FILE.jsonl"] };
  }
  if (name === "help") return helpOf(operands[0]);
  const command = COMMANDS.find((each) => each === name);
  if (command === undefined) return { type: "refused", problems: [unknown(name)] };
  values.keepTo(command);
  const read = readCommand(command, values, operands, stdin);
  return values.problems.length > 0 ? { type: "refused", problems: values.problems } : read;
}

function readCommand(
  name: CommandName,
  values: OptionValues,
  operands: readonly string[],
  stdin: { readonly isTerminal: boolean },
): Command {
  switch (name) {
    case "run":
      return { type: name, options: readRun(values, operands, stdin) };
    case "chat":
      return { type: name, options: readChat(values, operands) };
    case "stress":
      return { type: name, options: readStress(values, operands) };
    case "serve":
      return { type: name, options: readServe(values, operands) };
    default:
      return name satisfies never;
  }
}

function helpOf(name: string | undefined): Command {
  const of = COMMANDS.find((command) => command === name);
  return { type: "help", of: of === "run" ? undefined : of };
}

function readRun(
  values: OptionValues,
  operands: readonly string[],
  stdin: { readonly isTerminal: boolean },
): RunOptions {
  const out = values.text("out");
  const options: RunOptions = {
    ...readAgentOptions(values),
    source: readSource(values, operands, stdin),
    concurrency: values.number("concurrency") ?? DEFAULT_CONCURRENCY,
    drainMs: values.number("drain") ?? DEFAULT_DRAIN_MS,
    limit: values.number("limit"),
    out: out === "-" ? undefined : out,
    resume: values.has("resume"),
    retryFailed: values.has("retry-failed"),
    dryRun: values.has("dry-run"),
    events: values.has("events"),
  };
  values.problems.push(...conflicts(options));
  return options;
}

function readSource(
  values: OptionValues,
  operands: readonly string[],
  stdin: { readonly isTerminal: boolean },
): Source {
  const prompt = values.text("prompt");
  const [path, ...more] = operands;
  if (more.length > 0) {
    values.problems.push(`one FILE at a time: ${operands.map((each) => `"${each}"`).join(", ")}`);
  }
  if (prompt !== undefined) {
    if (path !== undefined) values.problems.push("FILE or --prompt, not both");
    return { type: "prompt", text: prompt };
  }
  if (path === "-" || path === undefined) {
    if (path === undefined && stdin.isTerminal) {
      values.problems.push(
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
  return problems;
}

function unknown(name: string): string {
  const meant = suggest(name, [...COMMANDS, "help"]);
  if (meant !== undefined) return `unknown command "${name}": did you mean ${meant}?`;
  return `unknown command "${name}". To run its prompts: heddle run ${name}`;
}
