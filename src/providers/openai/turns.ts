import type { ContentPart, Message } from "../../protocol/model.ts";

type UserMessage = Extract<Message, { readonly role: "user" }>;

/**
 * The conversation with user and assistant in turn: messages of a user that follow one another are one, and an empty one is left out.
 * The templates of many models refuse anything else.
 */
export function inTurn(messages: readonly Message[]): readonly Message[] {
  const turns: Message[] = [];
  for (const message of messages) {
    if (isEmpty(message)) continue;
    const last = turns.at(-1);
    if (last?.role === "user" && message.role === "user") {
      turns[turns.length - 1] = joined(last, message);
    } else turns.push(message);
  }
  return turns;
}

function joined(first: UserMessage, second: UserMessage): UserMessage {
  if (typeof first.content === "string" && typeof second.content === "string") {
    return { role: "user", content: `${first.content}\n\n${second.content}` };
  }
  return { role: "user", content: [...partsOf(first.content), ...partsOf(second.content)] };
}

function partsOf(content: UserMessage["content"]): readonly ContentPart[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

/** A response that was cut off before its first word says nothing, too. */
function isEmpty(message: Message): boolean {
  switch (message.role) {
    case "user":
      return message.content.length === 0;
    case "assistant": {
      const { content, refusal, toolCalls = [], parts = [] } = message;
      const isSaid = parts.some(({ type }) => type === "file" || type === "custom");
      return content === "" && refusal === undefined && toolCalls.length === 0 && !isSaid;
    }
    case "tool":
      return false;
    default:
      return message satisfies never;
  }
}
