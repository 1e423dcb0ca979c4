import type { LineAnswer, LineReader } from "../line-reader.ts";
import type { Hold, Streams } from "../output.ts";
import type { Colors } from "../terminal.ts";
import type { Answer } from "./confirmer.ts";
import { visible } from "./visible.ts";

export type DialogParts = {
  readonly streams: Streams;
  readonly reader: LineReader;
  readonly colors: Colors;
  readonly onInterrupt: () => void;
};

const CLOSED = "whoever was asked has left";

/** What a person is told and asked at the terminal, line by line, while one thing is to be decided. */
export class Dialog {
  readonly signal: AbortSignal;
  readonly #parts: DialogParts;
  readonly #screen: Hold;

  /** `screen` is the caller's, who also releases it. */
  constructor(parts: DialogParts, screen: Hold, signal: AbortSignal) {
    this.#parts = parts;
    this.#screen = screen;
    this.signal = signal;
  }

  async show(lines: readonly string[]): Promise<void> {
    await this.#screen.write(`\n${lines.join("\n")}\n`);
  }

  async complain(why: string): Promise<void> {
    await this.#screen.write(`${this.#parts.colors.yellow(visible(why))}\n`);
  }

  /** One line, or what it means that there is none. */
  async line(
    prompt: string,
    options: { readonly isFresh?: boolean; readonly prefill?: string } = {},
  ): Promise<string | Answer> {
    for (;;) {
      const answer = await this.#parts.reader.ask(prompt, { signal: this.signal, ...options });
      if (answer.type !== "lines") return this.#absent(answer);
      const [line = "", ...more] = answer.lines;
      if (more.length === 0) return line;
      await this.complain("several lines at once are no answer");
    }
  }

  #absent(answer: Exclude<LineAnswer, { readonly type: "lines" }>): Answer {
    switch (answer.type) {
      case "interrupted":
        this.#parts.onInterrupt();
        return { type: "none" };
      case "closed":
        return denied(CLOSED);
      case "withdrawn":
        return { type: "none" };
      default:
        return answer satisfies never;
    }
  }
}

export function denied(reason: string): Answer {
  return { type: "decided", decision: { deny: reason }, always: false };
}
