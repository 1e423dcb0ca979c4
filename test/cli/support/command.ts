import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { ResultLine } from "../../../src/cli/result-line.ts";

/*
 * Runs the built command as its users do: as a process of its own.
 */

const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
export const EXAMPLES: string = fileURLToPath(
  new URL("../../../examples/prompts.jsonl", import.meta.url),
);

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type StartOptions = {
  readonly env?: { readonly [name: string]: string };
  /** What it gets on standard input; nothing if left out. */
  readonly input?: string;
  readonly keepsStdinOpen?: boolean;
  /** A file descriptor in place of a pipe for standard output. */
  readonly stdoutFd?: number;
  readonly main?: string;
  /** Flags of Node. */
  readonly flags?: readonly string[];
  /** It has one more pipe, as descriptor 3, that is silent and open. */
  readonly hasSilentPipe?: boolean;
};

/** A command that runs. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #text = { stdout: "", stderr: "" };
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], options: StartOptions = {}) {
    const { env = {}, input = "", keepsStdinOpen = false, stdoutFd, main = MAIN } = options;
    const { flags = [], hasSilentPipe = false } = options;
    this.child = spawn(process.execPath, [...flags, main, ...args], {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["pipe", stdoutFd ?? "pipe", "pipe", ...(hasSilentPipe ? ["pipe" as const] : [])],
    });
    this.child.stdin?.on("error", () => {}).write(input);
    if (!keepsStdinOpen) this.child.stdin?.end();
    for (const name of ["stdout", "stderr"] as const) {
      this.child[name]?.setEncoding("utf8").on("data", (text: string) => {
        this.#text[name] += text;
        for (const check of this.#waiting) check();
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code, signal) => resolve({ code, signal, ...this.#text }));
    });
  }

  get stdout(): string {
    return this.#text.stdout;
  }

  /** Resolves with all that stream has said once `pattern` is in it. */
  async until(stream: "stdout" | "stderr", pattern: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const check = (): void => {
      if (pattern.test(this.#text[stream])) resolve(this.#text[stream]);
    };
    this.#waiting.add(check);
    check();
    const text = await Promise.race([promise, this.ended]);
    this.#waiting.delete(check);
    if (typeof text === "string") return text;
    throw new TypeError(`it ended without ${pattern}: ${JSON.stringify(text)}`);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Runs the command to its end. */
export async function heddle(args: readonly string[], options?: StartOptions): Promise<Ended> {
  return await new Running(args, options).ended;
}

export function jsonLines<T = ResultLine>(text: string): T[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** A directory that is gone after the test. */
export class TemporaryDirectory implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "heddle-cli-"));

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
