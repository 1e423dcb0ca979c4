import type { ConfirmationRequest } from "../../index.ts";
import type { LineAnswer, LineReader } from "../line-reader.ts";
import type { Hold, Streams } from "../output.ts";
import type { Colors } from "../terminal.ts";
import type { Answer, Ask, AskOptions } from "./confirmer.ts";
import { editText } from "./editor.ts";
import type { Choice } from "./question.ts";
import { choicePrompt, questionLines, readChoice } from "./question.ts";
import { visible, visibleJson, visibleLine } from "./visible.ts";

export type TerminalAskerParts = {
  readonly streams: Streams;
  readonly reader: LineReader;
  readonly colors: Colors;
  /** As in `VISUAL` or `EDITOR`; undefined: arguments are edited as a line of JSON. */
  readonly editor: string | undefined;
  /** Who wants to make a call, as a person knows them. */
  readonly nameOf: (request: ConfirmationRequest) => string;
  /** Takes away whatever redraws itself. */
  readonly onHold: () => void;
  readonly onInterrupt: () => void;
};

/** Asks a person at the terminal. Nothing else is shown there meanwhile. */
export function terminalAsker(parts: TerminalAskerParts): Ask {
  return async (request, options) => {
    const { streams, onHold } = parts;
    onHold();
    const screen = streams.stderr.hold();
    const answers = streams.stdout.isTerminal ? streams.stdout.hold() : undefined;
    try {
      return await new Question(parts, screen, request, options).ask();
    } finally {
      answers?.release();
      screen.release();
    }
  };
}

const CLOSED = "whoever was asked has left";
const NO_REASON = "a person has denied it, without a reason";

class Question {
  readonly #parts: TerminalAskerParts;
  readonly #screen: Hold;
  readonly #request: ConfirmationRequest;
  readonly #options: AskOptions;

  constructor(
    parts: TerminalAskerParts,
    screen: Hold,
    request: ConfirmationRequest,
    options: AskOptions,
  ) {
    this.#parts = parts;
    this.#screen = screen;
    this.#request = request;
    this.#options = options;
  }

  async ask(): Promise<Answer> {
    const { complaint } = this.#options;
    if (complaint === undefined) await this.#show();
    else await this.#complain(complaint);
    for (;;) {
      const line = await this.#line(choicePrompt(this.#request.toolName), { isFresh: true });
      if (typeof line !== "string") return line;
      const choice = readChoice(line);
      if (choice === undefined) await this.#complain("answer a, d, e or A");
      else {
        const answer = await this.#carryOut(choice);
        if (answer !== undefined) return answer;
      }
    }
  }

  async #show(): Promise<void> {
    const { streams, colors, nameOf } = this.#parts;
    const { redact, stderr } = streams;
    const who = nameOf(this.#request);
    const width = stderr.size.columns - 1;
    const { behind } = this.#options;
    const lines = questionLines(this.#request, { who, behind, width, colors, redact });
    await this.#screen.write(`\n${lines.join("\n")}\n`);
  }

  async #complain(why: string): Promise<void> {
    await this.#screen.write(`${this.#parts.colors.yellow(visible(why))}\n`);
  }

  /** Undefined: it is to be asked again. */
  async #carryOut(choice: Choice): Promise<Answer | undefined> {
    switch (choice) {
      case "approve":
      case "always":
        return { type: "decided", decision: { approve: true }, always: choice === "always" };
      case "deny": {
        const reason = await this.#line("why, for the model? (Enter: no reason) ");
        return typeof reason === "string" ? denied(reason.trim() || NO_REASON) : reason;
      }
      case "edit":
        return await this.#edit();
      default:
        return choice satisfies never;
    }
  }

  async #edit(): Promise<Answer | undefined> {
    const text = await this.#editedText();
    if (typeof text !== "string") return text;
    try {
      const decision = { edit: JSON.parse(text) as unknown };
      return { type: "decided", decision, always: false };
    } catch (error) {
      await this.#complain(`that is no JSON: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #editedText(): Promise<string | Answer | undefined> {
    const { editor } = this.#parts;
    const { args } = this.#request;
    if (editor === undefined) return await this.#line("as JSON: ", { prefill: visibleLine(args) });
    const { signal } = this.#options;
    const edited = await editText(editor, `${visibleJson(args).join("\n")}\n`, signal);
    if (edited.type === "text") return edited.text;
    if (signal.aborted) return { type: "none" };
    await this.#complain(edited.reason);
    return undefined;
  }

  /** One line, or what it means that there is none. */
  async #line(
    prompt: string,
    options: { readonly isFresh?: boolean; readonly prefill?: string } = {},
  ): Promise<string | Answer> {
    for (;;) {
      const { signal } = this.#options;
      const answer = await this.#parts.reader.ask(prompt, { signal, ...options });
      if (answer.type !== "lines") return this.#absent(answer);
      const [line = "", ...more] = answer.lines;
      if (more.length === 0) return line;
      await this.#complain("several lines at once are no answer");
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

function denied(reason: string): Answer {
  return { type: "decided", decision: { deny: reason }, always: false };
}
