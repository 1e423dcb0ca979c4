import type {
  LanguageModelV4Content,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import type { Json, PartState, ResponsePart } from "../../protocol/model.ts";

/*
 * What of a response goes back with the conversation: a part's metadata, verbatim, or a whole part that only its provider knows.
 */

type ContentOf<T extends LanguageModelV4Content["type"]> = Extract<
  LanguageModelV4StreamPart,
  { type: T }
>;

/** The state of a part: its metadata. */
export function stateOf(metadata: SharedV4ProviderMetadata | undefined): { state?: PartState } {
  return metadata === undefined ? {} : { state: { data: plain(metadata) } };
}

/** The same for a part that goes back without metadata, too: so it can be told from one that another model has made. */
export function ownState(metadata: SharedV4ProviderMetadata | undefined): { state: PartState } {
  return { state: { data: metadata === undefined ? null : plain(metadata) } };
}

export function filePart(part: ContentOf<"file">): ResponsePart {
  const { data, mediaType, providerMetadata } = part;
  const source =
    data.type === "url"
      ? { url: data.url.href, mediaType }
      : { data: base64(data.data), mediaType };
  return { type: "file", ...source, ...ownState(providerMetadata) };
}

/** What a model has read does not go back to it. */
export function sourcePart(part: ContentOf<"source">): ResponsePart {
  if (part.sourceType === "document") {
    return { type: "source", title: part.title, mediaType: part.mediaType };
  }
  const { url, title } = part;
  return { type: "source", url, ...(title === undefined ? {} : { title }) };
}

export function customPart({ kind, providerMetadata }: ContentOf<"custom">): ResponsePart {
  return opaque(kind, { type: "custom", kind, ...optionsOf(providerMetadata) });
}

/** A picture that belongs to the model's thoughts. */
export function reasoningFilePart(part: ContentOf<"reasoning-file">): ResponsePart {
  const { data, mediaType, providerMetadata } = part;
  const source =
    data.type === "url"
      ? { type: "url", url: data.url.href }
      : { type: "data", data: base64(data.data) };
  const back = { type: "reasoning-file", mediaType, data: source };
  return opaque("reasoning-file", { ...back, ...optionsOf(providerMetadata) });
}

/** A call that the model's server has carried out itself. */
export function serverCallPart(part: ContentOf<"tool-call">): ResponsePart {
  const { toolCallId, toolName, input, providerMetadata } = part;
  return opaque("tool-call", {
    type: "tool-call",
    toolCallId,
    toolName,
    input: input.trim() === "" ? {} : parsed(input),
    providerExecuted: true,
    ...optionsOf(providerMetadata),
  });
}

/** Its result, as the AI SDK sends it back. */
export function serverResultPart(part: ContentOf<"tool-result">): ResponsePart {
  const { toolCallId, toolName, result, isError = false, providerMetadata } = part;
  const type = isError ? "error-json" : typeof result === "string" ? "text" : "json";
  return opaque("tool-result", {
    type: "tool-result",
    toolCallId,
    toolName,
    output: { type, value: result },
    ...optionsOf(providerMetadata),
  });
}

function opaque(kind: string, back: object): ResponsePart {
  return { type: "custom", kind, state: { data: plain(back) } };
}

function optionsOf(metadata: SharedV4ProviderMetadata | undefined): object {
  return metadata === undefined ? {} : { providerOptions: metadata };
}

/** Without what JSON does not have, such as fields that are undefined. */
function plain(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function base64(data: string | Uint8Array): string {
  return typeof data === "string" ? data : Buffer.from(data).toString("base64");
}
