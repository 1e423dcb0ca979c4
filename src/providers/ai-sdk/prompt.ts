import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import { HeddleError } from "../../errors.ts";
import type {
  AssistantMessage,
  ContentPart,
  JsonObject,
  MediaSource,
  Message,
  ModelRequest,
  ResponsePart,
  ToolCall,
} from "../../protocol/model.ts";
import { argumentsJson } from "../openai/message-parts.ts";

/** Whether the model's server reads a URL of that media type itself. */
export type ReadsUrl = (mediaType: string, url: string) => boolean;

type AssistantPart = Extract<LanguageModelV4Message, { role: "assistant" }>["content"][number];
type MediaPart = Exclude<ContentPart, { type: "text" }>;

/**
 * The conversation as the AI SDK wants it. Each part goes back with the state that it came with; what another model has thought is
 * left out. Pure.
 *
 * @throws {HeddleError} `PROVIDER_BAD_REQUEST` for an image or a file by a URL that the model's server does not read.
 */
export function toPrompt(request: ModelRequest, readsUrl: ReadsUrl): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = [];
  if (request.instructions !== undefined) {
    prompt.push({ role: "system", content: request.instructions });
  }
  for (const message of request.messages) {
    const next = promptMessage(message, readsUrl);
    const last = prompt.at(-1);
    // Servers want the results of all calls of one response together.
    if (next.role === "tool" && last?.role === "tool") last.content.push(...next.content);
    else if (next.content.length > 0) prompt.push(next);
  }
  return prompt;
}

function promptMessage(message: Message, readsUrl: ReadsUrl): LanguageModelV4Message {
  switch (message.role) {
    case "user":
      return { role: "user", content: userContent(message.content, readsUrl) };
    case "assistant":
      return { role: "assistant", content: assistantContent(message) };
    case "tool":
      return { role: "tool", content: [toolResult(message, readsUrl)] };
    default:
      return message satisfies never;
  }
}

function userContent(
  content: string | readonly ContentPart[],
  readsUrl: ReadsUrl,
): (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  return parts.flatMap((part): readonly (LanguageModelV4TextPart | LanguageModelV4FilePart)[] => {
    if (part.type !== "text") return [filePart(part, readsUrl)];
    return part.text === "" ? [] : [{ type: "text", text: part.text }];
  });
}

function toolResult(
  message: Extract<Message, { role: "tool" }>,
  readsUrl: ReadsUrl,
): LanguageModelV4ToolResultPart {
  const { toolCallId, toolName, content, isError = false } = message;
  const type = isError ? "error-text" : "text";
  const output: LanguageModelV4ToolResultPart["output"] =
    typeof content === "string"
      ? { type, value: content }
      : { type: "content", value: userContent(content, readsUrl) };
  return { type: "tool-result", toolCallId, toolName, output };
}

function filePart(part: MediaPart, readsUrl: ReadsUrl): LanguageModelV4FilePart {
  const filename = part.type === "file" ? part.filename : undefined;
  const detail = part.type === "image" ? part.detail : undefined;
  return {
    type: "file",
    ...mediaOf(part, readsUrl),
    ...(filename === undefined ? {} : { filename }),
    ...(detail === undefined ? {} : { providerOptions: { openai: { imageDetail: detail } } }),
  };
}

function mediaOf(
  part: MediaPart,
  readsUrl: ReadsUrl,
): Pick<LanguageModelV4FilePart, "data" | "mediaType"> {
  if (part.data !== undefined) {
    return { mediaType: part.mediaType, data: { type: "data", data: part.data } };
  }
  const inline = part.url === undefined ? undefined : /^data:([^;,]+);base64,(.*)$/s.exec(part.url);
  if (inline) {
    return { mediaType: inline[1] ?? "", data: { type: "data", data: inline[2] ?? "" } };
  }
  const { url = "" } = part;
  const mediaType = part.mediaType ?? (part.type === "image" ? "image" : mediaTypeOf(url));
  const isReadable = mediaType !== undefined && URL.canParse(url) && readsUrl(mediaType, url);
  if (!isReadable) throw notReadable(part.type);
  return { mediaType, data: { type: "url", url: new URL(url) } };
}

/** Of a document, which is what models read by URL beside images. */
function mediaTypeOf(url: string): string | undefined {
  const path = URL.parse(url)?.pathname ?? "";
  return /\.pdf$/i.test(path) ? "application/pdf" : undefined;
}

/** It is not fetched here: a URL that a stranger has written must not be asked for from within a user's network. */
function notReadable(type: "image" | "file"): HeddleError {
  return new HeddleError(
    "PROVIDER_BAD_REQUEST",
    `the model's server does not read this ${type} by its URL: hand in its bytes, as base64 data with a mediaType (for a URL that it reads, a mediaType may be missing)`,
    { details: { retryable: false } },
  );
}

function assistantContent(message: AssistantMessage): AssistantPart[] {
  const { content, refusal = "", toolCalls = [], parts } = message;
  const said = parts?.flatMap((part) => assistantPart(part, toolCalls));
  const refused = refusal === "" ? [] : [{ type: "text" as const, text: refusal }];
  if (said) return [...said, ...refused];
  const texts = content === "" ? [] : [{ type: "text" as const, text: content }];
  return [...texts, ...refused, ...toolCalls.map((call) => toolCallPart(call, {}))];
}

/** What the provider itself has made always has a state where it matters; without one it is another model's. */
function assistantPart(part: ResponsePart, toolCalls: readonly ToolCall[]): AssistantPart[] {
  const { state } = part;
  const options = optionsOf(part);
  switch (part.type) {
    case "text":
      return part.text === "" && !state ? [] : [{ type: "text", text: part.text, ...options }];
    case "reasoning":
      return state ? [{ type: "reasoning", text: part.text, ...options }] : [];
    case "tool-call": {
      const call = toolCalls[part.index];
      return call ? [toolCallPart(call, options)] : [];
    }
    case "file":
      return [state ? { type: "file", ...ownMedia(part), ...options } : foreignFile(part)];
    case "custom":
      // Its state is the part itself, as `stream-mapper.ts` has made it.
      return state ? [state.data as unknown as AssistantPart] : [];
    case "source":
      return [];
    default:
      return part satisfies never;
  }
}

function foreignFile({ mediaType = "of an unknown type" }: MediaSource): AssistantPart {
  return { type: "text", text: `[file, ${mediaType}]` };
}

function toolCallPart(
  { id, name, argumentsText }: ToolCall,
  options: { providerOptions?: SharedV4ProviderOptions },
): AssistantPart {
  const input: unknown = JSON.parse(argumentsJson(argumentsText));
  return { type: "tool-call", toolCallId: id, toolName: name, input, ...options };
}

function ownMedia(source: MediaSource): Pick<LanguageModelV4FilePart, "data" | "mediaType"> {
  const mediaType = source.mediaType ?? "application/octet-stream";
  if (source.url !== undefined)
    return { mediaType, data: { type: "url", url: new URL(source.url) } };
  return { mediaType, data: { type: "data", data: source.data ?? "" } };
}

function optionsOf({ state }: ResponsePart): { providerOptions?: SharedV4ProviderOptions } {
  const data = state?.data as JsonObject | null | undefined;
  return data === undefined || data === null
    ? {}
    : { providerOptions: data as SharedV4ProviderOptions };
}
