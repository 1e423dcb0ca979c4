import type { Media, ResponsePart, ToolCall, Usage, WorkerJob } from "../../index.ts";
import { fileUrl } from "../file-url.ts";
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
  extra_content?: { google: { thought_signature: string } };
};

/** What the model has read, as OpenAI has it, and what it has drawn, as OpenRouter has it. */
export type FoundAndDrawn = {
  annotations?: { type: "url_citation"; url_citation: { url: string; title: string } }[];
  images?: { type: "image_url"; image_url: { url: string } }[];
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
      tool_calls?: readonly WireCall[] | undefined;
    } & FoundAndDrawn;
    logprobs: null;
    finish_reason: WireFinishReason;
  }[];
  usage: WireUsage;
};

export type CompletionHead = {
  readonly id: string;
  readonly createdAt: number;
  readonly agent: string;
  readonly job: Pick<WorkerJob, "media">;
};

/** An answer as a whole. What the model reasoned is in `reasoning_content`, as DeepSeek and vLLM have it. */
export function completionOf(
  { id, createdAt, agent, job }: CompletionHead,
  end: Ending,
): WireCompletion {
  const { text, refusal, reasoning, toolCalls, finishReason, seal, parts } = end;
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
          ...(toolCalls.length === 0 ? {} : { tool_calls: wireCalls(toolCalls, seal) }),
          ...foundAndDrawn(parts, (ref) => job.media(ref)),
        },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage: wireUsage(end.usage),
  };
}

/** The first of them carries the seal, in the field in which clients of Gemini's API keep such things. */
export function wireCalls(
  calls: readonly ToolCall[],
  seal: string | undefined,
): readonly WireCall[] {
  return calls.map(({ id, name, argumentsText }, index) => ({
    id,
    type: "function",
    function: { name, arguments: argumentsText },
    ...(seal === undefined || index > 0
      ? {}
      : { extra_content: { google: { thought_signature: seal } } }),
  }));
}

export function foundAndDrawn(
  parts: readonly ResponsePart[],
  media: (ref: string) => Media | undefined,
): FoundAndDrawn {
  const annotations = parts.flatMap((part) =>
    part.type === "source" && part.url !== undefined
      ? [
          {
            type: "url_citation" as const,
            url_citation: { url: part.url, title: part.title ?? "" },
          },
        ]
      : [],
  );
  const images = parts.flatMap((part) => {
    const url = part.type === "file" ? fileUrl(part, media) : undefined;
    return url === undefined ? [] : [{ type: "image_url" as const, image_url: { url } }];
  });
  return {
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(images.length === 0 ? {} : { images }),
  };
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
