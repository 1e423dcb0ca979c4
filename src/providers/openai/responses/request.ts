import type { ResponseCreateParamsStreaming } from "openai/resources/responses/responses";
import type { JsonObject, ModelRequest, ModelSettings } from "../../../protocol/model.ts";
import type { Dialect } from "../dialect.ts";
import { notSent } from "../dialect.ts";
import type { RequestForm } from "../lessons.ts";
import { instructionsFor } from "../output-format.ts";
import { isStrictSchema } from "../strict-schema.ts";
import { inputItems } from "./input.ts";

export type ResponsesRequestOptions = { readonly dialect: Dialect; readonly form: RequestForm };

/** A body, and what of the settings is not in it. */
export type ResponsesRequest = {
  readonly body: ResponseCreateParamsStreaming;
  readonly warnings: readonly string[];
};

/** The body of a request for a streamed response of the Responses API. Nothing is stored on the server. */
export function responsesRequest(
  request: ModelRequest,
  model: string,
  { dialect, form }: ResponsesRequestOptions,
): ResponsesRequest {
  const { settings, origin } = request;
  const { temperature, topP, maxOutputTokens, cache } = settings;
  const instructions = instructionsFor(request, form.format);
  const body = {
    model,
    stream: true,
    store: false,
    ...(form.includeReasoning ? { include: ["reasoning.encrypted_content"] } : {}),
    input: inputItems(request.messages),
    ...(instructions === undefined ? {} : { instructions }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(maxOutputTokens === undefined ? {} : { max_output_tokens: maxOutputTokens }),
    ...reasoningFields(settings),
    ...(cache === "auto" && dialect.cacheKey ? { [dialect.cacheKey]: origin.workerId } : {}),
    ...toolFields(request),
    ...outputFields(request, form),
  };
  return {
    body: body as unknown as ResponseCreateParamsStreaming,
    warnings: warningsOf(settings),
  };
}

function warningsOf(settings: ModelSettings): readonly string[] {
  return [
    ...notSent(settings, ["topK", "stop", "seed", "frequencyPenalty", "presencePenalty"]),
    ...(settings.reasoning?.budgetTokens === undefined
      ? []
      : ["model.reasoning.budgetTokens is not sent: this API has no such field"]),
  ];
}

function reasoningFields({ reasoning }: ModelSettings): JsonObject {
  const { effort, summary } = reasoning ?? {};
  if (effort === undefined && summary === undefined) return {};
  return {
    reasoning: {
      ...(effort === undefined ? {} : { effort }),
      ...(summary === undefined ? {} : { summary }),
    },
  };
}

function outputFields({ output }: ModelRequest, { format }: RequestForm): JsonObject {
  if (!output || format === "none") return {};
  if (format === "json_object") return { text: { format: { type: "json_object" } } };
  const { name, schema } = output;
  const strict = isStrictSchema(schema);
  return { text: { format: { type: "json_schema", name, schema, strict } as JsonObject } };
}

type ToolFields = Pick<
  ResponseCreateParamsStreaming,
  "tools" | "tool_choice" | "parallel_tool_calls"
>;

function toolFields({ tools = [], settings }: ModelRequest): ToolFields {
  if (tools.length === 0) return {};
  const { toolChoice, parallelToolCalls } = settings;
  return {
    tools: tools.map(({ name, description, parameters, strict = false }) => ({
      type: "function",
      name,
      ...(description === undefined ? {} : { description }),
      parameters,
      // Its default here is true, which refuses most schemas.
      strict,
    })),
    ...(toolChoice === undefined
      ? {}
      : {
          tool_choice:
            typeof toolChoice === "string"
              ? toolChoice
              : { type: "function", name: toolChoice.tool },
        }),
    ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}
