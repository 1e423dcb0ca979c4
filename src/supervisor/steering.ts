import { HeddleError } from "../errors.ts";
import { checkFields, checkText } from "./check.ts";
import type { Letter } from "./letter.ts";

const MAX_TEXTS = 100;

/** What an agent is told beside its jobs: it waits for the next model call of the running job, or for the next job. */
export class Steering {
  #texts: string[] = [];
  /** Passes a text on to the job that runs. */
  #onText: ((text: string) => void) | undefined;

  /** What is not yet in the conversation. */
  get waiting(): readonly string[] {
    return this.#texts;
  }

  /** Takes a letter that is a valid `steer`. @throws {HeddleError} `UNKNOWN_MESSAGE`, `INVALID_INPUT`, `MAILBOX_FULL`. */
  take({ name, message }: Pick<Letter, "name" | "message" | "isAsk">): void {
    if (name !== "steer") {
      const text = `an agent has no handler for "${name}"; it can be told to "steer"`;
      throw new HeddleError("UNKNOWN_MESSAGE", text);
    }
    const text = steerText(message);
    if (this.#texts.length >= MAX_TEXTS) {
      throw new HeddleError("MAILBOX_FULL", `${MAX_TEXTS} texts wait already for the agent`);
    }
    this.#texts.push(text);
    this.#onText?.(text);
  }

  /** Has later texts passed on. What waits already is the caller's to pass on. */
  follow(onText: ((text: string) => void) | undefined): void {
    this.#onText = onText;
  }

  /** The first `count` texts are in the conversation now. */
  said(count: number): readonly string[] {
    return this.#texts.splice(0, Math.max(0, count));
  }
}

/** @throws {HeddleError} `INVALID_INPUT`. */
export function steerText(message: unknown): string {
  checkFields("message", message ?? null, ["text"], "INVALID_INPUT");
  const { text } = message as { readonly text?: unknown };
  checkText("text", text ?? "", "INVALID_INPUT");
  return text as string;
}
