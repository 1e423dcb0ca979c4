import { HeddleError, toHeddleError } from "../../errors.ts";
import { checkFields, checkText } from "../check.ts";
import type { Letter } from "../messages/letter.ts";
import type { PostOffice } from "../messages/post-office.ts";
import type { Member } from "../messages/society.ts";

const MAX_TEXTS = 100;

/** `isOfJob`: the supervisor says it for the running job's sake, and it goes with that. */
type Said = { readonly text: string; readonly isOfJob: boolean };

/** What an agent is told beside its jobs: it waits for the next model call of the running job, or for the next job. */
export class Steering {
  #texts: Said[] = [];
  /** Passes a text on to the job that runs. */
  #onText: ((text: string) => void) | undefined;

  /** What is not yet in the conversation. */
  get waiting(): readonly string[] {
    return this.#texts.map(({ text }) => text);
  }

  /** Takes the letter to `worker` if it is a valid `steer`, or fails it. */
  accept(letter: Letter, worker: Member, post: PostOffice): void {
    try {
      if (worker.endReason !== undefined) {
        throw new HeddleError("WORKER_STOPPED", `worker "${worker.name}" is stopped`);
      }
      this.#take(letter);
      letter.onQueued();
      letter.onReply(undefined);
    } catch (error) {
      const failure = toHeddleError(error, "INTERNAL");
      if (!letter.isAsk) post.lost(worker.name, letter, failure.code);
      letter.onFailed(failure);
    }
  }

  /** Has later texts passed on, or with nothing given no longer: the job is over. What waits already is the caller's to pass on. */
  follow(onText: ((text: string) => void) | undefined): void {
    this.#onText = onText;
    if (!onText) this.#texts = this.#texts.filter(({ isOfJob }) => !isOfJob);
  }

  /** Has the running job make one more step, with `text` behind what the user has said. Later jobs never see it. */
  ask(text: string): void {
    this.#push({ text, isOfJob: true });
  }

  /** The first `count` texts are in the conversation now. */
  said(count: number): readonly string[] {
    return this.#texts.splice(0, Math.max(0, count)).map(({ text }) => text);
  }

  #take({ name, message }: Letter): void {
    if (name !== "steer") {
      const text = `an agent has no handler for "${name}"; it can be told to "steer"`;
      throw new HeddleError("UNKNOWN_MESSAGE", text);
    }
    const text = steerText(message);
    if (this.#texts.length >= MAX_TEXTS) {
      throw new HeddleError("MAILBOX_FULL", `${MAX_TEXTS} texts wait already for the agent`);
    }
    this.#push({ text, isOfJob: false });
  }

  #push(said: Said): void {
    this.#texts.push(said);
    this.#onText?.(said.text);
  }
}

/** @throws {HeddleError} `INVALID_INPUT`. */
export function steerText(message: unknown): string {
  checkFields("message", message ?? null, ["text"], "INVALID_INPUT");
  const { text } = message as { readonly text?: unknown };
  checkText("text", text ?? "", "INVALID_INPUT");
  return text as string;
}
