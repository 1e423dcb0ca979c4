import type {
  ResponseCreateParamsStreaming,
  ResponseInputContent,
  ResponseInputItem,
} from "openai/resources/responses/responses";
import type { AssistantMessage, ContentPart, Message, ModelRequest } from "../../protocol/model.ts";
import { argumentsJson, contentText, mediaUrl } from "./message-parts.ts";
import { isStrictSchema } from "./strict-schema.ts";

/** The body of a request for a streamed response of the Responses API. Nothing is stored on the server. */
export function responsesRequest(
  request: ModelRequest,
  model: string,
): ResponseCreateParamsStreaming {
  const { instructions, messages, settings } = request;
  const { temperature, maxOutputTokens, reasoning } = settings;
  return {
    model,
    stream: true,
    store: false,
    input: messages.flatMap(inputItems),
    ...(instructions === undefined ? {} : { instructions }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
    ...(reasoning?.effort === undefined ? {} : { reasoning: { effort: reasoning.effort } }),
    ...toolFields(request),
    ...outputFields(request),
  };
}

type OutputFields = Pick<ResponseCreateParamsStreaming, "text">;

function outputFields({ output }: ModelRequest): OutputFields {
  if (!output) return {};
  const { name, schema } = output;
  return {
    text: { format: { type: "json_schema", name, schema, strict: isStrictSchema(schema) } },
  };
}

type ToolFields = Pick<ResponseCreateParamsStreaming, "tools" | "tool_choice">;

function toolFields({ tools = [], settings: { toolChoice } }: ModelRequest): ToolFields {
  if (tools.length === 0) return {};
  return {
    tools: tools.map(({ name, description, parameters }) => ({
      type: "function",
      name,
      ...(description === undefined ? {} : { description }),
      parameters,
      // Its default here is true, which refuses most schemas.
      strict: false,
    })),
    ...(toolChoice === undefined
      ? {}
      : {
          tool_choice:
            typeof toolChoice === "string"
              ? toolChoice
              : { type: "function", name: toolChoice.tool },
        }),
  };
}

function inputItems(message: Message): readonly ResponseInputItem[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", content: userContent(message.content) }];
    case "assistant":
      return assistantItems(message);
    case "tool":
      return [
        {
          type: "function_call_output",
          call_id: message.toolCallId,
          output: contentText(message.content),
        },
      ];
    default:
      return message satisfies never;
  }
}

function assistantItems(message: AssistantMessage): readonly ResponseInputItem[] {
  const { content, refusal = "", toolCalls = [] } = message;
  const text = content + refusal;
  return [
    ...(text === "" ? [] : [{ role: "assistant" as const, content: text }]),
    ...toolCalls.map(({ id, name, argumentsText }) => ({
      type: "function_call" as const,
      call_id: id,
      name,
      arguments: argumentsJson(argumentsText),
    })),
  ];
}

function userContent(content: string | readonly ContentPart[]): string | ResponseInputContent[] {
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
