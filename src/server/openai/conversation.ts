import type { AssistantMessage, ContentPart, MediaSource, Message } from "../../index.ts";
import type { ProviderStates } from "../provider-state.ts";
import { refuse } from "./refuse.ts";
import type {
  WireAssistantMessage,
  WireMessage,
  WireTextPart,
  WireUserPart,
} from "./request-shape.ts";

export type Conversation = {
  readonly messages: readonly Message[];
  /** What system and developer messages say, wherever they stand, in their order. */
  readonly instructions: readonly string[];
};

/**
 * A client's messages as a job takes them.
 *
 * Every tool call has its result right behind it, as models' servers ask for it; parts without text are left out.
 *
 * @throws {HeddleError} `INVALID_INPUT` that names the field.
 */
export function conversationOf(wire: readonly WireMessage[], states: ProviderStates): Conversation {
  const messages: Message[] = [];
  const instructions: string[] = [];
  const calls = new OpenCalls();
  for (const [i, message] of wire.entries()) {
    const at = `messages[${i}]`;
    if (message.role !== "tool") calls.checkAnswered(at);
    switch (message.role) {
      case "system":
      case "developer":
        instructions.push(textOf(message.content));
        break;
      case "user":
        messages.push({ role: "user", content: userContent(message.content, `${at}.content`) });
        break;
      case "assistant":
        messages.push(states.restore(assistantMessage(message, at), sealOf(message)));
        calls.open(message);
        break;
      case "tool": {
        const { tool_call_id: toolCallId } = message;
        const toolName = calls.answer(toolCallId, `${at}.tool_call_id`);
        messages.push({ role: "tool", toolCallId, toolName, content: textOf(message.content) });
        break;
      }
      default:
        message satisfies never;
    }
  }
  calls.checkAnswered("messages");
  const said = instructions.filter((text) => text !== "");
  if (messages.length > 0) return { messages, instructions: said };
  // Models' servers want a message of the user: the last that was said is taken for one.
  const prompt = said.pop();
  if (prompt === undefined) refuse("messages", "must have a text");
  return { messages: [{ role: "user", content: prompt }], instructions: said };
}

/** The tool calls of the last assistant message that have no result yet: names by id. */
class OpenCalls {
  readonly #open = new Map<string, string>();

  open({ tool_calls }: WireAssistantMessage): void {
    for (const call of tool_calls ?? []) this.#open.set(call.id, call.function.name);
  }

  /** Returns the name of the tool. */
  answer(id: string, field: string): string {
    const name = this.#open.get(id);
    if (name === undefined)
      refuse(field, "must be the id of a tool call of the assistant message before it");
    this.#open.delete(id);
    return name;
  }

  checkAnswered(field: string): void {
    const [id] = this.#open.keys();
    if (id !== undefined)
      refuse(field, `must go on with the result of each tool call; "${id}" has none`);
  }
}

function assistantMessage(message: WireAssistantMessage, at: string): AssistantMessage {
  const { content, tool_calls } = message;
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  const text = (parts ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
  const refusals = (parts ?? []).map((part) => (part.type === "refusal" ? part.refusal : ""));
  const refusal = message.refusal ?? refusals.join("");
  const toolCalls = (tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({
    id,
    name,
    argumentsText: args,
  }));
  if (!parts && refusal === "" && toolCalls.length === 0)
    refuse(`${at}.content`, "must be there where there are no tool_calls");
  return {
    role: "assistant",
    content: text,
    ...(refusal === "" ? {} : { refusal }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  };
}

function sealOf({ tool_calls }: WireAssistantMessage): string | undefined {
  return tool_calls?.[0]?.extra_content?.google?.thought_signature ?? undefined;
}

function userContent(
  content: string | readonly WireUserPart[],
  field: string,
): string | readonly ContentPart[] {
  if (typeof content === "string") return content;
  const parts = content.flatMap((part, i) => contentPart(part, `${field}[${i}]`));
  return parts.length === 0 ? "" : parts;
}

function contentPart(part: WireUserPart, field: string): readonly ContentPart[] {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ type: "text", text: part.text }];
    case "image_url": {
      const { url, detail } = part.image_url;
      const source = mediaSource(url, `${field}.image_url.url`);
      return [{ type: "image", ...source, ...(detail ? { detail } : {}) }];
    }
    case "file": {
      const { file_data, filename } = part.file;
      const source = inline(file_data, `${field}.file.file_data`);
      return [{ type: "file", ...source, ...(filename ? { filename } : {}) }];
    }
    default:
      return part satisfies never;
  }
}

function mediaSource(url: string, field: string): MediaSource {
  if (url.startsWith("data:")) return inline(url, field);
  if (!/^https?:\/\//i.test(url)) refuse(field, "must be an http:, https: or data: URL");
  return { url };
}

/** No regular expression: it may be megabytes. */
function inline(url: string, field: string): MediaSource {
  const comma = url.indexOf(",");
  const head = url.slice(0, Math.max(0, comma));
  const [mediaType = ""] = head.slice("data:".length).split(";");
  const data = url.slice(comma + 1);
  const isInline = head.startsWith("data:") && head.endsWith(";base64");
  if (!isInline || mediaType === "" || data === "")
    refuse(field, "must be like data:image/png;base64,…");
  return { data, mediaType };
}

function textOf(content: string | readonly WireTextPart[]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("");
}
