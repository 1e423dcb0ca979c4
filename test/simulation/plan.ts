import type { Message, ModelResponse, ModelResponseChunk } from "../../src/protocol/model.ts";
import type { ToolKind } from "./tool-kinds.ts";

/** What a model does with one request. Plain data: it travels in the job's prompt. */
export type ResponsePlan = {
  /** Sizes of its text chunks, in characters. */
  readonly chunks: readonly number[];
  readonly toolCalls: readonly ToolKind[];
  /** It refuses the first attempt, because there are too many requests. */
  readonly isRefused?: boolean;
  readonly end: "responds" | "fails" | "stalls" | "expires";
  /** It does not listen to cancels. */
  readonly isDeaf: boolean;
};

/** What a model does with the model calls of one job, in order; calls past the end get a plain answer. */
export type JobPlan = readonly ResponsePlan[];

export const PLAIN: ResponsePlan = { chunks: [2], toolCalls: [], end: "responds", isDeaf: false };
const ALPHABET = "abcdefghijklmnopqrstuvwxyzäöü";

export function promptOf(plan: JobPlan): string {
  return JSON.stringify(plan);
}

/** Which model call of its job a request with these messages is, and what its model does. */
export function planFor(messages: readonly Message[]): { step: number; plan: ResponsePlan } {
  const input = inputOf(messages);
  const step = messages.slice(input).filter(({ role }) => role === "assistant").length;
  const plans = JSON.parse(String(messages[input]?.content)) as JobPlan;
  return { step, plan: plans[step] ?? PLAIN };
}

/** Where the input of the latest job is: what the user says beside it is no plan. */
export function inputOf(messages: readonly Message[]): number {
  return messages.findLastIndex(
    ({ role, content }) => role === "user" && String(content).startsWith("["),
  );
}

/** What a tool is called with: no other call of its job is called with the same. */
export function argumentsOf(step: number, index: number): { readonly n: number } {
  return { n: step * 10 + index };
}

/** The chunks of a response, which tell their job, step and place. */
export function chunksOf(
  jobId: string,
  step: number,
  { chunks, toolCalls }: ResponsePlan,
): ModelResponseChunk[] {
  const texts = chunks.map((size, i): ModelResponseChunk => {
    const text = `${jobId}/${step}/${i}:`
      .padEnd(size, ALPHABET[i % ALPHABET.length])
      .slice(0, size);
    return { type: i % 5 === 4 ? "reasoning" : "text", text };
  });
  const calls = toolCalls.map((name, index): ModelResponseChunk => {
    const argumentsText = JSON.stringify(argumentsOf(step, index));
    return { type: "tool-call", index, id: callId(step, index), name, argumentsText };
  });
  return [...texts, ...calls];
}

export function responseOf(
  id: string,
  step: number,
  sent: readonly ModelResponseChunk[],
): ModelResponse {
  const toolCalls = sent.flatMap((chunk) =>
    chunk.type === "tool-call"
      ? [
          {
            id: callId(step, chunk.index),
            name: chunk.name ?? "",
            argumentsText: chunk.argumentsText,
          },
        ]
      : [],
  );
  return {
    id,
    text: sent.map((chunk) => (chunk.type === "text" ? chunk.text : "")).join(""),
    toolCalls,
    finishReason: toolCalls.length > 0 ? "tool-calls" : "stop",
    usage: { inputTokens: 1, outputTokens: sent.length, totalTokens: 1 + sent.length },
  };
}

/** What is wrong with a conversation, if anything: each tool call has exactly one result, right behind it. */
export function flawOf(messages: readonly Message[]): string | undefined {
  let open: string[] = [];
  for (const [i, message] of messages.entries()) {
    if (message.role === "tool") {
      if (open.shift() !== message.toolCallId) return `message ${i}: a result of no open call`;
    } else if (open.length > 0) return `message ${i}: calls without a result before it`;
    if (message.role === "assistant") open = (message.toolCalls ?? []).map(({ id }) => id);
  }
  return open.length > 0 ? "calls without a result at the end" : undefined;
}

export function callId(step: number, index: number): string {
  return `call-${step}-${index}`;
}
