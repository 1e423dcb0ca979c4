import type { ModelResponseChunk } from "../../protocol/model.ts";
import type { Emit } from "./event-mapper.ts";

const REPLACEMENT = "\uFFFD";

/**
 * Gives out whole characters only: servers that escape their JSON cut one outside the BMP into two chunks, and half a character cannot
 * be written anywhere.
 *
 * The first half is held back until the second comes; a half that stays alone becomes U+FFFD. So no text changes its length.
 */
export class WholeCharacters {
  readonly #emit: Emit;
  /** By the type of the chunk, and the index of its call. */
  readonly #held = new Map<string, { readonly chunk: ModelResponseChunk; readonly half: string }>();

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  take(chunk: ModelResponseChunk): void {
    const text = chunk.type === "tool-call" ? chunk.argumentsText : chunk.text;
    if (this.#held.size === 0 && !isHigh(text.charCodeAt(text.length - 1)) && !isLow(text)) {
      this.#emit(chunk);
    } else {
      this.#join(chunk, text);
    }
  }

  /** The response has ended. */
  flush(): void {
    for (const { chunk } of this.#held.values()) this.#emit(withText(chunk, REPLACEMENT));
    this.#held.clear();
  }

  #join(chunk: ModelResponseChunk, text: string): void {
    const key = chunk.type === "tool-call" ? `call ${chunk.index}` : chunk.type;
    const { half = "" } = this.#held.get(key) ?? {};
    if (text === "") {
      // It brings an id or a name.
      this.#emit(chunk);
      return;
    }
    this.#held.delete(key);
    const joined = half + text;
    const hasHalf = isHigh(joined.charCodeAt(joined.length - 1));
    const whole = (hasHalf ? joined.slice(0, -1) : joined).toWellFormed();
    if (hasHalf) this.#held.set(key, { chunk, half: joined.slice(-1) });
    if (whole !== "" || isNamed(chunk)) this.#emit(withText(chunk, whole));
  }
}

function withText(chunk: ModelResponseChunk, text: string): ModelResponseChunk {
  return chunk.type === "tool-call" ? { ...chunk, argumentsText: text } : { ...chunk, text };
}

function isNamed(chunk: ModelResponseChunk): boolean {
  return chunk.type === "tool-call" && (chunk.id !== undefined || chunk.name !== undefined);
}

/** The first half of a pair. False for NaN, which an empty text gives. */
function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** Whether a text begins with the second half of a pair. */
function isLow(text: string): boolean {
  const code = text.charCodeAt(0);
  return code >= 0xdc00 && code <= 0xdfff;
}
