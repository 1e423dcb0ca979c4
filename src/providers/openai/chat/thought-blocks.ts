import type { Json, JsonObject } from "../../../protocol/model.ts";
import { asObject, asText } from "../untrusted.ts";

/*
 * Lists of thoughts with signatures and encrypted parts, which come in pieces: `reasoning_details` of OpenRouter, `thinking_blocks` of
 * LiteLLM. They go back verbatim and in their order.
 */

type Block = { [name: string]: Json };

/** Where the text of a thought stands. */
const TEXTS = ["text", "thinking", "summary"] as const;

/** Adds the pieces of one event to the blocks so far. */
export function addBlocks(blocks: Block[], pieces: readonly unknown[]): void {
  for (const piece of pieces) {
    const block = asObject(piece) as JsonObject | undefined;
    if (block === undefined) continue;
    const last = blocks.at(-1);
    if (last && continues(last, block)) append(last, block);
    else blocks.push({ ...block });
  }
}

/** What a reader can be shown of these pieces. */
export function textOf(pieces: readonly unknown[]): string {
  return pieces.map((piece) => blockText(asObject(piece) as JsonObject | undefined)).join("");
}

/** The blocks with the length of each text in its place, if all texts together are `reasoning`; else as they are. */
export function withoutTexts(blocks: readonly Block[], reasoning: string): readonly Json[] {
  if (textOf(blocks) !== reasoning) return blocks;
  return blocks.map((block) => {
    const name = textName(block);
    return name === undefined ? block : { ...block, [name]: blockText(block).length };
  });
}

/** The blocks again, their texts cut out of `reasoning`. */
export function withTexts(blocks: readonly Json[], reasoning: string): readonly Json[] {
  let at = 0;
  return blocks.map((value) => {
    const block = asObject(value) as JsonObject | undefined;
    const name = TEXTS.find((text) => typeof block?.[text] === "number");
    if (block === undefined || name === undefined) return value;
    const from = at;
    at += block[name] as number;
    return { ...block, [name]: reasoning.slice(from, at) };
  });
}

/** A signature ends a thought; what is encrypted comes whole. */
function continues(last: JsonObject, piece: JsonObject): boolean {
  if (last["type"] !== piece["type"] || "data" in piece) return false;
  const isSame = (name: string): boolean =>
    last[name] === piece[name] || (last[name] ?? null) === null || (piece[name] ?? null) === null;
  if (!isSame("index") || !isSame("id")) return false;
  return asText(last["signature"]) === undefined || blockText(piece) === "";
}

function append(last: Block, piece: JsonObject): void {
  for (const [name, value] of Object.entries(piece)) {
    const isText = (TEXTS as readonly string[]).includes(name);
    const before = last[name];
    if (isText && typeof before === "string" && typeof value === "string")
      last[name] = before + value;
    else if (value !== null && value !== undefined) last[name] = value;
  }
}

function blockText(block: JsonObject | undefined): string {
  const name = block && textName(block);
  return name === undefined ? "" : String(block?.[name]);
}

function textName(block: JsonObject): string | undefined {
  return TEXTS.find((name) => typeof block[name] === "string");
}
