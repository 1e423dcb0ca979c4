import type { Json, JsonObject, PartState } from "../../../protocol/model.ts";
import { asObject, asText } from "../untrusted.ts";

/** Between the paragraphs of a summary, and between two messages. */
export const PARAGRAPH = "\n\n";

/**
 * What the Responses API wants back with a part: the output item that it was, without the text that the part has itself.
 */
export type ItemState = {
  /** A state of the chat API means nothing here. */
  readonly api: "responses";
  readonly item: JsonObject;
};

export function itemState(item: JsonObject): JsonObject {
  return { api: "responses", item };
}

/** The item of a part as this API has made it. A transcript may come from anywhere: what does not fit is left out. */
export function readItem(state: PartState | undefined): JsonObject | undefined {
  const data = asObject<keyof ItemState>(state?.data);
  return data?.api === "responses" ? (asObject(data.item) as JsonObject | undefined) : undefined;
}

/** A list of texts with the length of each in its place, if all together begin `text`; else as it is. */
export function withoutTexts(
  list: readonly Json[],
  text: string,
  separator: string,
): readonly Json[] {
  const texts = list.map((one) => asText(asObject<"text">(one)?.text) ?? "");
  if (!text.startsWith(texts.join(separator))) return list;
  return list.map((one) => {
    const { text: own } = asObject<"text">(one) ?? {};
    return typeof own === "string" ? { ...(one as JsonObject), text: own.length } : one;
  });
}

/** The list again, its texts cut out of `text`. */
export function withTexts(
  list: Json | undefined,
  text: string,
  separator: string,
): readonly Json[] {
  let at = 0;
  return (Array.isArray(list) ? (list as readonly Json[]) : []).map((one) => {
    const { text: length } = asObject<"text">(one) ?? {};
    if (typeof length !== "number") return one;
    const from = at;
    at += length + separator.length;
    return { ...(one as JsonObject), text: text.slice(from, from + length) };
  });
}
