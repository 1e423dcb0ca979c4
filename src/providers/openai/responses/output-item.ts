import type { JsonObject } from "../../../protocol/model.ts";
import type { CallRun, Slot, TextRun } from "../part-runs.ts";
import type { Untrusted } from "../untrusted.ts";
import { asObject, asText } from "../untrusted.ts";
import { PARAGRAPH } from "./state.ts";

/** One item of a response's output, as far as it has come. */
export type OutputItem = {
  /** As the server sent it last. */
  item: JsonObject | undefined;
  /** Its place among the parts. */
  run: TextRun | CallRun | Slot | undefined;
  /** What of its present part has come in deltas: some servers send whole parts only. */
  readonly streamed: Set<Channel>;
  /** What has come of it at all. */
  readonly told: Set<Channel>;
  isDone: boolean;
};

export type Channel = "text" | "refusal" | "reasoning" | "arguments";

/** Where an event belongs: servers leave out one or the other, and some change the ids. */
export type Place = Untrusted<"item_id" | "output_index">;

/** Calls that the client is to carry out. Without their outputs they are refused in a conversation. */
const OF_CLIENT: ReadonlySet<string> = new Set([
  "computer_call",
  "local_shell_call",
  "shell_call",
  "apply_patch_call",
  "custom_tool_call",
  "mcp_approval_request",
  "tool_search_call",
]);

export function newItem(): OutputItem {
  return { item: undefined, run: undefined, streamed: new Set(), told: new Set(), isDone: false };
}

export function keysOf({ item_id, output_index }: Place): readonly string[] {
  return [
    ...(typeof output_index === "number" ? [`at ${output_index}`] : []),
    ...(typeof item_id === "string" && item_id !== "" ? [`id ${item_id}`] : []),
  ];
}

export function typeOf(item: JsonObject | undefined): string {
  return asText(item?.["type"]) ?? "";
}

/** The text of a message, or its refusal. */
export function saidIn(item: JsonObject, channel: "text" | "refusal"): string {
  const { content } = item as Untrusted<"content">;
  if (!Array.isArray(content)) return channel === "text" ? (asText(content) ?? "") : "";
  return content.map((part) => asText(asObject<Channel>(part)?.[channel]) ?? "").join("");
}

/** The summary of a thought; else the thought itself, of open models. */
export function thoughtIn(item: JsonObject): string {
  const { summary, content } = item as Untrusted<"summary" | "content">;
  const list = Array.isArray(summary) && summary.length > 0 ? summary : content;
  if (!Array.isArray(list)) return "";
  return list.map((part) => asText(asObject<"text">(part)?.text) ?? "").join(PARAGRAPH);
}

/** Whether a thought can go back: nothing is stored on the server, so its id alone is worth nothing. */
export function canGoBack(item: JsonObject | undefined): boolean {
  const { encrypted_content, content } = (item ?? {}) as Untrusted<"encrypted_content" | "content">;
  if (item?.["status"] === "incomplete" || item?.["status"] === "in_progress") return false;
  return asText(encrypted_content) !== undefined || (Array.isArray(content) && content.length > 0);
}

/** Whether a built-in tool's item is whole without something from us; `all` are the items of the response. */
export function isWhole(item: JsonObject, all: readonly JsonObject[]): boolean {
  if (!OF_CLIENT.has(typeOf(item))) return true;
  const id = item["call_id"];
  return all.some((other) => typeOf(other) === `${typeOf(item)}_output` && other["call_id"] === id);
}
