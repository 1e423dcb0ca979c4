import { readFileSync } from "node:fs";
import process from "node:process";
import type { Command, RunOptions } from "./arguments.ts";
import { parseArguments } from "./arguments.ts";
import type { ChatOptions } from "./chat/arguments.ts";
import { chatHelpText, helpText, serveHelpText, stressHelpText } from "./help.ts";
import type { Streams } from "./output.ts";
import { Output } from "./output.ts";
import type { Prepared } from "./prepare.ts";
import { redactor, secretsOf } from "./redact.ts";
import type { ServeOptions } from "./serve/arguments.ts";

const USAGE = 2;

/** Runs the command line and returns the exit code. It rejects for a fault of the command's own only. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const command = parseArguments(argv, { isTerminal: process.stdin.isTTY === true });
  const streams = openStreams(baseURLOf(command));
  const { stdout, stderr } = streams;
  switch (command.type) {
    case "help":
      await stdout.write(HELPS[command.of ?? "run"]());
      return 0;
    case "version":
      await stdout.write(`${version()}\n`);
      return 0;
    case "refused":
      for (const problem of command.problems) await stderr.print(`heddle: ${problem}\n`);
      await stderr.write("heddle --help shows what there is.\n");
      return USAGE;
    case "run":
      return await explained(streams, () => prepareAndRun(command.options, streams));
    case "chat":
      return await explained(streams, () => prepareAndChat(command.options, streams));
    case "stress":
      return await explained(streams, async () => {
        const { stress } = await import("./stress/stress.ts");
        return await stress(command.options, streams);
      });
    case "serve":
      return await explained(streams, () => prepareAndServe(command.options, streams));
    default:
      return command satisfies never;
  }
}

const HELPS = {
  run: helpText,
  chat: chatHelpText,
  stress: stressHelpText,
  serve: serveHelpText,
} as const;

function baseURLOf(command: Command): string | undefined {
  return "options" in command && "baseURL" in command.options ? command.options.baseURL : undefined;
}

/** Runs `work`, whose HeddleErrors are for the user to read. */
async function explained(streams: Streams, work: () => Promise<number>): Promise<number> {
  // Loaded here, so that help and refusals do not wait for the whole runtime.
  const { HeddleError } = await import("../index.ts");
  try {
    return await work();
  } catch (error) {
    if (!HeddleError.is(error)) throw error;
    await streams.stderr.print(`heddle: ${error.message}\n`);
    return REFUSALS.has(error.code) ? USAGE : 1;
  }
}

async function prepareAndRun(options: RunOptions, streams: Streams): Promise<number> {
  const { prepare } = await import("./prepare.ts");
  const { run } = await import("./run.ts");
  const { dryRun } = await import("./dry-run.ts");
  let prepared: Prepared | undefined;
  try {
    prepared = await prepare(options, process.env);
    return options.dryRun ? await dryRun(prepared, streams) : await run(prepared, streams);
  } finally {
    // An input that was not read to its end would keep the process alive.
    prepared?.stopping.release();
  }
}

async function prepareAndChat(options: ChatOptions, streams: Streams): Promise<number> {
  const { prepareChat } = await import("./chat/prepare-chat.ts");
  const { chat } = await import("./chat/chat.ts");
  return await chat(await prepareChat(options, process.env, streams.redact), streams);
}

async function prepareAndServe(options: ServeOptions, streams: Streams): Promise<number> {
  const { prepareServe } = await import("./serve/prepare-serve.ts");
  const { serve } = await import("./serve/serve.ts");
  return await serve(await prepareServe(options, process.env), streams);
}

/** Codes that say that the user asked for something that cannot be. */
const REFUSALS: ReadonlySet<string> = new Set(["INVALID_OPTION", "INVALID_INPUT", "PROVIDER_AUTH"]);

function openStreams(baseURL: string | undefined): Streams {
  const redact = redactor(secretsOf(process.env, baseURL ?? process.env["OPENAI_BASE_URL"]));
  return {
    stdout: new Output(process.stdout, redact),
    stderr: new Output(process.stderr, redact),
    redact,
  };
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
