import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/**
 * The built command at a terminal of 80 by 24, which `script` of util-linux makes: it belongs to every Debian (bsdutils).
 *
 * What a person would see and type: the screen as a stream of text, and keys.
 */
export class PseudoTerminal implements AsyncDisposable {
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #text = "";

  constructor(args: readonly string[], env: { readonly [name: string]: string } = {}) {
    const command = [process.execPath, MAIN, ...args].map(quoted).join(" ");
    // Without a size, a terminal that nobody looks at has none.
    this.#child = spawn("script", ["-qec", `stty cols 80 rows 24; ${command}`, "/dev/null"], {
      env: { PATH: process.env["PATH"], TERM: "xterm", SHELL: "/bin/sh", ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#text += text;
      for (const check of this.#waiting) check();
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (code) => resolve(code));
    });
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Resolves with what has come up to `pattern`; the next call begins behind that. */
  async until(pattern: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const check = (): void => {
      const found = pattern.exec(this.#text);
      if (found === null) return;
      const end = found.index + found[0].length;
      resolve(this.#text.slice(0, end));
      this.#text = this.#text.slice(end);
      this.#waiting.delete(check);
    };
    this.#waiting.add(check);
    check();
    const text = await Promise.race([promise, this.ended]);
    if (typeof text === "string") return text;
    throw new TypeError(`it ended without ${pattern}: ${JSON.stringify(this.#text)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
