import type {
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { HeddleError } from "../../../errors.ts";
import type { AssistantMessage, ContentPart, Message } from "../../../protocol/model.ts";
import { contentText, mediaOf, mediaUrl } from "../message-parts.ts";
import { inTurn } from "../turns.ts";
import { assistantMessage } from "./assistant-message.ts";
import { readChatState } from "./state.ts";

/**
 * A conversation as the chat API takes it.
 *
 * Its tool messages are text, and so are those of the assistant: images and files go with the next message of the user, made up
 * where there is none.
 *
 * @throws {HeddleError} `PROVIDER_BAD_REQUEST` for a file by its URL.
 */
export function chatMessages(
  messages: readonly Message[],
  nowMs: number,
): readonly ChatCompletionMessageParam[] {
  const hasCalls = messages.some(callsTools);
  const sent: ChatCompletionMessageParam[] = [];
  let media: readonly ContentPart[] = [];
  const show = (content: readonly ContentPart[]): void => {
    if (content.length > 0) sent.push({ role: "user", content: content.map(chatPart) });
    media = [];
  };
  for (const message of inTurn(messages)) {
    switch (message.role) {
      case "user":
        if (typeof message.content === "string" && media.length === 0)
          sent.push({ role: "user", content: message.content });
        else show([...media, ...partsOf(message.content)]);
        break;
      case "assistant": {
        show(media);
        const said = assistantMessage(message, { hasCalls, nowMs });
        if (said) sent.push(said);
        media = picturesOf(message);
        break;
      }
      case "tool":
        sent.push({
          role: "tool",
          tool_call_id: message.toolCallId,
          content: contentText(message.content),
        });
        media = [...media, ...resultOf(message)];
        break;
      default:
        message satisfies never;
    }
  }
  show(media);
  return sent;
}

function callsTools(message: Message): boolean {
  return message.role === "assistant" && (message.toolCalls ?? []).length > 0;
}

function partsOf(content: string | readonly ContentPart[]): readonly ContentPart[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function resultOf(message: Extract<Message, { role: "tool" }>): readonly ContentPart[] {
  const media = mediaOf(message.content);
  if (media.length === 0) return [];
  const text = `The tool ${message.toolName} has returned this (call ${message.toolCallId}):`;
  return [{ type: "text", text }, ...media];
}

/** The model is to see what it has made: else it could not change it. */
function picturesOf({ parts = [] }: AssistantMessage): readonly ContentPart[] {
  const pictures = parts.flatMap((part): readonly ContentPart[] => {
    if (part.type !== "file" || !readChatState(part.state)?.isShown) return [];
    const { state: _, type: __, filename: ___, ...source } = part;
    return [{ type: "image", ...source }];
  });
  return pictures.length === 0
    ? []
    : [{ type: "text", text: "The pictures of your answer:" }, ...pictures];
}

function chatPart(part: ContentPart): ChatCompletionContentPart {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image": {
      const { detail } = part;
      const url = mediaUrl(part);
      return { type: "image_url", image_url: { url, ...(detail === undefined ? {} : { detail }) } };
    }
    case "file":
      return { type: "file", file: fileContent(part) };
    default:
      return part satisfies never;
  }
}

function fileContent(part: Extract<ContentPart, { type: "file" }>): {
  filename: string;
  file_data: string;
} {
  if (part.url !== undefined) {
    throw new HeddleError(
      "PROVIDER_BAD_REQUEST",
      'the chat API takes no file by its URL: give its data, or use openaiProvider({ api: "responses" })',
      { details: { retryable: false } },
    );
  }
  return { filename: part.filename ?? "file", file_data: mediaUrl(part) };
}
