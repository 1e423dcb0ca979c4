import type { ResponseInputContent, ResponseInputItem } from "openai/resources/responses/responses";
import type {
  AssistantMessage,
  ContentPart,
  JsonObject,
  Message,
  ResponsePart,
  ToolCall,
} from "../../../protocol/model.ts";
import { argumentsJson, mediaOf, mediaUrl } from "../message-parts.ts";
import { inTurn } from "../turns.ts";
import { PARAGRAPH, readItem, withTexts } from "./state.ts";

/** A conversation as the Responses API takes it. */
export function inputItems(messages: readonly Message[]): readonly ResponseInputItem[] {
  return inTurn(messages).flatMap(itemsOf);
}

function itemsOf(message: Message): readonly ResponseInputItem[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", content: inputContent(message.content) }];
    case "assistant":
      return assistantItems(message);
    case "tool":
      return [
        {
          type: "function_call_output",
          call_id: message.toolCallId,
          output: outputContent(message.content),
        } as ResponseInputItem,
      ];
    default:
      return message satisfies never;
  }
}

/** The items of a response in their order; those that this API has made, as they came. */
function assistantItems(message: AssistantMessage): readonly ResponseInputItem[] {
  const { content, refusal = "", toolCalls = [], parts = [] } = message;
  const isOurs = parts.some(({ state }) => readItem(state) !== undefined);
  if (!isOurs) {
    return [...textItem(content + refusal), ...toolCalls.map((call) => callItem(call))];
  }
  const items = parts.flatMap((part) => itemsOfPart(part, toolCalls));
  return [...items, ...(items.some(refuses) ? [] : textItem(refusal))];
}

/** A message that the model has refused with goes back as it came. */
function refuses(item: ResponseInputItem): boolean {
  const { content } = item as { readonly content?: unknown };
  return Array.isArray(content) && content.some((part) => part?.type === "refusal");
}

function itemsOfPart(
  part: ResponsePart,
  toolCalls: readonly ToolCall[],
): readonly ResponseInputItem[] {
  const item = readItem(part.state);
  switch (part.type) {
    case "text":
      return item ? [messageItem(item, part.text)] : textItem(part.text);
    case "reasoning":
      return item ? [thoughtItem(item, part.text)] : [];
    case "tool-call": {
      const call = toolCalls[part.index];
      return call ? [callItem(call, item)] : [];
    }
    case "file":
      return item ? [sent({ ...item, result: part.data ?? "" })] : [];
    case "custom":
      return item ? [sent(item)] : [];
    case "source":
      return [];
    default:
      return part satisfies never;
  }
}

function messageItem({ content, ...item }: JsonObject, text: string): ResponseInputItem {
  const parts = withTexts(content, text, "").map((part) =>
    (part as JsonObject)["type"] === "output_text"
      ? { annotations: [], ...(part as JsonObject) }
      : part,
  );
  return sent({ type: "message", role: "assistant", status: "completed", ...item, content: parts });
}

function thoughtItem(item: JsonObject, text: string): ResponseInputItem {
  const { content } = item;
  return sent({
    ...item,
    summary: withTexts(item["summary"], text, PARAGRAPH),
    ...(content === undefined ? {} : { content: withTexts(content, text, PARAGRAPH) }),
  });
}

function callItem({ id, name, argumentsText }: ToolCall, item: JsonObject = {}): ResponseInputItem {
  return sent({
    type: "function_call",
    ...item,
    call_id: id,
    name,
    arguments: argumentsJson(argumentsText),
  });
}

function textItem(text: string): readonly ResponseInputItem[] {
  return text.trim() === "" ? [] : [{ role: "assistant", content: text }];
}

/** What has come from the server goes back to it; its types are the server's own. */
function sent(item: JsonObject): ResponseInputItem {
  return item as unknown as ResponseInputItem;
}

/** Images and files of a tool stand in its result. */
function outputContent(content: string | readonly ContentPart[]): string | ResponseInputContent[] {
  if (typeof content === "string") return content;
  if (mediaOf(content).length > 0) return content.map(inputPart);
  return content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

function inputContent(content: string | readonly ContentPart[]): string | ResponseInputContent[] {
  return typeof content === "string" ? content : content.map(inputPart);
}

function inputPart(part: ContentPart): ResponseInputContent {
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image":
      return { type: "input_image", image_url: mediaUrl(part), detail: part.detail ?? "auto" };
    case "file":
      return part.url === undefined
        ? { type: "input_file", filename: part.filename ?? "file", file_data: mediaUrl(part) }
        : { type: "input_file", file_url: part.url };
    default:
      return part satisfies never;
  }
}
