import { describe, expect, test } from "vitest";
import { readUsage } from "../../../src/providers/openai/usage.ts";

const BARE = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 };
const READ = { inputTokens: 10, outputTokens: 3, totalTokens: 13 };

describe("readUsage()", () => {
  test.for([
    ["a chat", BARE, READ],
    ["without a total", { prompt_tokens: 10, completion_tokens: 3 }, READ],
    ["Responses", { input_tokens: 10, output_tokens: 3, total_tokens: 13 }, READ],
    [
      "OpenAI",
      {
        ...BARE,
        prompt_tokens_details: { cached_tokens: 8 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
      { ...READ, cachedInputTokens: 8, reasoningTokens: 2 },
    ],
    ["Kimi", { ...BARE, cached_tokens: 8 }, { ...READ, cachedInputTokens: 8 }],
    ["Mistral", { ...BARE, num_cached_tokens: 8 }, { ...READ, cachedInputTokens: 8 }],
    [
      "DeepSeek",
      { ...BARE, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 2 },
      { ...READ, cachedInputTokens: 8 },
    ],
    [
      "gateways to Claude",
      { ...BARE, cache_read_input_tokens: 8, cache_creation_input_tokens: 2 },
      { ...READ, cachedInputTokens: 8, cacheWriteInputTokens: 2 },
    ],
    [
      "OpenRouter",
      { ...BARE, prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 2 } },
      { ...READ, cachedInputTokens: 0, cacheWriteInputTokens: 2 },
    ],
    [
      "two counts of one thing, one of them never filled",
      { ...BARE, prompt_tokens_details: { cached_tokens: 0 }, num_cached_tokens: 8 },
      { ...READ, cachedInputTokens: 8 },
    ],
    ["Perplexity", { ...BARE, reasoning_tokens: 2 }, { ...READ, reasoningTokens: 2 }],
    ["nothing", null, undefined],
    ["text", "10", undefined],
    [
      "numbers that are none",
      { prompt_tokens: -1, completion_tokens: "3", total_tokens: 1.5 },
      { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    ],
  ] as const)("%s", ([, counts, expected]) => {
    expect(readUsage(counts)).toEqual(expected);
  });
});
