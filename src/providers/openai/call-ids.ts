import type { Message } from "../../protocol/model.ts";

/** OpenAI's chat API takes no longer ones. */
const MAX_LENGTH = 40;

/**
 * Gives tool calls their ids: the server's own, as long as no other call of the conversation has it. Servers refuse a conversation in
 * which two calls have one id, also those that have made it.
 */
export class CallIds {
  readonly #messages: readonly Message[];
  readonly #makePrefix: () => string;
  /** Made with the first call: most responses have none. */
  #taken: Set<string> | undefined;
  #prefix: string | undefined;

  /** @param makePrefix - called once, when the first id is missing; what it gives is unique. */
  constructor(messages: readonly Message[], makePrefix: () => string) {
    this.#messages = messages;
    this.#makePrefix = makePrefix;
  }

  /** The id for a call to which the server gave `serverId`. */
  give(serverId: string | undefined, index: number): string {
    this.#taken ??= new Set(this.#messages.flatMap(idsOf));
    const id = serverId === undefined ? this.#own(index) : this.#unique(serverId, index);
    this.#taken.add(id);
    return id;
  }

  /** The next number in the id's own form: Kimi's server reads `functions.name:3`. */
  #unique(id: string, index: number): string {
    if (!this.#taken?.has(id)) return id;
    const { stem = id, mark = "_" } = /^(?<stem>.*)(?<mark>[:_-])\d{1,6}$/s.exec(id)?.groups ?? {};
    for (let n = 1; stem.length < MAX_LENGTH - 4 && n < 1_000; n++) {
      const next = `${stem}${mark}${n}`;
      if (!this.#taken.has(next)) return next;
    }
    return this.#own(index);
  }

  #own(index: number): string {
    this.#prefix ??= this.#makePrefix();
    return `${this.#prefix}_${index}`;
  }
}

function idsOf(message: Message): readonly string[] {
  return message.role === "assistant" ? (message.toolCalls ?? []).map(({ id }) => id) : [];
}
