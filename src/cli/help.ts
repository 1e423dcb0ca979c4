import { CHAT_HEAD, CHAT_TAIL } from "./chat/help.ts";
import type { OptionGroup, OptionSpec } from "./option-spec.ts";
import type { CommandName } from "./options.ts";
import { commandsOf, OPTIONS } from "./options.ts";
import { SERVE_HEAD, SERVE_TAIL } from "./serve/help.ts";
import { STRESS_HEAD, STRESS_TAIL } from "./stress/help.ts";

const GROUPS: readonly OptionGroup[] = [
  "Input",
  "Model",
  "Tools",
  "Limits",
  "Running",
  "Output",
  "Going on",
  "Chat",
  "Stress",
  "Serve",
  "Help",
];

const HEAD = `heddle: runs many prompts at once, each as an agent on a thread of its own.

Usage:
  heddle run FILE.jsonl [options]     one job for each line of FILE
  heddle run - [options]              lines from standard input
  heddle run -p TEXT [options]        one prompt
  heddle chat [options]               a conversation with one agent; heddle chat --help says more
  heddle stress [options]             scripted agents under load and faults, every promise checked;
                                      heddle stress --help says what is done and measured
  heddle serve [options]              agents behind an HTTP server; heddle serve --help says more`;

const TAIL = `An input line is {"id"?, "prompt", "instructions"?}. A bad one is reported with its line number and
becomes no job. A line without an id is called line-N, by its number.

A result line, in order of completion, is
  {"id","status","provider","model","text","usage","error","firstChunkMs","durationMs"}
with status completed, cancelled or failed, and error null or {"code","message"}. usage has
"estimated": true where a part of it was cut off, or not told by its server. Where an id has
several lines the last one counts. Beside the FILE of --out, FILE.state keeps a hash of each prompt:
--resume refuses an id that was completed with another prompt.

A tool that needs approval waits for you at the terminal, with its name and exact arguments; those
of many agents come one after the other. Without a terminal, or with prompts from standard input, it
is denied, and the model is told so: --confirm allow approves all.

Ctrl-C once cancels all jobs and still writes their result lines. SIGTERM starts nothing more, lets
running jobs end within --drain, and then cancels them. A second signal of either kind ends at once.

Exit codes:
  0    all completed; stress: all promises kept; chat: left, or all prompts answered
  1    some not, or bad input lines; stress: a promise was broken; chat: a prompt not answered
  2    bad usage, unreadable file
  130  interrupted by SIGINT (Ctrl-C), 143 by SIGTERM
A thread that hangs in a system call cannot be ended, and would keep the process: then the command
ends itself by the signal that interrupted it, or by SIGTERM.

Environment:
  OPENAI_API_KEY, OPENAI_BASE_URL    as for OpenAI's own client
  ANTHROPIC_API_KEY, GEMINI_API_KEY, MISTRAL_API_KEY, AWS_…, GROQ_API_KEY, …
                                     for --provider, as that company's own tools read them
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
                                     proxies, as for curl; also in lower case
  NODE_EXTRA_CA_CERTS                a file of certificate authorities to trust as well
  NO_COLOR                           no colours

Examples:
  heddle run -p "Why is the sky blue?" -m gpt-5-mini
  heddle run prompts.jsonl -o results.jsonl -c 100 --resume
  heddle run prompts.jsonl --base-url http://localhost:11434/v1 -m llama3.2
  jq -c '{id, prompt: .question}' tickets.jsonl | heddle run - > results.jsonl
  heddle run -p "Hello" --provider anthropic -m claude-sonnet-4-5
  heddle run prompts.jsonl --provider scripted -o demo.jsonl
  heddle run -p "What is in here?" --tools heddle/tools/fs='{"roots":["."]}' --grant fs-read=.`;

/** The text of `--help`, at most 100 columns wide. */
export function helpText(): string {
  return `${[HEAD, ...GROUPS.map(section), TAIL].join("\n\n")}\n`;
}

/** The text of `heddle stress --help`, as wide. */
export function stressHelpText(): string {
  return textOf("stress", STRESS_HEAD, STRESS_TAIL);
}

/** The text of `heddle serve --help`, as wide. */
export function serveHelpText(): string {
  return textOf("serve", SERVE_HEAD, SERVE_TAIL);
}

/** The text of `heddle chat --help`, as wide. */
export function chatHelpText(): string {
  return textOf("chat", CHAT_HEAD, CHAT_TAIL);
}

function textOf(command: CommandName, head: string, tail: string): string {
  const groups = GROUPS.filter((group) => commandsOf(group).includes(command));
  return `${[head, ...groups.map(section), tail].join("\n\n")}\n`;
}

function section(group: OptionGroup): string {
  const rows = OPTIONS.filter((option) => option.group === group).flatMap(rowsOf);
  return `${group}:\n${rows.join("\n")}`;
}

function rowsOf({ name, short, value, help }: OptionSpec): string[] {
  const flags = `${short === undefined ? "   " : `-${short},`} --${name}${value === undefined ? "" : ` ${value}`}`;
  return help.map((line, index) => `  ${(index === 0 ? flags : "").padEnd(28)}${line}`);
}
