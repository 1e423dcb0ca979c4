import type { AssistantMessage, Message, ModelResponse, ToolCall } from "./protocol/model.ts";
import type { ToolEnd } from "./protocol/tool.ts";

/*
 * What a response and the end of a tool call are in a conversation. Pure.
 */

/** The message that a whole response is. Undefined for one that says nothing: models' servers refuse an empty message. */
export function assistantMessage(response: ModelResponse): AssistantMessage | undefined {
  const { text, refusal, toolCalls, parts } = response;
  const isEmpty = text === "" && toolCalls.length === 0 && refusal === undefined;
  if (isEmpty && !parts?.some(isSaid)) return undefined;
  return {
    role: "assistant",
    content: text,
    ...(refusal === undefined ? {} : { refusal }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(parts === undefined ? {} : { parts }),
  };
}

/** What a response says as its answer: its text without the remarks on the way to it. */
export function answerText({ text, parts = [] }: ModelResponse): string {
  const isCommentary = parts.some((part) => part.type === "text" && part.isCommentary);
  if (!isCommentary) return text;
  const texts = parts.map((part) => (part.type === "text" && !part.isCommentary ? part.text : ""));
  return texts.join("");
}

/** The message that answers `call`. */
export function toolMessage({ id, name }: ToolCall, end: ToolEnd): Message {
  return {
    role: "tool",
    toolCallId: id,
    toolName: name,
    content: end.content ?? end.result,
    isError: end.error !== undefined,
  };
}

/** Thoughts alone are no answer. */
function isSaid({ type }: { readonly type: string }): boolean {
  return type === "file" || type === "custom";
}
