import { HeddleError } from "../../errors.ts";
import type { ErrorCode } from "../../protocol/error.ts";
import type { ModelRequest, ModelResponse, ToolCallChunk, Usage } from "../../protocol/model.ts";
import { ResponseBuilder } from "../response-builder.ts";
import type { ScriptedAnswer, ScriptedFailure } from "./script.ts";

/** The whole response that a script answers `request` with. */
export function responseOf(answer: ScriptedAnswer, request: ModelRequest): ModelResponse {
  const { text = "", reasoning = "", refusal = "", finishReason, usage, parts, warnings } = answer;
  const { messages, settings, origin } = request;
  const builder = new ResponseBuilder();
  builder.add({ type: "text", text });
  builder.add({ type: "reasoning", text: reasoning });
  builder.add({ type: "refusal", text: refusal });
  for (const chunk of toolCallChunks(answer, origin.callIndex)) builder.add(chunk);
  return builder.build({
    finishReason: finishReason ?? finishReasonOf(answer),
    usage: usage ?? estimate(JSON.stringify(messages).length, text.length),
    model: settings.name ?? "scripted",
    parts,
    warnings,
  });
}

/** A call without an id of its own has one by its place: that of the model call, and that in the response. */
export function toolCallChunks(
  { toolCalls = [] }: ScriptedAnswer,
  callIndex: number,
): readonly ToolCallChunk[] {
  return toolCalls.flatMap((call, index) => {
    const id = call.id ?? `call_${callIndex}_${index}`;
    const argumentsText = call.argumentsText ?? JSON.stringify(call.args ?? {});
    return [
      { type: "tool-call", index, id, name: call.name, argumentsText: "" },
      { type: "tool-call", index, argumentsText },
    ] satisfies ToolCallChunk[];
  });
}

export function failureOf({ status, message }: ScriptedFailure["error"]): HeddleError {
  const retryable = status === 408 || status === 409 || status === 429 || status >= 500;
  return new HeddleError(codeOf(status), message, { details: { status, retryable } });
}

/** A call past the end of a script. `callIndex` counts from 0. */
export function exhausted(callIndex: number, responses: number): HeddleError {
  const message = `the script has ${responses} responses, and this is call ${callIndex + 1} of the worker`;
  return new HeddleError("SCRIPT_EXHAUSTED", message, { details: { callIndex, responses } });
}

/** A response that does not come. Rejects with the reason of `signal`. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function finishReasonOf(answer: ScriptedAnswer): ModelResponse["finishReason"] {
  if (answer.toolCalls?.length) return "tool-calls";
  return answer.refusal ? "refusal" : "stop";
}

function estimate(inputLength: number, outputLength: number): Usage {
  const inputTokens = Math.ceil(inputLength / 4);
  const outputTokens = Math.ceil(outputLength / 4);
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return "PROVIDER_AUTH";
  if (status === 404) return "PROVIDER_NOT_FOUND";
  if (status === 429) return "PROVIDER_RATE_LIMITED";
  return status >= 500 || status === 408 || status === 409
    ? "PROVIDER_UNAVAILABLE"
    : "PROVIDER_BAD_REQUEST";
}
