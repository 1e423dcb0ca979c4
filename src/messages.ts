import type { JobEvent } from "./protocol/job.ts";
import type {
  AssistantMessage,
  Message,
  ModelResponse,
  ResponsePart,
  ToolCall,
} from "./protocol/model.ts";
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

/**
 * An event as it may be shown or logged: a response without the states of its parts, which are for its provider alone. Every other
 * event is returned as it is.
 */
export function withoutState(event: JobEvent): JobEvent {
  if (event.type !== "response" || !event.response.parts?.some(({ state }) => state)) return event;
  const parts = event.response.parts.map(({ state: _, ...part }): ResponsePart => part);
  return { ...event, response: { ...event.response, parts } };
}

/** Thoughts alone are no answer. */
function isSaid({ type }: { readonly type: string }): boolean {
  return type === "file" || type === "custom";
}
