import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import type {
  AssistantMessage,
  Json,
  JsonObject,
  ResponsePart,
  ToolCall,
} from "../../../protocol/model.ts";
import { argumentsJson } from "../message-parts.ts";
import { asObject } from "../untrusted.ts";
import { thoughtItem } from "./content-items.ts";
import type { ChatState } from "./state.ts";
import { readChatState } from "./state.ts";
import { withTexts } from "./thought-blocks.ts";

type Conversation = {
  /** Whether the model has called a tool anywhere in it. */
  readonly hasCalls: boolean;
  readonly nowMs: number;
};
type Stated = { readonly part: ResponsePart; readonly state: ChatState | undefined };

/**
 * A message of the assistant with what its server wants back, in the fields it came in. Undefined for one that says nothing.
 *
 * The text of thoughts goes back in conversations with tool calls only. There DeepSeek and Kimi refuse a message without it; in others
 * nobody wants it, and DeepSeek's R1 refused it. Signatures and encrypted thoughts always go back.
 */
export function assistantMessage(
  message: AssistantMessage,
  conversation: Conversation,
): ChatCompletionMessageParam | undefined {
  const { refusal, toolCalls = [], parts = [] } = message;
  const stated = parts.map((part) => ({ part, state: readChatState(part.state) }));
  const content = contentOf(message, stated);
  if (content === null && refusal === undefined && toolCalls.length === 0) return undefined;
  return {
    role: "assistant",
    content,
    ...(refusal === undefined ? {} : { refusal }),
    ...messageFields(stated, conversation),
    ...(toolCalls.length === 0
      ? {}
      : { tool_calls: toolCalls.map((call, i) => sentCall(call, callState(stated, i))) }),
  } as unknown as ChatCompletionMessageParam;
}

function contentOf(
  { content }: AssistantMessage,
  stated: readonly Stated[],
): string | readonly Json[] | null {
  if (stated.some(({ state }) => state?.item)) return itemsOf(stated);
  const tagged = stated.find(({ state }) => state?.around);
  if (tagged?.part.type === "reasoning" && tagged.state?.around) {
    const [open, close] = tagged.state.around;
    return `${open}${tagged.part.text}${close}${content}`;
  }
  return content === "" ? null : content;
}

/** The content as a list, in the form in which it came. */
function itemsOf(stated: readonly Stated[]): readonly Json[] {
  return stated.flatMap(({ part, state }): readonly Json[] => {
    const item = state?.item;
    if (item === undefined) {
      return part.type === "text" ? [{ type: "text", text: part.text }] : [];
    }
    const isThought = "thinking" in item || Array.isArray(item["summary"]);
    return [part.type === "reasoning" && isThought ? thoughtItem(item, part.text) : item];
  });
}

function messageFields(stated: readonly Stated[], { hasCalls, nowMs }: Conversation): JsonObject {
  const thoughts = stated.filter(({ part }) => part.type === "reasoning");
  const reasoning = thoughts.map(({ part }) => ("text" in part ? part.text : "")).join("");
  const { texts = [], fields = {} } =
    thoughts.find(({ state }) => state?.texts || state?.fields)?.state ?? {};
  const sent = Object.entries(fields).map(([name, value]) => {
    return [name, sentField(name, value, reasoning, nowMs)] as const;
  });
  return Object.fromEntries([
    ...(hasCalls ? texts.map((name) => [name, reasoning] as const) : []),
    ...sent.filter(([, value]) => value !== undefined),
  ]) as JsonObject;
}

function sentField(name: string, value: Json, reasoning: string, nowMs: number): Json | undefined {
  if (Array.isArray(value)) return withTexts(value as readonly Json[], reasoning);
  if (name !== "audio") return value;
  // The server keeps a sound for some time only.
  const { id, expires_at = 0 } = asObject<"id" | "expires_at">(value) ?? {};
  return typeof id === "string" && Number(expires_at) * 1_000 > nowMs ? { id } : undefined;
}

function callState(stated: readonly Stated[], index: number): ChatState | undefined {
  return stated.find(({ part }) => part.type === "tool-call" && part.index === index)?.state;
}

function sentCall({ id, name, argumentsText }: ToolCall, state: ChatState | undefined): JsonObject {
  return {
    type: "function",
    id,
    ...state?.fields,
    function: { name, arguments: argumentsJson(argumentsText), ...state?.function },
  };
}
