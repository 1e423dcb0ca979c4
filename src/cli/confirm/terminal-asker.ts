import type { ConfirmationRequest } from "../../index.ts";
import type { Answer, Ask, AskOptions } from "./confirmer.ts";
import type { DialogParts } from "./dialog.ts";
import { Dialog, denied } from "./dialog.ts";
import { editText } from "./editor.ts";
import { askForm } from "./form.ts";
import type { Choice } from "./question.ts";
import { choicePrompt, questionLines, readChoice } from "./question.ts";
import { visibleJson, visibleLine } from "./visible.ts";

export type TerminalAskerParts = DialogParts & {
  /** As in `VISUAL` or `EDITOR`; undefined: arguments are edited as a line of JSON. */
  readonly editor: string | undefined;
  /** Who wants to make a call, as a person knows them. */
  readonly nameOf: (request: ConfirmationRequest) => string;
  /** Takes away whatever redraws itself. */
  readonly onHold: () => void;
};

/** Asks a person at the terminal. Nothing else is shown there meanwhile. */
export function terminalAsker(parts: TerminalAskerParts): Ask {
  return async (request, options) => {
    const { streams, onHold } = parts;
    onHold();
    const screen = streams.stderr.hold();
    const answers = streams.stdout.isTerminal ? streams.stdout.hold() : undefined;
    try {
      const dialog = new Dialog(parts, screen, options.signal);
      return await askIn(dialog, parts, request, options);
    } finally {
      answers?.release();
      screen.release();
    }
  };
}

const NO_REASON = "a person has denied it, without a reason";

async function askIn(
  dialog: Dialog,
  parts: TerminalAskerParts,
  request: ConfirmationRequest,
  options: AskOptions,
): Promise<Answer> {
  const { elicitation } = request;
  if (!elicitation) return await new Question(dialog, parts, request, options).ask();
  const { streams, colors, nameOf } = parts;
  const width = streams.stderr.size.columns - 1;
  const { complaint } = options;
  const who = nameOf(request);
  return await askForm(dialog, {
    ...{ request: { ...request, elicitation }, who, width, colors, complaint },
  });
}

class Question {
  readonly #dialog: Dialog;
  readonly #parts: TerminalAskerParts;
  readonly #request: ConfirmationRequest;
  readonly #options: AskOptions;

  constructor(
    dialog: Dialog,
    parts: TerminalAskerParts,
    request: ConfirmationRequest,
    options: AskOptions,
  ) {
    this.#dialog = dialog;
    this.#parts = parts;
    this.#request = request;
    this.#options = options;
  }

  async ask(): Promise<Answer> {
    const { complaint } = this.#options;
    if (complaint === undefined) await this.#show();
    else await this.#dialog.complain(complaint);
    for (;;) {
      const line = await this.#dialog.line(choicePrompt(this.#request.toolName), { isFresh: true });
      if (typeof line !== "string") return line;
      const choice = readChoice(line);
      if (choice === undefined) await this.#dialog.complain("answer a, d, e or A");
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
    await this.#dialog.show(lines);
  }

  /** Undefined: it is to be asked again. */
  async #carryOut(choice: Choice): Promise<Answer | undefined> {
    switch (choice) {
      case "approve":
      case "always":
        return { type: "decided", decision: { approve: true }, always: choice === "always" };
      case "deny": {
        const reason = await this.#dialog.line("why, for the model? (Enter: no reason) ");
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
      await this.#dialog.complain(`that is no JSON: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #editedText(): Promise<string | Answer | undefined> {
    const { editor } = this.#parts;
    const { args } = this.#request;
    if (editor === undefined)
      return await this.#dialog.line("as JSON: ", { prefill: visibleLine(args) });
    const { signal } = this.#options;
    const edited = await editText(editor, `${visibleJson(args).join("\n")}\n`, signal);
    if (edited.type === "text") return edited.text;
    if (signal.aborted) return { type: "none" };
    await this.#dialog.complain(edited.reason);
    return undefined;
  }
}
