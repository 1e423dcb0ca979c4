import type { ResponseFinishReason } from "../../protocol/model.ts";

/** Those of OpenAI's chat API, which everybody knows. */
const KNOWN: ReadonlySet<string> = new Set([
  "stop",
  "length",
  "tool_calls",
  "function_call",
  "content_filter",
]);

/** The words of OpenAI, Anthropic, Gemini, GLM, Mistral, Bedrock, Cohere, Ollama, TGI, watsonx, vLLM, SGLang and DeepSeek, without case. */
const WORDS: { readonly [reason in ResponseFinishReason]?: readonly string[] } = {
  stop: [
    "stop",
    "stop_sequence",
    "stop_string",
    "stop_token",
    "eos",
    "eos_token",
    "end",
    "end_turn",
    "complete",
    "completed",
    "done",
    "finished",
  ],
  length: [
    "length",
    "max_tokens",
    "max_output_tokens",
    "max_completion_tokens",
    "max_length",
    "max_new_tokens",
    "model_length",
    "token_limit",
    "model_context_window_exceeded",
    "context_length_exceeded",
  ],
  "tool-calls": ["tool_calls", "tool_call", "tool_use", "function_call"],
  "content-filter": [
    "content_filter",
    "content_filtered",
    "sensitive",
    "safety",
    "recitation",
    "blocklist",
    "prohibited_content",
    "spii",
    "language",
    "image_safety",
    "image_prohibited_content",
    "image_recitation",
    "guardrail_intervened",
    "guardrails",
    "moderation",
    "blocked",
  ],
  refusal: ["refusal"],
  error: [
    "error",
    "abort",
    "aborted",
    "cancelled",
    "canceled",
    "timeout",
    "time_limit",
    "not_finished",
    "insufficient_system_resource",
    "network_error",
    "server_error",
    "internal_error",
    "engine_error",
    "error_toxic",
    "function_call_filter",
    "malformed_function_call",
    "malformed_response",
    "malformed_model_output",
    "malformed_tool_use",
    "unexpected_tool_call",
    "too_many_tool_calls",
    "missing_thought_signature",
  ],
};

const REASONS: ReadonlyMap<string, ResponseFinishReason> = new Map(
  Object.entries(WORDS).flatMap(([reason, words]) =>
    words.map((word) => [word, reason as ResponseFinishReason] as const),
  ),
);

/** How a response has ended, and the server's own word for it where that is not one that everybody knows. */
export type FinishReason = {
  readonly reason: ResponseFinishReason;
  readonly raw: string | undefined;
};

/** Gemini puts its own word behind OpenAI's: "content_filter: SAFETY". A word that nobody knows is "other", which is no success. */
export function finishReason(word: string): FinishReason {
  const name = word.toLowerCase();
  const reason = REASONS.get(name) ?? REASONS.get(name.split(":", 1)[0]?.trim() ?? "") ?? "other";
  return { reason, raw: KNOWN.has(word) ? undefined : word.slice(0, 200) };
}
