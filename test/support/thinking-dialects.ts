import { encodeEventStreamMessage } from "@copilotkit/aimock";
import type { Block, Body, Dialect } from "./thinking-servers.ts";

type Content = { readonly role: string; readonly [name: string]: unknown };

function saidBy(role: string, messages: unknown): readonly Content[] {
  return (messages as readonly Content[]).filter((message) => message.role === role);
}

function sse(event: object, name?: string): string {
  const line = name === undefined ? "" : `event: ${name}\n`;
  return `${line}data: ${JSON.stringify(event)}\n\n`;
}

function hasCall(blocks: readonly Block[]): boolean {
  return blocks.some(({ type }) => type === "call");
}

/** Anthropic's Messages API. */
export const anthropic: Dialect = {
  contentType: "text/event-stream",
  refusal: (message) => ({ type: "error", error: { type: "invalid_request_error", message } }),
  responsesIn: ({ messages }) => saidBy("assistant", messages).map(({ content }) => content),
  expected: (blocks) =>
    blocks.map((block) => {
      switch (block.type) {
        case "thinking":
          return { type: "thinking", thinking: block.text, signature: block.signature };
        case "redacted":
          return { type: "redacted_thinking", data: block.data };
        case "text":
          return { type: "text", text: block.text };
        default:
          return { type: "tool_use", id: block.id, name: block.name, input: block.input };
      }
    }),
  events: (blocks) => {
    const events: { type: string }[] = blocks.flatMap(anthropicBlock);
    const usage = { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 4 };
    const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-of-the-day" };
    const stop = { stop_reason: hasCall(blocks) ? "tool_use" : "end_turn", stop_sequence: null };
    return [
      { type: "message_start", message: { ...message, content: [], usage } },
      ...events,
      { type: "message_delta", delta: stop, usage: { output_tokens: 7 } },
      { type: "message_stop" },
    ].map((event) => sse(event, event.type));
  },
};

function anthropicBlock(block: Block, index: number): { type: string }[] {
  const begin = (content_block: object) => ({ type: "content_block_start", index, content_block });
  const delta = (piece: object) => ({ type: "content_block_delta", index, delta: piece });
  const stop = { type: "content_block_stop", index };
  switch (block.type) {
    case "thinking":
      return [
        begin({ type: "thinking", thinking: "", signature: "" }),
        // A block without words is signed all the same.
        ...(block.text === "" ? [] : [delta({ type: "thinking_delta", thinking: block.text })]),
        delta({ type: "signature_delta", signature: block.signature }),
        stop,
      ];
    case "redacted":
      return [begin({ type: "redacted_thinking", data: block.data }), stop];
    case "text":
      return [
        begin({ type: "text", text: "" }),
        delta({ type: "text_delta", text: block.text }),
        stop,
      ];
    default: {
      const { id, name, input } = block;
      const json = JSON.stringify(input);
      return [
        begin({ type: "tool_use", id, name, input: {} }),
        delta({ type: "input_json_delta", partial_json: json.slice(0, 3) }),
        delta({ type: "input_json_delta", partial_json: json.slice(3) }),
        stop,
      ];
    }
  }
}

/** Gemini's own API. A call is known by its place, and thoughts need not come back, only signatures. */
export const gemini: Dialect = {
  contentType: "text/event-stream",
  refusal: (message) => ({ error: { code: 400, status: "INVALID_ARGUMENT", message } }),
  responsesIn: ({ contents }) =>
    saidBy("model", contents).map(({ parts }) =>
      (parts as readonly Body[]).filter(({ thought }) => thought !== true).map(withoutId),
    ),
  expected: (blocks) => blocks.filter(({ type }) => type !== "thinking").map(geminiPart),
  events: (blocks) => {
    const candidates = blocks.map((block) => [
      { content: { role: "model", parts: [geminiPart(block)] } },
    ]);
    const usageMetadata = {
      promptTokenCount: 10,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 2,
      totalTokenCount: 17,
      cachedContentTokenCount: 4,
    };
    const end = { content: { role: "model", parts: [{ text: "" }] }, finishReason: "STOP" };
    return [
      ...candidates.map((candidate) => ({
        candidates: candidate,
        modelVersion: "gemini-of-the-day",
      })),
      { candidates: [end], usageMetadata, modelVersion: "gemini-of-the-day" },
    ].map((event) => sse(event));
  },
};

function withoutId(part: Body): Body {
  const { functionCall } = part;
  if (functionCall === undefined) return part;
  const { id: _, ...call } = functionCall as Body;
  return { ...part, functionCall: call };
}

function geminiPart(block: Block): Body {
  const { signature } = block as { signature?: string };
  const signed = signature === undefined ? {} : { thoughtSignature: signature };
  switch (block.type) {
    case "thinking":
      return { text: block.text, thought: true };
    case "redacted":
      throw new TypeError("Gemini hides no thoughts");
    case "text":
      return { text: block.text, ...signed };
    default:
      return { functionCall: { name: block.name, args: block.input }, ...signed };
  }
}

/** Bedrock's Converse API, for a Claude. */
export const bedrock: Dialect = {
  contentType: "application/vnd.amazon.eventstream",
  refusal: (message) => ({ message }),
  responsesIn: ({ messages }) => saidBy("assistant", messages).map(({ content }) => content),
  expected: (blocks) =>
    blocks.map((block) => {
      switch (block.type) {
        case "thinking": {
          const reasoningText = { text: block.text, signature: block.signature };
          return { reasoningContent: { reasoningText } };
        }
        case "redacted":
          return { reasoningContent: { redactedContent: block.data } };
        case "text":
          return { text: block.text };
        default:
          return { toolUse: { toolUseId: block.id, name: block.name, input: block.input } };
      }
    }),
  events: (blocks) => {
    const usage = { inputTokens: 10, outputTokens: 7, totalTokens: 17, cacheReadInputTokens: 4 };
    return [
      encodeEventStreamMessage("messageStart", { role: "assistant" }),
      ...blocks.flatMap(bedrockBlock),
      encodeEventStreamMessage("messageStop", {
        stopReason: hasCall(blocks) ? "tool_use" : "end_turn",
      }),
      encodeEventStreamMessage("metadata", { usage, metrics: { latencyMs: 1 } }),
    ];
  },
};

function bedrockBlock(block: Block, contentBlockIndex: number): Buffer[] {
  const delta = (piece: object) =>
    encodeEventStreamMessage("contentBlockDelta", { contentBlockIndex, delta: piece });
  const stop = encodeEventStreamMessage("contentBlockStop", { contentBlockIndex });
  switch (block.type) {
    case "thinking":
      return [
        ...(block.text === "" ? [] : [delta({ reasoningContent: { text: block.text } })]),
        delta({ reasoningContent: { signature: block.signature } }),
        stop,
      ];
    case "redacted":
      return [delta({ reasoningContent: { redactedContent: block.data } }), stop];
    case "text":
      return [delta({ text: block.text }), stop];
    default: {
      const start = { toolUse: { toolUseId: block.id, name: block.name } };
      return [
        encodeEventStreamMessage("contentBlockStart", { contentBlockIndex, start }),
        delta({ toolUse: { input: JSON.stringify(block.input) } }),
        stop,
      ];
    }
  }
}

/** Mistral's chat API: thoughts are parts of the content, without a signature. */
export const mistral: Dialect = {
  contentType: "text/event-stream",
  refusal: (message) => ({ object: "error", type: "invalid_request_error", message }),
  responsesIn: ({ messages }) =>
    saidBy("assistant", messages).map(({ content, tool_calls }) => ({ content, tool_calls })),
  expected: (blocks) => {
    const calls = blocks.filter((block) => block.type === "call").map(mistralCall);
    return { content: mistralContent(blocks), tool_calls: calls.length > 0 ? calls : undefined };
  },
  events: (blocks) => {
    const chunk = (delta: object, end: object = {}, more: object = {}) => {
      const choices = [{ index: 0, delta, ...end }];
      return sse({ id: "1", model: "magistral-of-the-day", choices, ...more });
    };
    const calls = blocks.filter((block) => block.type === "call").map(mistralCall);
    const end = { finish_reason: calls.length > 0 ? "tool_calls" : "stop" };
    const usage = { prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 };
    return [
      ...blocks
        .filter((block) => block.type === "thinking")
        .map(({ text }) =>
          chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text }] }] }),
        ),
      ...blocks
        .filter((block) => block.type === "text")
        .map(({ text }) => chunk({ content: text })),
      chunk({ content: "", ...(calls.length > 0 ? { tool_calls: calls } : {}) }, end, { usage }),
      "data: [DONE]\n\n",
    ];
  },
};

function mistralCall(block: Block): object {
  if (block.type !== "call") throw new TypeError("a call");
  const { id, name, input } = block;
  return { id, type: "function", function: { name, arguments: JSON.stringify(input) } };
}

function mistralContent(blocks: readonly Block[]): readonly object[] {
  return blocks.flatMap((block): object[] => {
    if (block.type === "text") return [{ type: "text", text: block.text }];
    if (block.type !== "thinking") return [];
    const thinking = [{ type: "text", text: block.text }];
    return [{ type: "thinking", thinking, closed: true }];
  });
}
