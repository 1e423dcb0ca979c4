import type { ToolCall, Usage } from "../../index.ts";
import type { Ending, WireFinishReason } from "./ending.ts";

export type WireUsage = {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
  completion_tokens_details: { reasoning_tokens: number };
};

export type WireCall = {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
};

export type WireCompletion = {
  id: string;
  object: "chat.completion";
  created: number;
  model: string;
  choices: {
    index: number;
    message: {
      role: "assistant";
      content: string | null;
      refusal: string | null;
      reasoning_content?: string | undefined;
      tool_calls?: WireCall[] | undefined;
    };
    logprobs: null;
    finish_reason: WireFinishReason;
  }[];
  usage: WireUsage;
};

export type CompletionHead = {
  readonly id: string;
  readonly createdAt: number;
  readonly agent: string;
};

/** An answer as a whole. What the model reasoned is in `reasoning_content`, as DeepSeek and vLLM have it. */
export function completionOf(
  { id, createdAt, agent }: CompletionHead,
  end: Ending,
): WireCompletion {
  const { text, refusal, reasoning, toolCalls, finishReason } = end;
  const hasText = text !== "" || (refusal === undefined && toolCalls.length === 0);
  return {
    id,
    object: "chat.completion",
    created: createdAt,
    model: agent,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: hasText ? text : null,
          refusal: refusal ?? null,
          ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
          ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(wireCall) }),
        },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage: wireUsage(end.usage),
  };
}

export function wireCall({ id, name, argumentsText }: ToolCall): WireCall {
  return { id, type: "function", function: { name, arguments: argumentsText } };
}

export function wireUsage(usage: Usage): WireUsage {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  };
}
