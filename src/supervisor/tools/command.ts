import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { describe, HeddleError } from "../../errors.ts";
import type { ExecResult } from "../../tools/tool.ts";
import type { Clock, Timer } from "../../transport/clock.ts";
import { CapturedOutput } from "./captured-output.ts";
import type { CommandSpec } from "./command-spec.ts";
import { checkCommand } from "./command-spec.ts";
import { ProcessFamily } from "./process-family.ts";

const DEFAULT_MAX_OUTPUT_BYTES = 65_536;
/** How long a process has, from SIGTERM to SIGKILL. */
const TERM_GRACE_MS = 500;
const FIRST_POLL_MS = 5;
const MAX_POLL_MS = 100;
/** How long the outputs may stay open once nobody is left who could write to them. */
const DRAIN_MS = 1_000;
/** Output that is dropped is read at most at this pace, a buffer of 64 KiB each time, so that a flood does not take the supervisor's thread. */
const DROP_PAUSE_MS = 1;
/** With a random id behind it: a variable of its own for each command, so that a command within a command has both. */
const MARK_PREFIX = "HEDDLE_COMMAND_";

export type RunningCommand = {
  /**
   * How the command ended, however it did. It settles when none of its descendants lives, as far as `ProcessFamily` can find them.
   *
   * Rejects with `EXEC_FAILED` when it could not be started.
   */
  readonly ended: Promise<ExecResult>;
  /** Ends it with all its descendants: SIGTERM, and SIGKILL half a second later. More than once is the same as once. */
  kill(): void;
};

type Exit = { readonly exitCode: number | null; readonly signal: string | null };

/** Killed when the process exits; a signal that ends the process at once leaves them behind. */
const running = new Set<ProcessFamily>();

/**
 * Starts a command in a process group of its own, without a shell.
 *
 * What it has started and left behind when it ends, or is killed, is killed, too. What comes by `onOutput` is what is kept; that must not throw.
 * It does not keep the process alive.
 *
 * @throws {HeddleError} `INVALID_INPUT` that names the field.
 */
export function startCommand(spec: CommandSpec, clock: Clock): RunningCommand {
  checkCommand(spec);
  const command = new Command(spec, clock);
  const ended = command.run();
  // Who asks later is still told.
  ended.catch(() => {});
  return { ended, kill: () => command.stop() };
}

class Command {
  readonly #spec: CommandSpec;
  readonly #clock: Clock;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #stdout: CapturedOutput;
  readonly #stderr: CapturedOutput;
  #isTimedOut: boolean = false;
  #hasExited: boolean = false;

  constructor(spec: CommandSpec, clock: Clock) {
    const { maxOutputBytes = DEFAULT_MAX_OUTPUT_BYTES } = spec;
    this.#spec = spec;
    this.#clock = clock;
    this.#stdout = new CapturedOutput(maxOutputBytes);
    this.#stderr = new CapturedOutput(maxOutputBytes);
  }

  stop(): void {
    this.#stopped.resolve();
  }

  run(): Promise<ExecResult> {
    const mark = `${MARK_PREFIX}${randomBytes(16).toString("hex")}`;
    try {
      const child = this.#spawn(mark);
      const { pid } = child;
      // An error that comes later is that of a pipe, which ends with the command.
      const failed = once(child, "error").then(([error]) => error);
      return pid === undefined
        ? failed.then((error) => this.#fail(error))
        : this.#untilEnded(child, new ProcessFamily(pid, mark));
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<never> {
    throw await startFailure(this.#spec, error);
  }

  #spawn(mark: string): ChildProcess {
    const { argv, cwd, env, input } = this.#spec;
    const [program = "", ...args] = argv;
    const { PATH } = process.env;
    return spawn(program, args, {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...(PATH === undefined ? {} : { PATH }), ...env, [mark]: "1" },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: true,
      windowsHide: true,
    });
  }

  async #untilEnded(child: ChildProcess, family: ProcessFamily): Promise<ExecResult> {
    const exited = this.#exitOf(child);
    const closed = new Promise((resolve) => child.once("close", resolve));
    enlist(family);
    this.#connect(child);
    const deadline = this.#startDeadline();
    await Promise.race([exited, this.#stopped.promise]);
    deadline?.cancel();
    await this.#endFamily(family, exited);
    const { exitCode, signal } = await exited;
    discharge(family);
    await this.#atMost(DRAIN_MS, closed);
    for (const output of [child.stdout, child.stderr]) output?.destroy();
    return {
      exitCode,
      signal,
      stdout: this.#stdout.text,
      stderr: this.#stderr.text,
      isTruncated: this.#stdout.isTruncated || this.#stderr.isTruncated,
      isTimedOut: this.#isTimedOut,
    };
  }

  #exitOf(child: ChildProcess): Promise<Exit> {
    return new Promise((resolve) => {
      child.once("exit", (exitCode, signal) => {
        this.#hasExited = true;
        resolve({ exitCode, signal });
      });
    });
  }

  #startDeadline(): Timer | undefined {
    const { timeoutMs } = this.#spec;
    if (timeoutMs === undefined) return undefined;
    return this.#clock.setTimer(timeoutMs, () => {
      this.#isTimedOut = true;
      this.stop();
    });
  }

  #connect(child: ChildProcess): void {
    child.unref();
    for (const pipe of child.stdio) (pipe as Socket | null)?.unref();
    // A command need not read what it is given.
    child.stdin?.on("error", () => {});
    child.stdin?.end(this.#spec.input);
    this.#read("stdout", child.stdout, this.#stdout);
    this.#read("stderr", child.stderr, this.#stderr);
  }

  #read(name: "stdout" | "stderr", stream: Readable | null, output: CapturedOutput): void {
    const tell = (text: string): void => {
      if (text !== "") this.#spec.onOutput?.(name, text);
    };
    stream?.on("data", (bytes: Buffer) => {
      tell(output.take(bytes));
      if (!output.isTruncated) return;
      stream.pause();
      this.#clock.setTimer(DROP_PAUSE_MS, () => stream.resume());
    });
    stream?.on("end", () => tell(output.end()));
    stream?.on("error", () => {});
  }

  /** Polls: nothing tells when a process ends that is not our own child. */
  async #endFamily(family: ProcessFamily, exited: Promise<unknown>): Promise<void> {
    const killAtMs = this.#clock.monotonicMs() + TERM_GRACE_MS;
    let isAnyLiving = await family.signal("SIGTERM");
    for (let pollMs = FIRST_POLL_MS; isAnyLiving; pollMs = Math.min(pollMs * 2, MAX_POLL_MS)) {
      await this.#atMost(pollMs, ...(this.#hasExited ? [] : [exited]));
      isAnyLiving = await family.signal(this.#clock.monotonicMs() >= killAtMs ? "SIGKILL" : 0);
    }
  }

  /** Waits `ms`, or less if one of the others settles before. */
  async #atMost(ms: number, ...others: readonly Promise<unknown>[]): Promise<void> {
    const { promise: passed, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.setTimer(ms, resolve);
    await Promise.race([passed, ...others]);
    timer.cancel();
  }
}

function enlist(family: ProcessFamily): void {
  if (running.size === 0) process.on("exit", killAll);
  running.add(family);
}

function discharge(family: ProcessFamily): void {
  running.delete(family);
  if (running.size === 0) process.off("exit", killAll);
}

function killAll(): void {
  for (const family of running) family.killNow();
}

async function startFailure(spec: CommandSpec, error: unknown): Promise<HeddleError> {
  const why = (await problemOfCwd(spec.cwd)) ?? problemOfProgram(error);
  return new HeddleError("EXEC_FAILED", `cannot start "${spec.argv[0]}": ${why}`, { cause: error });
}

/** Node reports it as if the program were missing. */
async function problemOfCwd(cwd: string | undefined): Promise<string | undefined> {
  if (cwd === undefined) return undefined;
  try {
    return (await stat(cwd)).isDirectory() ? undefined : `${cwd} is not a directory`;
  } catch (error) {
    return `it cannot be started in ${cwd}: ${describe(error)}`;
  }
}

function problemOfProgram(error: unknown): string {
  const { code } = Object(error);
  if (code === "ENOENT") return "there is no such program";
  if (code === "EACCES") return "it may not be executed";
  return describe(error);
}
