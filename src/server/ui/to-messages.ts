import type {
  AssistantMessage,
  ContentPart,
  Message,
  ResponsePart,
  ToolCall,
} from "../../index.ts";
import type { ProviderStates } from "../provider-state.ts";
import type { FileUIPart, ToolUIPart, UIMessage, UIPart } from "./ui-message.ts";
import { fileOf, invalid, textOf, toolOf } from "./ui-message.ts";

type ToolResult = Extract<Message, { readonly role: "tool" }>;

const DATA_URL = /^data:(?<mediaType>[^;,]*)(?<rest>[^,]*),(?<data>[\s\S]*)$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * A client's conversation as a model is given it. Always a valid one: a tool call whose end the client has not seen has one made up. Sources and data are
 * left out; so is reasoning, but for what its provider wants back (`states`).
 *
 * @throws {HeddleError} `INVALID_INPUT` that names the field.
 */
export function toMessages(
  messages: readonly UIMessage[],
  states: Pick<ProviderStates, "restore">,
): readonly Message[] {
  return messages.flatMap(({ role, parts }, i) => {
    const field = `messages.${i}.parts`;
    return role === "user" ? [userMessage(parts, field)] : assistantMessages(parts, field, states);
  });
}

function userMessage(parts: readonly UIPart[], field: string): Message {
  const content = parts.flatMap((part, i) => contentOf(part, `${field}.${i}`));
  const [first] = content;
  if (!first) throw invalid(field, "must have a text or a file");
  return {
    role: "user",
    content: content.length === 1 && first.type === "text" ? first.text : content,
  };
}

function contentOf(part: UIPart, field: string): ContentPart[] {
  if (part.type === "file") return [filePart(fileOf(part, field), field)];
  if (part.type !== "text") return [];
  const text = textOf(part, field);
  return text === "" ? [] : [{ type: "text", text }];
}

function filePart({ mediaType, url, filename }: FileUIPart, field: string): ContentPart {
  const source = sourceOf(mediaType, url, `${field}.url`);
  if (/^image(\/|$)/.test(mediaType)) return { type: "image", ...source };
  return { type: "file", ...source, ...(filename === undefined ? {} : { filename }) };
}

function sourceOf(mediaType: string, url: string, field: string) {
  const inline = DATA_URL.exec(url)?.groups;
  if (inline) {
    const { mediaType: own = "", rest = "", data = "" } = inline;
    const base64 = rest.endsWith(";base64") ? data : encoded(data, field);
    if (base64 === "" || !BASE64.test(base64)) throw invalid(field, "must have data in base64");
    // A part may say no more than "image"; the data's own type is whole.
    return { data: base64, mediaType: mediaType.includes("/") || own === "" ? mediaType : own };
  }
  const protocol = URL.parse(url)?.protocol;
  if (protocol === "https:" || protocol === "http:") return { url };
  throw invalid(field, "must be a data:, https: or http: URL");
}

function encoded(data: string, field: string): string {
  try {
    return Buffer.from(decodeURIComponent(data)).toString("base64");
  } catch {
    throw invalid(field, "must be a data: URL that can be decoded");
  }
}

/** Each step is a response of its own. */
function assistantMessages(
  parts: readonly UIPart[],
  field: string,
  states: Pick<ProviderStates, "restore">,
): Message[] {
  const messages: Message[] = [];
  let step = new Step();
  for (const [i, part] of parts.entries()) {
    if (part.type === "step-start") {
      messages.push(...step.messages(states));
      step = new Step();
    } else step.add(part, `${field}.${i}`);
  }
  messages.push(...step.messages(states));
  return messages;
}

class Step {
  readonly #texts: string[] = [];
  readonly #tools: ToolUIPart[] = [];
  readonly #files: Extract<ResponsePart, { readonly type: "file" }>[] = [];
  #seal: string | undefined;

  add(part: UIPart, field: string): void {
    this.#seal ??= sealOf(part);
    if (part.type === "text") this.#texts.push(textOf(part, field));
    else if (part.type === "file") {
      const file = fileOf(part, field);
      this.#files.push({ type: "file", ...sourceOf(file.mediaType, file.url, `${field}.url`) });
    } else {
      const tool = toolOf(part, field);
      if (tool) this.#tools.push(tool);
    }
  }

  messages(states: Pick<ProviderStates, "restore">): Message[] {
    const tools = this.#tools;
    const content = this.#texts.join("");
    if (content === "" && tools.length === 0 && this.#files.length === 0) return [];
    const calls = tools.length === 0 ? {} : { toolCalls: tools.map(callOf) };
    const message: AssistantMessage = { role: "assistant", content, ...calls };
    const restored = states.restore(message, this.#seal, this.#files);
    const isWhole = restored.parts !== undefined || this.#files.length === 0;
    return [isWhole ? restored : { ...message, parts: this.#plainParts() }, ...tools.map(resultOf)];
  }

  /** What the model has drawn stays in the conversation, also where nothing else is known of the message. */
  #plainParts(): readonly ResponsePart[] {
    const text = this.#texts.join("");
    return [
      ...(text === "" ? [] : [{ type: "text" as const, text }]),
      ...this.#files,
      ...this.#tools.map((_, index) => ({ type: "tool-call" as const, index })),
    ];
  }
}

/** Of a text, a file or reasoning, and of a tool's input. */
function sealOf({ providerMetadata, callProviderMetadata }: UIPart): string | undefined {
  const metadata = (providerMetadata ?? callProviderMetadata) as
    | { readonly heddle?: { readonly seal?: unknown } | null }
    | null
    | undefined;
  const seal = metadata?.heddle?.seal;
  return typeof seal === "string" ? seal : undefined;
}

function callOf({ toolCallId, toolName, input }: ToolUIPart): ToolCall {
  // What was no JSON is shown as the text that it was.
  const argumentsText = typeof input === "string" ? input : JSON.stringify(input ?? {});
  return { id: toolCallId, name: toolName, argumentsText };
}

function resultOf(tool: ToolUIPart): ToolResult {
  const { toolCallId, toolName } = tool;
  return { role: "tool", toolCallId, toolName, ...endOf(tool) };
}

function endOf(tool: ToolUIPart): Pick<ToolResult, "content" | "isError"> {
  switch (tool.state) {
    case "output-available":
      return tool.preliminary ? cutOff() : { content: outputText(tool.output) };
    case "output-error":
      return { content: tool.errorText ?? "The call has failed.", isError: true };
    case "output-denied":
      return denied(tool.approval?.reason);
    case "approval-responded":
      return tool.approval?.approved === false ? denied(tool.approval.reason) : cutOff();
    case "input-streaming":
    case "input-available":
    case "approval-requested":
      return cutOff();
    default:
      return tool.state satisfies never;
  }
}

function outputText(output: unknown): string {
  return typeof output === "string" ? output : JSON.stringify(output ?? null);
}

function denied(reason: string | undefined): Pick<ToolResult, "content" | "isError"> {
  return { content: `The call was denied${reason ? `: ${reason}` : "."}`, isError: true };
}

function cutOff(): Pick<ToolResult, "content" | "isError"> {
  const content = "The call was cut off, or never carried out: its result is not known.";
  return { content, isError: true };
}
