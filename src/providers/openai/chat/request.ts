import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionToolChoiceOption,
} from "openai/resources/chat/completions";
import type { JsonObject, ModelRequest, ModelSettings } from "../../../protocol/model.ts";
import type { Dialect } from "../dialect.ts";
import { notSent } from "../dialect.ts";
import type { RequestForm } from "../lessons.ts";
import { instructionsFor } from "../output-format.ts";
import { isStrictSchema } from "../strict-schema.ts";
import { chatMessages } from "./messages.ts";

export type ChatRequestOptions = {
  readonly dialect: Dialect;
  readonly maxTokensField: "max_completion_tokens" | "max_tokens";
  readonly form: RequestForm;
};

/** A body, and what of the settings is not in it. */
export type ChatRequest = {
  readonly body: ChatCompletionCreateParamsStreaming;
  readonly warnings: readonly string[];
};

/**
 * The body of a request for a streamed chat completion.
 *
 * @throws {HeddleError} `PROVIDER_BAD_REQUEST` when a message holds what this API cannot take.
 */
export function chatRequest(
  request: ModelRequest,
  model: string,
  { dialect, maxTokensField, form }: ChatRequestOptions,
): ChatRequest {
  const { settings } = request;
  const instructions = instructionsFor(request, form.format);
  const body = {
    model,
    stream: true,
    messages: [
      ...(instructions === undefined ? [] : [{ role: "system", content: instructions }]),
      ...chatMessages(request.messages, Date.now()),
    ],
    ...(form.includeUsage ? { stream_options: { include_usage: true } } : {}),
    ...samplingFields(settings, dialect),
    ...(settings.maxOutputTokens === undefined
      ? {}
      : { [maxTokensField]: settings.maxOutputTokens }),
    ...reasoningFields(settings, dialect),
    ...cacheFields(request, dialect),
    ...toolFields(request),
    ...outputFields(request, form),
  };
  return {
    body: body as unknown as ChatCompletionCreateParamsStreaming,
    warnings: warningsOf(settings, dialect),
  };
}

function samplingFields(settings: ModelSettings, dialect: Dialect): JsonObject {
  const { temperature, topP, topK, stop, seed, frequencyPenalty, presencePenalty } = settings;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topK === undefined || dialect.topK === undefined ? {} : { [dialect.topK]: topK }),
    ...(stop === undefined ? {} : { stop }),
    ...(seed === undefined ? {} : { [dialect.seed]: seed }),
    ...(frequencyPenalty === undefined ? {} : { frequency_penalty: frequencyPenalty }),
    ...(presencePenalty === undefined ? {} : { presence_penalty: presencePenalty }),
  };
}

function reasoningFields({ reasoning = {} }: ModelSettings, dialect: Dialect): JsonObject {
  const { effort, budgetTokens } = reasoning;
  return {
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(budgetTokens === undefined ? {} : dialect.budget?.(budgetTokens)),
  };
}

/** One agent's requests begin alike. */
function cacheFields({ settings, origin }: ModelRequest, { cacheKey }: Dialect): JsonObject {
  return settings.cache === "auto" && cacheKey ? { [cacheKey]: origin.workerId } : {};
}

function warningsOf(settings: ModelSettings, dialect: Dialect): readonly string[] {
  const { summary, budgetTokens } = settings.reasoning ?? {};
  return [
    ...(dialect.topK === undefined ? notSent(settings, ["topK"]) : []),
    ...(summary === undefined
      ? []
      : ["model.reasoning.summary is not sent: the chat API has no such field"]),
    ...(budgetTokens === undefined || dialect.budget
      ? []
      : [
          "model.reasoning.budgetTokens is not sent: this server's field for it is not known; use extraBody",
        ]),
  ];
}

function outputFields({ output }: ModelRequest, { format }: RequestForm): JsonObject {
  if (!output || format === "none") return {};
  if (format === "json_object") return { response_format: { type: "json_object" } };
  const { name, schema } = output;
  const json_schema = { name, schema, strict: isStrictSchema(schema) } as JsonObject;
  return { response_format: { type: "json_schema", json_schema } };
}

type ToolFields = Pick<
  ChatCompletionCreateParamsStreaming,
  "tools" | "tool_choice" | "parallel_tool_calls"
>;

/** Servers refuse what is said of tools where there are none. */
function toolFields({ tools = [], settings }: ModelRequest): ToolFields {
  if (tools.length === 0) return {};
  const { toolChoice, parallelToolCalls } = settings;
  return {
    tools: tools.map(({ name, description, parameters, strict }) => ({
      type: "function",
      function: {
        name,
        ...(description === undefined ? {} : { description }),
        parameters,
        ...(strict === undefined ? {} : { strict }),
      },
    })),
    ...(toolChoice === undefined ? {} : { tool_choice: chatToolChoice(toolChoice) }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

function chatToolChoice(
  choice: NonNullable<ModelSettings["toolChoice"]>,
): ChatCompletionToolChoiceOption {
  return typeof choice === "string"
    ? choice
    : { type: "function", function: { name: choice.tool } };
}
