import type { JsonObject, ModelSettings } from "../../protocol/model.ts";

/** How a server of the chat API calls what not all of them take. Undefined: it has no such thing, and refuses it. */
export type Dialect = {
  readonly topK: "top_k" | undefined;
  readonly seed: "seed" | "random_seed";
  /** Fields that limit how much the model thinks. */
  readonly budget: ((tokens: number) => JsonObject) | undefined;
  /** Requests with one key are sent to one machine, which has their beginning in its cache. */
  readonly cacheKey: "prompt_cache_key" | undefined;
  readonly maxTokens: "max_completion_tokens" | "max_tokens";
};

/** Ollama, vLLM, llama.cpp, LM Studio and most others. */
const COMMON: Dialect = {
  topK: "top_k",
  seed: "seed",
  budget: undefined,
  cacheKey: undefined,
  maxTokens: "max_tokens",
};
const OPENAI: Dialect = {
  ...COMMON,
  topK: undefined,
  cacheKey: "prompt_cache_key",
  maxTokens: "max_completion_tokens",
};

/** By the domain of the server. */
const DIALECTS: readonly (readonly [domain: string, dialect: Dialect])[] = [
  ["openai.com", OPENAI],
  ["azure.com", OPENAI],
  ["mistral.ai", { ...COMMON, topK: undefined, seed: "random_seed" }],
  ["openrouter.ai", { ...COMMON, budget: (tokens) => ({ reasoning: { max_tokens: tokens } }) }],
  ["aliyuncs.com", { ...COMMON, budget: (tokens) => ({ thinking_budget: tokens }) }],
  [
    "googleapis.com",
    {
      ...COMMON,
      topK: undefined,
      budget: (tokens) => ({
        extra_body: { google: { thinking_config: { thinking_budget: tokens } } },
      }),
    },
  ],
  ["groq.com", { ...COMMON, topK: undefined, maxTokens: "max_completion_tokens" }],
  ["deepseek.com", { ...COMMON, topK: undefined }],
  ["x.ai", { ...COMMON, topK: undefined }],
];

/** How the server at `baseURL` speaks. */
export function dialectOf(baseURL: string): Dialect {
  const { hostname } = new URL(baseURL);
  const known = DIALECTS.find(([domain]) => hostname === domain || hostname.endsWith(`.${domain}`));
  return known?.[1] ?? COMMON;
}

/** What of the settings a server cannot be told. */
export function notSent(
  settings: ModelSettings,
  names: readonly (keyof ModelSettings)[],
): string[] {
  return names
    .filter((name) => settings[name] !== undefined)
    .map((name) => `model.${name} is not sent: this API has no such field`);
}
