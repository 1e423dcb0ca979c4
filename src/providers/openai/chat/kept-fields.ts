import type { Json, JsonObject } from "../../../protocol/model.ts";
import { asObject, asText } from "../untrusted.ts";
import { addBlocks, withoutTexts } from "./thought-blocks.ts";

/** Fields that hold a list of thoughts. */
export type BlockField = "reasoning_details" | "thinking_blocks";

/** Signatures and encrypted thoughts: of LiteLLM and Bedrock's gateways, of Copilot, of Doubao, of gateways to Gemini. */
const TEXTS: ReadonlySet<string> = new Set([
  "reasoning_signature",
  "reasoning_opaque",
  "encrypted_content",
  "thought_signature",
]);
/** Of Gemini, and of LiteLLM in front of it. */
const OBJECTS: ReadonlySet<string> = new Set(["extra_content", "provider_specific_fields"]);

/**
 * Fields of a message that are not shown, but go back to the server with it. Only those that servers are known to want: most refuse
 * a field that they do not know, also one that they have sent.
 */
export class KeptFields {
  readonly #texts = new Map<string, string>();
  readonly #objects = new Map<string, JsonObject>();
  readonly #blocks = new Map<BlockField, { [name: string]: Json }[]>();

  /** Takes a field if it is one to keep. */
  add(name: string, value: unknown): void {
    if (TEXTS.has(name)) this.#addText(name, value);
    else if (OBJECTS.has(name)) this.#addObject(name, value);
    else if (name === "audio") this.#addAudio(value);
  }

  addBlocks(name: BlockField, pieces: readonly unknown[]): void {
    const blocks = this.#blocks.get(name) ?? [];
    this.#blocks.set(name, blocks);
    addBlocks(blocks, pieces);
  }

  hasBlocks(name: BlockField): boolean {
    return this.#blocks.has(name);
  }

  /** All of it as JSON; undefined if there is nothing. @param reasoning - the text that need not be in it again. */
  build(reasoning: string): JsonObject | undefined {
    const blocks = [...this.#blocks].map(([name, all]) => [name, withoutTexts(all, reasoning)]);
    const entries = [...this.#texts, ...this.#objects, ...blocks];
    return entries.length === 0 ? undefined : (Object.fromEntries(entries) as JsonObject);
  }

  #addText(name: string, value: unknown): void {
    const text = asText(value);
    if (text !== undefined) this.#texts.set(name, (this.#texts.get(name) ?? "") + text);
  }

  #addObject(name: string, value: unknown): void {
    const given = asObject(value) as JsonObject | undefined;
    const kept = given && (name === "extra_content" ? ofGoogle(given) : signaturesOf(given));
    if (kept) this.#objects.set(name, { ...this.#objects.get(name), ...kept });
  }

  /** The server has the sound itself, until it says. */
  #addAudio(value: unknown): void {
    const audio = asObject<"id" | "expires_at">(value);
    const id = asText(audio?.id);
    const before = this.#objects.get("audio");
    const expiresAt = audio?.expires_at;
    const end = typeof expiresAt === "number" ? { expires_at: expiresAt } : {};
    if (id !== undefined || before)
      this.#objects.set("audio", { ...before, ...(id ? { id } : {}), ...end });
  }
}

/** Fields of a call that go back with it: the signature by which Gemini knows its own call, in all places where gateways put it. */
const OF_CALLS: ReadonlySet<string> = new Set([
  "extra_content",
  "provider_specific_fields",
  "thought_signature",
]);

/** The fields to keep of a tool call, or of its `function`; undefined if there are none. */
export function keptOfCall(call: object): JsonObject | undefined {
  let kept: { [name: string]: Json } | undefined;
  for (const [name, value] of Object.entries(call)) {
    if (OF_CALLS.has(name) && value !== null) kept = { ...kept, [name]: value };
  }
  return kept;
}

/** Without the mark of a thought, which would make the whole message one. */
function ofGoogle(given: JsonObject): JsonObject | undefined {
  const { thought: _, ...google } = (asObject(given["google"]) ?? {}) as JsonObject;
  const { google: __, ...rest } = given;
  const kept = { ...rest, ...(Object.keys(google).length === 0 ? {} : { google }) };
  return Object.keys(kept).length === 0 ? undefined : kept;
}

/** The rest is told to the client alone. */
function signaturesOf(given: JsonObject): JsonObject | undefined {
  const signatures = Object.entries(given).filter(
    ([name, value]) => name.includes("signature") && value !== null,
  );
  return signatures.length === 0 ? undefined : Object.fromEntries(signatures);
}
