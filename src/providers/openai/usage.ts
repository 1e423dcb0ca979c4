import type { Usage } from "../../protocol/model.ts";
import type { Untrusted } from "./untrusted.ts";
import { asCount, asObject } from "./untrusted.ts";

type Details = Untrusted<
  | "cached_tokens"
  | "cache_write_tokens"
  | "cache_creation_tokens"
  | "cache_creation_input_tokens"
  | "reasoning_tokens"
>;
/** All names under which servers count, of both APIs. */
type Counts = Untrusted<
  | "prompt_tokens"
  | "completion_tokens"
  | "input_tokens"
  | "output_tokens"
  | "total_tokens"
  | "prompt_tokens_details"
  | "completion_tokens_details"
  | "input_tokens_details"
  | "output_tokens_details"
  | "cached_tokens"
  | "num_cached_tokens"
  | "prompt_cache_hit_tokens"
  | "cache_read_input_tokens"
  | "cache_creation_input_tokens"
  | "reasoning_tokens"
>;

/** Tokens as a server counts them; undefined for what is no count. */
export function readUsage(value: unknown): Usage | undefined {
  const counts: Counts | undefined = asObject(value);
  if (counts === undefined) return undefined;
  const inputTokens = asCount(counts.prompt_tokens ?? counts.input_tokens);
  const outputTokens = asCount(counts.completion_tokens ?? counts.output_tokens);
  return {
    inputTokens,
    outputTokens,
    totalTokens: asCount(counts.total_tokens) || inputTokens + outputTokens,
    ...cacheOf(counts),
    ...counted("reasoningTokens", [
      detailsOf(counts.completion_tokens_details ?? counts.output_tokens_details).reasoning_tokens,
      counts.reasoning_tokens,
    ]),
  };
}

/** Those of Kimi, Mistral, DeepSeek, and of gateways to Claude, are beside the others. */
function cacheOf(counts: Counts): Pick<Usage, "cachedInputTokens" | "cacheWriteInputTokens"> {
  const details = detailsOf(counts.prompt_tokens_details ?? counts.input_tokens_details);
  return {
    ...counted("cachedInputTokens", [
      details.cached_tokens,
      counts.cached_tokens,
      counts.num_cached_tokens,
      counts.prompt_cache_hit_tokens,
      counts.cache_read_input_tokens,
    ]),
    ...counted("cacheWriteInputTokens", [
      details.cache_write_tokens,
      details.cache_creation_tokens,
      details.cache_creation_input_tokens,
      counts.cache_creation_input_tokens,
    ]),
  };
}

function detailsOf(value: unknown): Details {
  return asObject(value) ?? {};
}

/** The first that counts something; else 0 if the server has said so. */
function counted<K extends keyof Usage>(
  name: K,
  values: readonly unknown[],
): { readonly [N in K]?: number } {
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length === 0) return {};
  return { [name]: asCount(numbers.find((value) => value > 0) ?? 0) } as { [N in K]: number };
}
