import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionToolChoiceOption,
} from "openai/resources/chat/completions";
import { HeddleError } from "../../errors.ts";
import type {
  AssistantMessage,
  ContentPart,
  Message,
  ModelRequest,
  ModelSettings,
} from "../../protocol/model.ts";
import { argumentsJson, contentText, mediaUrl } from "./message-parts.ts";
import { isStrictSchema } from "./strict-schema.ts";

type ChatRequestOptions = {
  readonly includeUsage: boolean;
  readonly maxTokensField: "max_completion_tokens" | "max_tokens";
};

/**
 * The body of a request for a streamed chat completion.
 *
 * @throws {HeddleError} `PROVIDER_BAD_REQUEST` when a message holds what this API cannot take.
 */
export function chatRequest(
  request: ModelRequest,
  model: string,
  { includeUsage, maxTokensField }: ChatRequestOptions,
): ChatCompletionCreateParamsStreaming {
  const { instructions, messages, settings } = request;
  const { temperature, maxOutputTokens, reasoning } = settings;
  return {
    model,
    stream: true,
    messages: [
      ...(instructions === undefined ? [] : [{ role: "system" as const, content: instructions }]),
      ...messages.flatMap(chatMessage),
    ],
    ...(includeUsage ? { stream_options: { include_usage: true } } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { [maxTokensField]: maxOutputTokens }),
    ...(reasoning?.effort === undefined ? {} : { reasoning_effort: reasoning.effort }),
    ...toolFields(request),
    ...outputFields(request),
  };
}

type OutputFields = Pick<ChatCompletionCreateParamsStreaming, "response_format">;

function outputFields({ output }: ModelRequest): OutputFields {
  if (!output) return {};
  const { name, schema } = output;
  return {
    response_format: {
      type: "json_schema",
      json_schema: { name, schema, strict: isStrictSchema(schema) },
    },
  };
}

type ToolFields = Pick<ChatCompletionCreateParamsStreaming, "tools" | "tool_choice">;

/** Servers refuse a tool choice without tools. */
function toolFields({ tools = [], settings: { toolChoice } }: ModelRequest): ToolFields {
  if (tools.length === 0) return {};
  return {
    tools: tools.map(({ name, description, parameters }) => ({
      type: "function",
      function: { name, ...(description === undefined ? {} : { description }), parameters },
    })),
    ...(toolChoice === undefined ? {} : { tool_choice: chatToolChoice(toolChoice) }),
  };
}

function chatToolChoice(
  choice: NonNullable<ModelSettings["toolChoice"]>,
): ChatCompletionToolChoiceOption {
  return typeof choice === "string"
    ? choice
    : { type: "function", function: { name: choice.tool } };
}

function chatMessage(message: Message): readonly ChatCompletionMessageParam[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", content: userContent(message.content) }];
    case "assistant":
      return assistantMessage(message);
    case "tool":
      return [
        { role: "tool", tool_call_id: message.toolCallId, content: contentText(message.content) },
      ];
    default:
      return message satisfies never;
  }
}

/** A response that was interrupted before it had begun is left out: servers refuse an empty message. */
function assistantMessage(message: AssistantMessage): readonly ChatCompletionMessageParam[] {
  const { content, refusal, toolCalls = [] } = message;
  if (content === "" && refusal === undefined && toolCalls.length === 0) return [];
  return [
    {
      role: "assistant",
      content: content === "" ? null : content,
      ...(refusal === undefined ? {} : { refusal }),
      ...(toolCalls.length === 0
        ? {}
        : {
            tool_calls: toolCalls.map(({ id, name, argumentsText }) => ({
              type: "function",
              id,
              function: { name, arguments: argumentsJson(argumentsText) },
            })),
          }),
    },
  ];
}

function userContent(
  content: string | readonly ContentPart[],
): string | ChatCompletionContentPart[] {
  return typeof content === "string" ? content : content.map(chatPart);
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
