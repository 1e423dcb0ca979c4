import type { LanguageModelV4Usage } from "@ai-sdk/provider";
import type { Usage } from "../../protocol/model.ts";
import { asCount } from "../openai/untrusted.ts";

/** Tokens as the AI SDK counts them. Undefined: the server has not said. */
export function usageOf(usage: LanguageModelV4Usage | undefined): Usage | undefined {
  const { total: input, cacheRead, cacheWrite } = usage?.inputTokens ?? {};
  const { total: output, reasoning } = usage?.outputTokens ?? {};
  if (input === undefined && output === undefined) return undefined;
  const inputTokens = asCount(input);
  const outputTokens = asCount(output);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(cacheRead === undefined ? {} : { cachedInputTokens: asCount(cacheRead) }),
    ...(cacheWrite === undefined ? {} : { cacheWriteInputTokens: asCount(cacheWrite) }),
    ...(reasoning === undefined ? {} : { reasoningTokens: asCount(reasoning) }),
  };
}
