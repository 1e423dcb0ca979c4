import { protocolError } from "./failures.ts";
import type { MessageResponse } from "./http-transport.ts";

/** What a body begins like: proxies give an event stream all kinds of types, and some servers answer with all of it in one JSON. */
export type BodyKind = "events" | "json" | "other";

/** As much as the longest name of a field of an event stream, and its colon. */
const ENOUGH = 6;

/** How a successful answer says that it is one. */
export class AnswerType {
  readonly #status: number;
  readonly #type: string | undefined;

  /** @throws {HeddleError} `PROVIDER_PROTOCOL` for an answer without a body that could be read. The connection is then closed. */
  constructor({ message, content }: MessageResponse) {
    const { statusCode = 0, headers } = message;
    const { "content-type": type } = headers;
    this.#status = statusCode;
    this.#type = type?.split(";")[0]?.trim().toLowerCase();
    if (statusCode === 204 || statusCode === 205) {
      message.destroy();
      const answered = `the model server answered ${statusCode}`;
      throw protocolError(`${answered}, which has no body, in place of an event stream`);
    }
    if (content === undefined) {
      message.destroy();
      const packing = quote(headers["content-encoding"] ?? "");
      throw protocolError(`${this.#answered} with the content encoding ${packing}, unasked`);
    }
  }

  /** The kind of a body that begins with `start`; undefined as long as that is too little to say. */
  kindOf(start: string): BodyKind | undefined {
    const text = start.replace(/^\uFEFF/, "").trimStart();
    if (text === "") return undefined;
    if (/^[{[]/.test(text)) return "json";
    if (this.#isDeclared) return "events";
    if (/^(data|event|id|retry)?:/.test(text)) return "events";
    return text.length < ENOUGH ? undefined : "other";
  }

  /** The kind of a body that has ended before that could be said. */
  get kindOfNothing(): BodyKind {
    return this.#isDeclared ? "events" : "other";
  }

  /** Why a body that begins with `start` is no answer. */
  strange(start: string): string {
    const wrongType = `${this.#answered} with ${quote(this.#type ?? "")} in place of an event stream`;
    return /^\s*</.test(start) ? `${wrongType}: is the base URL that of an API?` : wrongType;
  }

  /** Without a type it is given the benefit of the doubt: what is no event stream has no complete response in it. */
  get #isDeclared(): boolean {
    return this.#type === undefined || this.#type === "text/event-stream";
  }

  get #answered(): string {
    return `the model server answered ${this.#status}`;
  }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
