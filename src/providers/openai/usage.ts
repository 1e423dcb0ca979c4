import type { Usage } from "../../protocol/model.ts";
import { asCount, asObject } from "./untrusted.ts";

/** Tokens as a chat completion counts them. */
export function chatUsage(value: unknown): Usage | undefined {
  const usage = asObject<
    | "prompt_tokens"
    | "completion_tokens"
    | "total_tokens"
    | "prompt_tokens_details"
    | "completion_tokens_details"
  >(value);
  if (usage === undefined) return undefined;
  return tokens(
    usage.prompt_tokens,
    usage.completion_tokens,
    usage.total_tokens,
    usage.prompt_tokens_details,
    usage.completion_tokens_details,
  );
}

/** Tokens as the Responses API counts them. */
export function responsesUsage(value: unknown): Usage | undefined {
  const usage = asObject<
    | "input_tokens"
    | "output_tokens"
    | "total_tokens"
    | "input_tokens_details"
    | "output_tokens_details"
  >(value);
  if (usage === undefined) return undefined;
  return tokens(
    usage.input_tokens,
    usage.output_tokens,
    usage.total_tokens,
    usage.input_tokens_details,
    usage.output_tokens_details,
  );
}

function tokens(
  input: unknown,
  output: unknown,
  total: unknown,
  inputDetails: unknown,
  outputDetails: unknown,
): Usage {
  const inputTokens = asCount(input);
  const outputTokens = asCount(output);
  const { cached_tokens: cached } = asObject<"cached_tokens">(inputDetails) ?? {};
  const { reasoning_tokens: reasoning } = asObject<"reasoning_tokens">(outputDetails) ?? {};
  return {
    inputTokens,
    outputTokens,
    totalTokens: asCount(total) || inputTokens + outputTokens,
    ...(typeof cached === "number" ? { cachedInputTokens: asCount(cached) } : {}),
    ...(typeof reasoning === "number" ? { reasoningTokens: asCount(reasoning) } : {}),
  };
}
