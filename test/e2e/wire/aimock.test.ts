import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  ModelRequest,
  ModelResponse,
  ModelResponseChunk,
} from "../../../src/protocol/model.ts";
import { CollectingSink, provider, request } from "./play.ts";

/** Another project's idea of what OpenAI sends. */
const mock = new LLMock({ port: 0, chunkSize: 5 });

beforeAll(async () => {
  const usage = { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 };
  mock.onToolResult("call_b", { content: "3 and 7" });
  mock.onMessage("hello", { content: "Hi there, how are you?", usage });
  mock.onMessage("think", { content: "42", reasoning: "six times seven" });
  mock.onMessage("sum", {
    toolCalls: [
      { id: "call_a", name: "add", arguments: '{"a":1,"b":2}' },
      { id: "call_b", name: "add", arguments: '{"a":3,"b":4}' },
    ],
  });
  await mock.start();
});

afterAll(() => mock.stop());

const ADD = { name: "add", description: "adds", parameters: { type: "object", properties: {} } };
const CALLS = [
  { id: "call_a", name: "add", argumentsText: '{"a":1,"b":2}' },
  { id: "call_b", name: "add", argumentsText: '{"a":3,"b":4}' },
];

describe.for(["chat", "responses"] as const)("aimock's %s", (api) => {
  async function ask(
    parts: Partial<ModelRequest>,
  ): Promise<{ response: ModelResponse; chunks: readonly ModelResponseChunk[] }> {
    const sink = new CollectingSink();
    const openai = provider(mock.url, { api });
    const { signal } = new AbortController();
    const response = await openai.request(request(parts), sink, signal);
    return { response, chunks: sink.chunks };
  }

  test("text and usage", async () => {
    const { response, chunks } = await ask({ instructions: "be kind" });
    expect(response).toMatchObject({ text: "Hi there, how are you?", finishReason: "stop" });
    expect(response.usage.totalTokens).toBeGreaterThan(0);
    expect(chunks.length).toBeGreaterThan(3);
  });

  test("reasoning", async () => {
    const { response } = await ask({ messages: [{ role: "user", content: "think" }] });
    expect(response).toMatchObject({ text: "42", reasoning: "six times seven" });
  });

  test("parallel tool calls, and their results", async () => {
    const question = { role: "user", content: "sum" } as const;
    const { response } = await ask({ messages: [question], tools: [ADD] });
    expect(response).toMatchObject({ text: "", toolCalls: CALLS, finishReason: "tool-calls" });
    const results = CALLS.map(({ id }) => ({
      role: "tool" as const,
      toolCallId: id,
      toolName: "add",
      content: "3",
    }));
    const messages = [
      question,
      { role: "assistant" as const, content: "", toolCalls: CALLS },
      ...results,
    ];
    expect((await ask({ messages, tools: [ADD] })).response).toMatchObject({ text: "3 and 7" });
  });
});
