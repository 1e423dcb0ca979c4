import type { JsonObject, PartState } from "../../../protocol/model.ts";
import { asObject } from "../untrusted.ts";

/**
 * What the chat API wants back with a part of a message. Text that the part has itself is not in it a second time.
 */
export type ChatState = {
  /** A state of the Responses API means nothing here. */
  readonly api: "chat";
  /** Of the first thought: the fields of the message that hold the text of all thoughts. */
  readonly texts?: readonly string[];
  /** Of the first thought: other fields of the message. Of a call: other fields of the call. */
  readonly fields?: JsonObject;
  /** Of a call: other fields of its `function`. */
  readonly function?: JsonObject;
  /** An item of the message's content, without its text. */
  readonly item?: JsonObject;
  /** Of a thought: what stood around it in the text. */
  readonly around?: readonly [open: string, close: string];
  /** Of a file: the model's server is shown it with the next message of the user. */
  readonly isShown?: true;
};

export function chatState(state: Omit<ChatState, "api">): JsonObject {
  return { api: "chat", ...state } as JsonObject;
}

/** The state of a part as this API has made it. A transcript may come from anywhere: what does not fit is left out. */
export function readChatState(state: PartState | undefined): ChatState | undefined {
  const data = asObject<keyof ChatState>(state?.data);
  if (data?.api !== "chat") return undefined;
  const { texts, around } = data;
  return {
    api: "chat",
    ...(isTexts(texts) ? { texts } : {}),
    ...objectAs("fields", data.fields),
    ...objectAs("function", data.function),
    ...objectAs("item", data.item),
    ...(isTexts(around) && around.length === 2
      ? { around: around as unknown as [string, string] }
      : {}),
    ...(data.isShown === true ? { isShown: true } : {}),
  };
}

function objectAs<K extends string>(name: K, value: unknown): { readonly [N in K]?: JsonObject } {
  return asObject(value) ? ({ [name]: value } as { [N in K]: JsonObject }) : {};
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
