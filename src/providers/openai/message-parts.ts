import type { ContentPart, MediaSource, Message, ResponsePart } from "../../protocol/model.ts";
import { asObject, parseJson } from "./untrusted.ts";

/** Images and files of `content`. */
export function mediaOf(content: string | readonly ContentPart[]): readonly ContentPart[] {
  return typeof content === "string" ? [] : content.filter(({ type }) => type !== "text");
}

/** What of `content` can be said in words. */
export function contentText(content: string | readonly ContentPart[]): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");
}

/** The conversation without what providers have kept with it. */
export function withoutStates(messages: readonly Message[]): readonly Message[] {
  return messages.map((message) => {
    if (message.role !== "assistant" || !message.parts) return message;
    const parts = message.parts.map(({ state: _, ...part }) => part as ResponsePart);
    return { ...message, parts };
  });
}

export function hasStates(messages: readonly Message[]): boolean {
  return messages.some(
    (message) => message.role === "assistant" && message.parts?.some(({ state }) => state),
  );
}

/** The URL of an image or a file: its own, or one that holds its data. */
export function mediaUrl(source: MediaSource): string {
  return source.url ?? `data:${source.mediaType};base64,${source.data}`;
}

/**
 * A tool call's arguments as they are sent back to a model.
 *
 * What is no JSON object is wrapped into one. OpenAI takes any text, but vLLM and llama.cpp parse it for their chat
 * template and refuse the whole conversation, so that one bad call would end it.
 */
export function argumentsJson(argumentsText: string): string {
  if (argumentsText === "") return "{}";
  if (asObject(parseJson(argumentsText)) !== undefined) return argumentsText;
  return JSON.stringify({ malformed_arguments: argumentsText });
}
