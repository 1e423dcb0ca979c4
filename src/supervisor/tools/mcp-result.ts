import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";
import type { ContentPart } from "../../protocol/model.ts";
import { mediaOf, partOf, wordsOf } from "./mcp-content.ts";

/** What is longer, and only of these characters, is no text for a model. */
const BASE64 = /[A-Za-z0-9+/_-]{1000,}={0,2}/g;

type Result = Pick<CallToolResult, "content" | "structuredContent">;

/** What a tool has given: its words; with its images and files, where models take them. */
export function mcpResult(result: Result): string | readonly ContentPart[] {
  const { content } = result;
  if (!content.some(mediaOf)) return wordsOfResult(result);
  const structured = untold(result);
  const parts = content.filter((block) => wordsOf(block) !== "").map(partOf);
  return structured === undefined ? parts : [...parts, { type: "text", text: structured }];
}

/**
 * A result in words: its texts as they are, and of anything else what it is. Structured content only where it says something that the rest does
 * not say, because servers put the same into both.
 */
export function wordsOfResult(result: Result): string {
  const words = result.content.map(wordsOf).filter((text) => text !== "");
  const structured = untold(result);
  return (structured === undefined ? words : [...words, structured]).join("\n");
}

/** The structured content as text, if not all of it is told by the rest. */
function untold({ content, structuredContent }: Result): string | undefined {
  if (structuredContent === undefined) return undefined;
  const said = content.flatMap(textsOf);
  const isTold = (leaf: string): boolean => said.some((text) => text.includes(leaf));
  const leaves = leavesOf(structuredContent);
  if (said.length > 0 && leaves.every(isTold)) return undefined;
  return JSON.stringify(structuredContent, (_, value) => withoutBytes(value));
}

/** All that a piece of content says, its bytes included. */
function textsOf(block: ContentBlock): readonly string[] {
  const fields: readonly unknown[] = Object.values(
    block.type === "resource" ? block.resource : block,
  );
  return fields.filter((field) => typeof field === "string").filter((text) => text !== "");
}

function leavesOf(value: unknown): readonly string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(leavesOf);
  return typeof value === "string" || typeof value === "number" ? [String(value)] : [];
}

/** Bytes are no text for a model: base64 would cost it thousands of tokens. */
function withoutBytes(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replaceAll(
    BASE64,
    (data) => `[${Buffer.byteLength(data, "base64")} bytes of base64]`,
  );
}
