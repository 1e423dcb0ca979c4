import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { defineTool } from "./define-tool.ts";
import {
  checkOptions,
  integerOption,
  listOption,
  refuseOption,
  textOption,
} from "./option-check.ts";
import { denied, fileProblem } from "./refusal.ts";
import type { ExecResult, JsonSchema, Tool, ToolContext } from "./tool.ts";

export type ShellOptions = {
  /** Where commands run; a call can choose a directory below it, if the worker can read that. Relative to the process's own. @defaultValue the process's own */
  readonly cwd?: string;
  /** How long one command may take, in ms, 1 to 2,147,483,647. @defaultValue none: the tool's own deadline holds */
  readonly timeoutMs?: number;
  /** How much is kept of each of the two outputs, 1 to 16,777,216. @defaultValue 65_536 */
  readonly maxOutputBytes?: number;
  /** Commands that need no approval, each with all of its arguments: only what is exactly the same, run in `cwd` itself. @defaultValue none */
  readonly allow?: readonly (readonly string[])[];
};

type ShellSettings = {
  readonly cwd: string;
  readonly timeoutMs: number | undefined;
  readonly maxOutputBytes: number;
  readonly allow: readonly (readonly string[])[];
};

type RunArguments = { readonly argv: readonly string[]; readonly cwd?: string };

const MAX_TIMER_MS = 2_147_483_647;
/** `progress` takes 8 KiB. A character can be six bytes of JSON. */
const PIECE_BYTES = 8_000;
const SAFE_PIECE_CHARS = 1_300;
/** More output than this is not shown as it comes; the result has it. */
const MAX_SHOWN_CHARS = 131_072;

/**
 * Commands, for agents: `run_command`. The worker needs `permissions.childProcess`.
 *
 * A command is a program and its arguments, without a shell. Each needs approval, but for those in `allow`, which are compared as a whole: a program's name says
 * nothing about what its arguments make it do. A command that was approved may do whatever the process may.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field.
 */
export function tools(options: ShellOptions = {}): readonly Tool<JsonSchema>[] {
  const settings = shellSettings(options);
  return [
    defineTool({
      name: "run_command",
      description:
        'Runs a command, without a shell: "argv" is the program and its arguments, one by one. Gives its exit code and what it has printed.',
      parameters: PARAMETERS,
      needsApproval: (args) => !isAllowed(settings, args as RunArguments),
      execute: (args, ctx) => runCommand(settings, args as RunArguments, ctx),
    }),
  ];
}

const PARAMETERS = {
  type: "object",
  properties: {
    argv: { type: "array", minItems: 1, maxItems: 1_000, items: { type: "string" } },
    cwd: {
      type: "string",
      minLength: 1,
      description: "A directory. Default: the one given to the tool",
    },
  },
  required: ["argv"],
  additionalProperties: false,
} as const;

function isAllowed({ allow }: ShellSettings, { argv, cwd }: RunArguments): boolean {
  // In another directory the same words can be another command.
  if (cwd !== undefined) return false;
  return allow.some((one) => one.length === argv.length && one.every((arg, i) => arg === argv[i]));
}

async function runCommand(
  { cwd, timeoutMs, maxOutputBytes }: ShellSettings,
  args: RunArguments,
  ctx: ToolContext,
): Promise<ExecResult> {
  let shownChars = 0;
  return await ctx.exec(args.argv, {
    cwd: args.cwd === undefined ? cwd : await directoryWithin(cwd, args.cwd),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    maxOutputBytes,
    onOutput: (stream, text) => {
      const shown = text.slice(0, MAX_SHOWN_CHARS - shownChars);
      shownChars += shown.length;
      for (const piece of piecesOf(shown)) ctx.progress({ stream, text: piece });
    },
  });
}

async function directoryWithin(base: string, given: string): Promise<string> {
  if (given.includes("\0")) throw denied("a path cannot have NUL characters");
  const outside = denied(`${given}: this is outside the directory in which commands may run`);
  if (!isWithin(base, resolve(base, given))) throw outside;
  try {
    const [realBase, real] = await Promise.all([realpath(base), realpath(resolve(base, given))]);
    if (!isWithin(realBase, real)) throw outside;
    return real;
  } catch (error) {
    throw fileProblem(given, error);
  }
}

function isWithin(base: string, path: string): boolean {
  const inBase = relative(base, path);
  return inBase !== ".." && !inBase.startsWith(`..${sep}`) && !isAbsolute(inBase);
}

/** Pieces that `progress` takes, without a character cut in two. */
function* piecesOf(text: string): Iterable<string> {
  for (let start = 0; start < text.length; ) {
    let piece = text.slice(start, start + PIECE_BYTES);
    if (Buffer.byteLength(JSON.stringify(piece)) > PIECE_BYTES) {
      piece = piece.slice(0, SAFE_PIECE_CHARS);
    }
    const isCut = start + piece.length < text.length && /[\uD800-\uDBFF]$/.test(piece);
    if (isCut) piece = piece.slice(0, -1);
    yield piece;
    start += piece.length;
  }
}

function shellSettings(options: ShellOptions): ShellSettings {
  checkOptions(options, ["cwd", "timeoutMs", "maxOutputBytes", "allow"]);
  const { cwd, timeoutMs, maxOutputBytes, allow = [] } = options;
  const output = { min: 1, max: 16_777_216 };
  return {
    cwd: resolve(cwd === undefined ? process.cwd() : textOption("cwd", cwd)),
    timeoutMs:
      timeoutMs === undefined
        ? undefined
        : integerOption("timeoutMs", timeoutMs, { min: 1, max: MAX_TIMER_MS }, 1),
    maxOutputBytes: integerOption("maxOutputBytes", maxOutputBytes, output, 65_536),
    allow: listOption("allow", allow).map(allowedArgv),
  };
}

function allowedArgv(argv: unknown, i: number): readonly string[] {
  const field = `allow[${i}]`;
  const strings = listOption(field, argv).map((arg, k) => {
    if (typeof arg !== "string") refuseOption(`${field}[${k}]`, "a string");
    return arg;
  });
  if (strings.length === 0) refuseOption(field, "a program and its arguments");
  return strings;
}
