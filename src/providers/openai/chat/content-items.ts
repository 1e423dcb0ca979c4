import type { Json, JsonObject } from "../../../protocol/model.ts";
import { malformed } from "../failures.ts";
import type { Untrusted } from "../untrusted.ts";
import { asObject, asText } from "../untrusted.ts";

/*
 * Content that is a list of items, not a text: of Mistral (`thinking`, `reference`), of Databricks (`reasoning`), of gateways to Claude.
 */

export type ContentItem =
  /** `item` is what goes back beside the text, if anything does. */
  | { readonly type: "text"; readonly text: string; readonly item?: JsonObject }
  | { readonly type: "reasoning"; readonly text: string; readonly item: JsonObject }
  | { readonly type: "reference"; readonly ids: readonly string[]; readonly item: JsonObject }
  | { readonly type: "image"; readonly item: JsonObject }
  | { readonly type: "other"; readonly kind: string; readonly item: JsonObject };

/** @throws {HeddleError} `PROVIDER_PROTOCOL` when it is no list of items. */
export function contentItems(value: unknown): readonly ContentItem[] {
  if (!Array.isArray(value)) throw malformed("content");
  return value.map((given) => {
    if (typeof given === "string") return { type: "text", text: given };
    const item = asObject(given) as JsonObject | undefined;
    const type = asText(item?.["type"]);
    if (item === undefined || type === undefined) throw malformed("content");
    return contentItem(type, item);
  });
}

function contentItem(type: string, item: JsonObject): ContentItem {
  switch (type) {
    case "text":
    case "output_text":
      return { type: "text", text: asText(item["text"]) ?? "" };
    case "thinking": {
      const { thinking = "", ...rest } = item;
      const isList = Array.isArray(thinking);
      const text = isList ? textsIn(thinking) : (asText(thinking) ?? "");
      return { type: "reasoning", text, item: { ...rest, thinking: isList ? [] : "" } };
    }
    case "reasoning": {
      const { summary, ...rest } = item;
      if (!Array.isArray(summary)) return { type: "other", kind: type, item };
      const signed = summary.map((one) => asObject<"signature">(one)?.signature).find(asText);
      const signature = signed === undefined ? [] : [{ signature: signed as Json }];
      return { type: "reasoning", text: textsIn(summary), item: { ...rest, summary: signature } };
    }
    case "reference":
      return { type: "reference", ids: idsIn(item["reference_ids"]), item };
    case "image_url":
      return { type: "image", item };
    default:
      return { type: "other", kind: type, item };
  }
}

/** An item of thoughts again, with its text. */
export function thoughtItem(item: JsonObject, text: string): JsonObject {
  if (typeof item["thinking"] === "string") return { ...item, thinking: text };
  if (Array.isArray(item["thinking"])) {
    return { ...item, thinking: text === "" ? [] : [{ type: "text", text }] };
  }
  const [signature] = (item["summary"] ?? []) as readonly JsonObject[];
  return { ...item, summary: [{ type: "summary_text", text, ...signature }] };
}

/** Whether a piece of an item goes on with the item before it: a signature ends one. */
export function continuesItem(last: JsonObject, item: JsonObject, text: string): boolean {
  if (last["type"] !== item["type"] || shapeOf(last) !== shapeOf(item)) return false;
  return text === "" || !isSigned(last);
}

function isSigned(item: JsonObject): boolean {
  const { signature, summary } = item as Untrusted<"signature" | "summary">;
  return asText(signature) !== undefined || (Array.isArray(summary) && summary.length > 0);
}

/** Two pieces of one item: the later one knows better. */
export function joinItems(last: JsonObject, item: JsonObject): JsonObject {
  const known = Object.entries(item).filter(([, value]) => value !== null && !isEmptyList(value));
  return { ...last, ...Object.fromEntries(known) };
}

function shapeOf(item: JsonObject): string {
  return "summary" in item ? "summary" : typeof item["thinking"];
}

function isEmptyList(value: Json): boolean {
  return Array.isArray(value) && value.length === 0;
}

function textsIn(list: readonly unknown[]): string {
  return list.map((one) => asText(asObject<"text">(one)?.text) ?? "").join("");
}

function idsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
