import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";

/** What came of asking a person for a line. */
export type LineAnswer =
  /** More than one: they were pasted. */
  | { readonly type: "lines"; readonly lines: readonly string[] }
  /** Ctrl-C. */
  | { readonly type: "interrupted" }
  /** Ctrl-D, or the terminal is gone. */
  | { readonly type: "closed" }
  /** The question was taken back. */
  | { readonly type: "withdrawn" };

export type LineOptions = {
  readonly signal: AbortSignal;
  /** Earlier lines, the latest first. */
  readonly history?: readonly string[];
  /** Stands there already, to be edited. */
  readonly prefill?: string;
  /** What was typed before the question could be read does not answer it. */
  readonly isFresh?: boolean;
  /** Ctrl-C empties a line that is not empty, as in a shell. */
  readonly clearsLine?: boolean;
};

type TerminalInput = Readable & { readonly setRawMode?: (on: boolean) => unknown };

/** Asks for lines on a terminal. Between questions the terminal is as usual: its Ctrl-C is a signal. */
export class LineReader {
  readonly #input: TerminalInput;
  readonly #output: Writable;

  constructor(input: TerminalInput, output: Writable) {
    this.#input = input;
    this.#output = output;
  }

  /** One question at a time. Never rejects. */
  async ask(prompt: string, options: LineOptions): Promise<LineAnswer> {
    if (options.isFresh === true) await this.#dropTyped();
    if (options.signal.aborted) return { type: "withdrawn" };
    if (this.#input.readableEnded || this.#input.destroyed) return { type: "closed" };
    return await this.#read(prompt, options);
  }

  async #read(prompt: string, options: LineOptions): Promise<LineAnswer> {
    const { signal, history = [], prefill, clearsLine = false } = options;
    const { promise, resolve } = Promise.withResolvers<LineAnswer>();
    const editor = createInterface({
      input: this.#input,
      output: this.#output,
      terminal: true,
      history: [...history],
      historySize: history.length === 0 ? 0 : history.length + 1,
      prompt,
    });
    const lines: string[] = [];
    const withdraw = (): void => this.#leave(resolve, { type: "withdrawn" });
    editor.on("line", (line) => {
      lines.push(line);
      // What is pasted comes as many lines in one turn.
      if (lines.length === 1) setImmediate(() => resolve({ type: "lines", lines }));
    });
    editor.on("SIGINT", () => {
      if (!clearsLine || editor.line === "") this.#leave(resolve, { type: "interrupted" });
      else editor.write(null, CLEAR_LINE);
    });
    editor.on("close", () => {
      if (lines.length === 0) this.#leave(resolve, { type: "closed" });
    });
    signal.addEventListener("abort", withdraw, { once: true });
    editor.prompt();
    if (prefill !== undefined) editor.write(prefill);
    const answer = await promise;
    signal.removeEventListener("abort", withdraw);
    editor.close();
    return answer;
  }

  /** Ends the line that the cursor stands in. */
  #leave(resolve: (answer: LineAnswer) => void, answer: LineAnswer): void {
    this.#output.write("\n");
    resolve(answer);
  }

  /** Reads all that is there already, and forgets it. */
  async #dropTyped(): Promise<void> {
    const drop = (): void => {};
    this.#input.setRawMode?.(true);
    this.#input.on("data", drop).resume();
    // The loop polls once in each turn, and takes all that waits.
    for (let turns = 0; turns < 3; turns += 1) await nextTurn();
    this.#input.off("data", drop).pause();
    this.#input.setRawMode?.(false);
  }
}

const CLEAR_LINE = { ctrl: true, name: "u" };
