import { CHAT_OPTIONS } from "./chat/options.ts";
import type { Bounds, OptionGroup, OptionSpec } from "./option-spec.ts";
import { SERVE_BOUNDS, SERVE_OPTIONS } from "./serve/options.ts";
import { STRESS_BOUNDS, STRESS_OPTIONS } from "./stress/options.ts";
import { TOOL_OPTIONS } from "./tools/options.ts";

/** The longest delay a timer can hold: about 24 days. */
const LONGEST_MS = 2_147_483_647;

type RunNumber =
  | "concurrency"
  | "limit"
  | "timeout-ms"
  | "max-steps"
  | "budget-tokens"
  | "drain"
  | "max-output-tokens"
  | "temperature";

/** The names of the options whose values are numbers. */
export type NumberName = RunNumber | keyof typeof STRESS_BOUNDS | keyof typeof SERVE_BOUNDS;

export const BOUNDS: { readonly [name in NumberName]: Bounds } = {
  concurrency: { least: 1, most: 1_000, whole: true },
  limit: { least: 1, most: Number.MAX_SAFE_INTEGER, whole: true },
  "timeout-ms": { least: 1, most: LONGEST_MS, whole: true },
  "max-steps": { least: 1, most: 1_000, whole: true },
  "budget-tokens": { least: 1, most: 1_000_000_000_000, whole: true },
  drain: { least: 0, most: LONGEST_MS, whole: true },
  "max-output-tokens": { least: 1, most: 10_000_000, whole: true },
  temperature: { least: 0, most: 2, whole: false },
  ...STRESS_BOUNDS,
  ...SERVE_BOUNDS,
};

export const DEFAULT_CONCURRENCY = 16;
export const DEFAULT_DRAIN_MS = 10_000;

export const OPTIONS: readonly OptionSpec[] = [
  {
    name: "prompt",
    short: "p",
    value: "TEXT",
    group: "Input",
    help: ["One prompt in place of a file; a terminal gets the answer as it comes."],
  },
  { name: "limit", value: "N", group: "Input", help: ["Start at most N jobs."] },
  {
    name: "provider",
    value: "NAME",
    group: "Model",
    help: [
      "openai; anthropic, google, bedrock, mistral (each with a package to",
      "install); azure, xai, groq, deepseek, openrouter, together, fireworks,",
      "cerebras; ollama, lmstudio; or scripted (a demonstration, no model).",
      "Default: openai if OPENAI_API_KEY or OPENAI_BASE_URL is set.",
    ],
  },
  {
    name: "model",
    short: "m",
    value: "MODEL",
    group: "Model",
    help: ["Default: gpt-5-mini with OpenAI; none with the others."],
  },
  {
    name: "base-url",
    value: "URL",
    group: "Model",
    help: ["A server that speaks OpenAI's API, as http://localhost:11434/v1."],
  },
  { name: "api", value: "NAME", group: "Model", help: ["chat (default) or responses."] },
  {
    name: "instructions",
    value: "TEXT",
    group: "Model",
    help: ["The system prompt of every line that brings none of its own."],
  },
  { name: "temperature", value: "X", group: "Model", help: ["0 to 2."] },
  { name: "max-output-tokens", value: "N", group: "Model", help: ["Per model call."] },
  {
    name: "script",
    value: "FILE",
    group: "Model",
    help: ["With --provider scripted: its responses, JSON, one per model call."],
  },
  ...TOOL_OPTIONS,
  { name: "timeout-ms", value: "N", group: "Limits", help: ["Per job (chat: turn), in ms."] },
  {
    name: "max-steps",
    value: "N",
    group: "Limits",
    help: ["Model calls of a job (chat: turn), 1 to 1000. Default: 20."],
  },
  {
    name: "budget-tokens",
    value: "N",
    group: "Limits",
    help: ["Tokens of a job (chat: turn), input and output. Default: no limit."],
  },
  {
    name: "concurrency",
    short: "c",
    value: "N",
    group: "Running",
    help: [`Jobs at once, 1 to 1000. Default: ${DEFAULT_CONCURRENCY}.`],
  },
  {
    name: "drain",
    value: "MS",
    group: "Running",
    help: [
      "How long running jobs may go on after SIGTERM, in milliseconds.",
      `Default: ${DEFAULT_DRAIN_MS}.`,
    ],
  },
  {
    name: "dry-run",
    group: "Running",
    help: ["Check options and all input lines, say what would run, run nothing."],
  },
  {
    name: "out",
    short: "o",
    value: "FILE",
    group: "Output",
    help: ["Append result lines to FILE; a terminal gets a live table."],
  },
  {
    name: "events",
    group: "Output",
    help: ["Every job event as NDJSON on standard output, in place of results."],
  },
  {
    name: "resume",
    group: "Going on",
    help: [
      "Go on with the FILE of --out: ids that it holds as completed or failed",
      "are skipped, cancelled and new ones are run. Lines need ids.",
    ],
  },
  {
    name: "retry-failed",
    group: "Going on",
    help: ["With --resume: run the failed ones again, too."],
  },
  ...CHAT_OPTIONS,
  ...STRESS_OPTIONS,
  ...SERVE_OPTIONS,
  { name: "help", short: "h", group: "Help", help: ["This text."] },
  { name: "version", group: "Help", help: ["The version."] },
];

export const COMMANDS = ["run", "chat", "stress", "serve"] as const;
export type CommandName = (typeof COMMANDS)[number];

/** The commands that have the options of `group`. */
export function commandsOf(group: OptionGroup): readonly CommandName[] {
  switch (group) {
    case "Help":
      return COMMANDS;
    case "Model":
    case "Tools":
    case "Limits":
      return ["run", "chat", "serve"];
    case "Chat":
      return ["chat"];
    case "Stress":
      return ["stress"];
    case "Serve":
      return ["serve"];
    case "Input":
    case "Running":
    case "Output":
    case "Going on":
      return ["run"];
    default:
      return group satisfies never;
  }
}

/** The options by name, as `command` has them. Those that only others have are there to be told apart from unknown ones. */
export function optionsFor(command: CommandName): ReadonlyMap<string, OptionSpec> {
  const own = OPTIONS.filter(({ group }) => commandsOf(group).includes(command));
  return new Map([...OPTIONS.toReversed(), ...own].map((option) => [option.name, option]));
}
