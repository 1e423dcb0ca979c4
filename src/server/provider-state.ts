import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { AssistantMessage, ModelResponse, PartState, ResponsePart } from "../index.ts";

/** A longer one is not sent to clients: they send all of a conversation's with each request. */
const MAX_SEAL_CHARACTERS = 65_536;
/** What one tenant's responses may take here, in UTF-16 code units of their seals. */
const MAX_KEPT_CHARACTERS = 8_388_608;

/** A part, without what the client has of it anyway: of a text its length, of a file its place among the message's files. */
type SealedPart =
  | { readonly type: "text"; readonly length: number; readonly isCommentary?: true }
  | { readonly type: "file" }
  | Exclude<ResponsePart, { readonly type: "text" | "file" }>;
type Sealed = {
  readonly parts: readonly (SealedPart & { readonly state?: PartState })[];
  /** Of the text that they belong to. */
  readonly digest: string;
};
type FilePart = Extract<ResponsePart, { readonly type: "file" }>;

/**
 * What models' providers want back of one tenant's conversations, where clients keep the conversations.
 *
 * 1. A response with provider state is sealed: a text that a client keeps with its message and sends back. It is signed with the
 *    server's key, for this tenant. What a client has made up or changed counts as not there, because a provider sends state verbatim
 *    to its model's server, with the server's own API key.
 * 2. A client that drops the seal loses nothing while the server remembers it by the ids of the response's tool calls: the last
 *    8 MiB for each tenant.
 * 3. A message whose text was edited, or whose calls are others, gets no state.
 */
export class ProviderStates {
  readonly #key: string;
  readonly #tenant: string;
  /** Seals by the id of the response's first tool call, the latest at the end. */
  readonly #kept = new Map<string, string>();
  #keptCharacters = 0;

  constructor(key: string, tenant: string) {
    this.#key = key;
    this.#tenant = tenant;
  }

  /** What a client is to keep with the response; undefined: nothing. */
  seal({ parts, text, toolCalls }: ModelResponse): string | undefined {
    if (!parts?.some(({ state }) => state !== undefined)) return undefined;
    const sealed: Sealed = { parts: parts.map(sealedPart), digest: digestOf(text) };
    const payload = Buffer.from(JSON.stringify(sealed)).toString("base64url");
    const seal = `${payload}.${this.#sign(payload)}`;
    const [call] = toolCalls;
    if (call) this.#keep(call.id, seal);
    return seal.length > MAX_SEAL_CHARACTERS ? undefined : seal;
  }

  /** `message` with what its provider wants back: by `seal`, or as it is remembered. `message` itself, where there is nothing. */
  restore(
    message: AssistantMessage,
    seal: string | undefined,
    files: readonly FilePart[] = [],
  ): AssistantMessage {
    const sealed = this.#open(seal) ?? this.#open(this.#kept.get(message.toolCalls?.[0]?.id ?? ""));
    const parts = sealed && partsOf(sealed, message, files);
    return parts ? { ...message, parts } : message;
  }

  #keep(callId: string, seal: string): void {
    this.#drop(callId);
    if (seal.length > MAX_KEPT_CHARACTERS) return;
    this.#kept.set(callId, seal);
    this.#keptCharacters += seal.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptCharacters <= MAX_KEPT_CHARACTERS) break;
      this.#drop(oldest);
    }
  }

  #drop(callId: string): void {
    this.#keptCharacters -= this.#kept.get(callId)?.length ?? 0;
    this.#kept.delete(callId);
  }

  #open(seal: string | undefined): Sealed | undefined {
    const [payload = "", signature = "", ...rest] = (seal ?? "").split(".");
    if (payload === "" || rest.length > 0) return undefined;
    const given = Buffer.from(signature);
    const own = Buffer.from(this.#sign(payload));
    if (given.length !== own.length || !timingSafeEqual(given, own)) return undefined;
    return JSON.parse(Buffer.from(payload, "base64url").toString()) as Sealed;
  }

  #sign(payload: string): string {
    const name = JSON.stringify(this.#tenant);
    return createHmac("sha256", this.#key).update(`${name}.${payload}`).digest("base64url");
  }
}

function sealedPart(part: ResponsePart): Sealed["parts"][number] {
  const state = part.state === undefined ? {} : { state: part.state };
  switch (part.type) {
    case "text": {
      const { isCommentary } = part;
      const { length } = part.text;
      return { type: "text", length, ...(isCommentary ? { isCommentary } : {}), ...state };
    }
    case "file":
      return { type: "file", ...state };
    case "reasoning":
    case "tool-call":
    case "source":
    case "custom":
      return part;
    default:
      return part satisfies never;
  }
}

/** The parts as they were; undefined where they are not those of `message`. */
function partsOf(
  { parts, digest }: Sealed,
  { content, toolCalls = [] }: AssistantMessage,
  files: readonly FilePart[],
): readonly ResponsePart[] | undefined {
  const calls = parts.filter(({ type }) => type === "tool-call").length;
  const drawn = parts.filter(({ type }) => type === "file").length;
  if (digest !== digestOf(content) || calls !== toolCalls.length || drawn !== files.length) {
    return undefined;
  }
  let at = 0;
  let file = 0;
  return parts.map((part) => {
    if (part.type === "text") {
      const { length, ...rest } = part;
      at += length;
      return { ...rest, text: content.slice(at - length, at) };
    }
    if (part.type !== "file") return part;
    file += 1;
    return { ...(files[file - 1] as FilePart), ...(part.state ? { state: part.state } : {}) };
  });
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
