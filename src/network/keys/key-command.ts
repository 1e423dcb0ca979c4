import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import type { HeddleError } from "../../errors.ts";
import { describe } from "../../errors.ts";
import { foreignWords, noKey } from "./key-failure.ts";

const MAX_OUTPUT_BYTES = 65_536;
/** How long its outputs may stay open after its end: a process that it has left behind may hold them. */
const DRAIN_MS = 1_000;

type CommandOptions = {
  readonly env: { readonly [name: string]: string };
  /** Aborts after `timeoutMs`, or when nobody wants the key any more. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
};

/**
 * What a command prints, 64 KiB at most. It runs without a shell and without input, in a process group of its own, which is killed with it.
 *
 * It settles when the command is gone: what ends the thread then leaves nothing behind.
 *
 * @throws {HeddleError} `PROVIDER_AUTH` when it cannot be started, fails, prints too much or takes too long. What it has printed is in no message.
 */
export async function runKeyCommand(
  argv: readonly string[],
  { env, signal, timeoutMs }: CommandOptions,
): Promise<string> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  let problem: HeddleError | undefined;
  const fail = (how: string, retryable: boolean): void => {
    problem ??= noKey(`the command ${program} ${how}`, retryable);
    kill(child);
  };
  const printed = collect(child.stdout, () => fail("prints too much", false));
  const notes = collect(child.stderr);
  const late = (): void => fail(`has given none within ${timeoutMs} ms`, true);
  signal.addEventListener("abort", late, { once: true });
  if (signal.aborted) late();
  const { exitCode, killedBy, error } = await endOf(child);
  signal.removeEventListener("abort", late);
  if (error !== undefined) fail(`cannot be started: ${describe(error)}`, false);
  if (exitCode !== 0) {
    const how = exitCode === null ? `was ended by ${killedBy}` : `has ended with code ${exitCode}`;
    fail(how + foreignWords(notes(), env, printed().split(/\s+/)), true);
  }
  if (problem !== undefined) throw problem;
  return printed();
}

type End = {
  readonly exitCode: number | null;
  readonly killedBy?: NodeJS.Signals | null;
  readonly error?: Error;
};

/** A process that it leaves behind may hold its outputs: for those it is not waited long. */
function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ exitCode: null, error }));
    child.once("exit", () => setTimeout(() => closeOutputs(child), DRAIN_MS).unref());
    child.once("close", (exitCode, killedBy) => resolve({ exitCode, killedBy }));
  });
}

/** Collects text; `onFull` is called for more than is kept. */
function collect(output: NodeJS.ReadableStream, onFull?: () => void): () => string {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  output.on("data", (part: Buffer) => {
    sizeBytes += part.length;
    if (sizeBytes <= MAX_OUTPUT_BYTES) parts.push(part);
    else onFull?.();
  });
  return () => Buffer.concat(parts).toString();
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
  closeOutputs(child);
}

function closeOutputs(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
}
