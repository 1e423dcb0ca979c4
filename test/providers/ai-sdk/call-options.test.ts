import { describe, expect, test } from "vitest";
import type { Message, ModelRequest, ModelSettings } from "../../../src/protocol/model.ts";
import { callOptions } from "../../../src/providers/ai-sdk/call-options.ts";
import { supports } from "../../../src/providers/ai-sdk/supported-urls.ts";
import { request } from "../../support/ai-sdk.ts";

const readsUrl = supports({ "image/*": [/^https:/], "application/pdf": [/^https:\/\/a\./g] });
const ADD = { name: "add", parameters: { type: "object" } };

function called(parts: Partial<ModelRequest>, provider = "anthropic.messages") {
  return callOptions(request(parts), { provider }, readsUrl, []);
}

function settingsOf(settings: ModelSettings, provider?: string) {
  return called({ settings, tools: [ADD] }, provider);
}

describe("settings", () => {
  test("those that the AI SDK has a word for go by it", () => {
    const { options, warnings } = settingsOf({
      temperature: 0.5,
      maxOutputTokens: 10,
      topP: 0.9,
      topK: 5,
      stop: ["END"],
      seed: 7,
      frequencyPenalty: 1,
      presencePenalty: -1,
      toolChoice: { tool: "add" },
      reasoning: { effort: "max" },
    });
    expect(warnings).toEqual([]);
    expect(options).toMatchObject({
      temperature: 0.5,
      maxOutputTokens: 10,
      topP: 0.9,
      topK: 5,
      stopSequences: ["END"],
      seed: 7,
      frequencyPenalty: 1,
      presencePenalty: -1,
      toolChoice: { type: "tool", toolName: "add" },
      reasoning: "max",
    });
  });

  test.for<readonly [string, ModelSettings, object]>([
    [
      "anthropic.messages",
      { reasoning: { budgetTokens: 1_000 }, parallelToolCalls: false },
      {
        anthropic: {
          thinking: { type: "enabled", budgetTokens: 1_000 },
          disableParallelToolUse: true,
        },
      },
    ],
    [
      "google.generative-ai",
      { reasoning: { budgetTokens: 1_000, summary: "auto" } },
      { google: { thinkingConfig: { thinkingBudget: 1_000, includeThoughts: true } } },
    ],
    [
      "amazon-bedrock",
      { reasoning: { budgetTokens: 1_000 } },
      { bedrock: { reasoningConfig: { type: "enabled", budgetTokens: 1_000 } } },
    ],
    [
      "openai.responses",
      { reasoning: { summary: "detailed" }, parallelToolCalls: false },
      { openai: { reasoningSummary: "detailed", parallelToolCalls: false } },
    ],
    ["mistral.chat", { parallelToolCalls: true }, { mistral: { parallelToolCalls: true } }],
  ])("%s has a word of its own for the others", ([provider, settings, expected]) => {
    const { options, warnings } = settingsOf(settings, provider);
    expect(options.providerOptions).toEqual(expected);
    expect(warnings).toEqual([]);
  });

  test("one that nobody has a word for is a warning", () => {
    const { warnings } = settingsOf({ reasoning: { budgetTokens: 5 } }, "strange.chat");
    expect(warnings).toEqual([expect.stringContaining("model.reasoning.budgetTokens is not sent")]);
  });

  test("the user's own providerOptions win, and the rest stays", () => {
    const own = { anthropic: { thinking: { budgetTokens: 9 }, sendReasoning: false } };
    const { options } = settingsOf({ reasoning: { budgetTokens: 5 }, providerOptions: own });
    expect(options.providerOptions).toEqual({
      anthropic: { thinking: { type: "enabled", budgetTokens: 9 }, sendReasoning: false },
    });
  });

  test("a family with two names is spoken to by the one that the user has chosen", () => {
    const providerOptions = { amazonBedrock: { serviceTier: "flex" } };
    const settings = { reasoning: { budgetTokens: 5 }, providerOptions };
    expect(settingsOf(settings, "amazon-bedrock").options.providerOptions).toEqual({
      amazonBedrock: {
        serviceTier: "flex",
        reasoningConfig: { type: "enabled", budgetTokens: 5 },
      },
    });
  });

  test("an output's schema is strict only where a strict server would take it", () => {
    const strict = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    for (const [schema, isStrict] of [
      [strict, true],
      [{ type: "object", properties: { a: { type: "string" } } }, false],
    ] as const) {
      const { options } = called({ output: { name: "out", schema } }, "openai.responses");
      expect(options.responseFormat).toEqual({ type: "json", name: "out", schema });
      expect(options.providerOptions).toEqual({ openai: { strictJsonSchema: isStrict } });
    }
  });
});

describe('cache: "auto"', () => {
  const call = { id: "c", name: "add", argumentsText: "{}" };
  const step: readonly Message[] = [
    { role: "assistant", content: "", toolCalls: [call] },
    { role: "tool", toolCallId: "c", toolName: "add", content: "1" },
  ];
  const marksOf = (provider: string, steps: number) => {
    const messages: readonly Message[] = [
      { role: "user", content: "go" },
      ...Array.from({ length: steps }, () => step).flat(),
    ];
    const settings = { cache: "auto" } as const;
    const parts = { instructions: "be kind", tools: [ADD, ADD], messages, settings };
    const { prompt, tools = [] } = called(parts, provider).options;
    const marked = prompt.flatMap(({ providerOptions }, i) => (providerOptions ? [i] : []));
    const tool = tools.flatMap((one, i) => ("providerOptions" in one ? [i] : []));
    return { marked, tool, mark: prompt[0]?.providerOptions };
  };

  test("marks tools, instructions and the last two turns, and moves with the tool loop", () => {
    expect(marksOf("anthropic.messages", 0)).toEqual({
      marked: [0, 1],
      tool: [1],
      mark: { anthropic: { cacheControl: { type: "ephemeral" } } },
    });
    expect(marksOf("anthropic.messages", 1).marked).toEqual([0, 1, 3]);
    expect(marksOf("anthropic.messages", 2).marked).toEqual([0, 3, 5]);
    expect(marksOf("anthropic.messages", 9).marked).toEqual([0, 17, 19]);
  });

  test("of Bedrock's have its own form; who needs no marks gets none", () => {
    expect(marksOf("amazon-bedrock", 1)).toEqual({
      marked: [0, 1, 3],
      tool: [],
      mark: { bedrock: { cachePoint: { type: "default" } } },
    });
    expect(marksOf("google.generative-ai", 1)).toMatchObject({ marked: [], tool: [] });
  });
});

describe("the conversation", () => {
  const promptOf = (...messages: readonly Message[]) => called({ messages }).options.prompt;

  test("a tool's result is text, an error, or parts with an image; all of a response stand together", () => {
    const result = (
      content: Extract<Message, { role: "tool" }>["content"],
      isError = false,
    ): Message => ({
      role: "tool",
      toolCallId: "c",
      toolName: "t",
      content,
      isError,
    });
    const image = { type: "image", data: "AQI=", mediaType: "image/png" } as const;
    const [message, ...more] = promptOf(
      result('{"id":12345678901234567890}'),
      result("no", true),
      result([{ type: "text", text: "see" }, image]),
    );
    expect(more).toEqual([]);
    expect(message).toMatchObject({
      role: "tool",
      content: [
        // As it was: to read it as JSON would change the number.
        { output: { type: "text", value: '{"id":12345678901234567890}' } },
        { output: { type: "error-text", value: "no" } },
        {
          output: {
            type: "content",
            value: [
              { type: "text", text: "see" },
              { type: "file", mediaType: "image/png", data: { type: "data", data: "AQI=" } },
            ],
          },
        },
      ],
    });
  });

  test("an image by a URL that the server reads goes as it is, one with its data in it as data", () => {
    const image = (url: string): Message => ({ role: "user", content: [{ type: "image", url }] });
    const pdf: Message = {
      role: "user",
      content: [{ type: "file", url: "https://a.example/x.pdf", filename: "x.pdf" }],
    };
    const prompt = promptOf(
      image("https://a.example/x.png"),
      image("data:image/gif;base64,AQI="),
      pdf,
      pdf,
    );
    expect(prompt.map(({ content }) => content[0])).toMatchObject([
      { mediaType: "image", data: { type: "url" } },
      { mediaType: "image/gif", data: { type: "data", data: "AQI=" } },
      { mediaType: "application/pdf", filename: "x.pdf" },
      { mediaType: "application/pdf" },
    ]);
    expect(() => promptOf(image("http://a.example/x.png"))).toThrow(/hand in its bytes/);
  });

  test("another model's thoughts, pictures and inner parts stay behind; its words and calls do not", () => {
    const toolCalls = [{ id: "c", name: "t", argumentsText: "not json" }];
    const prompt = promptOf({
      role: "assistant",
      content: "Hello",
      toolCalls,
      parts: [
        { type: "reasoning", text: "a thought" },
        { type: "text", text: "Hello" },
        { type: "file", data: "AQI=", mediaType: "image/png" },
        { type: "custom", kind: "tool-call" },
        { type: "source", url: "https://a.example" },
        { type: "tool-call", index: 0 },
      ],
    });
    expect(prompt).toEqual([
      {
        role: "assistant",
        content: [
          { type: "text", text: "Hello" },
          { type: "text", text: "[file, image/png]" },
          {
            type: "tool-call",
            toolCallId: "c",
            toolName: "t",
            input: { malformed_arguments: "not json" },
          },
        ],
      },
    ]);
  });

  test("a response that says nothing that can be sent is left out", () => {
    const parts = [{ type: "reasoning", text: "a thought" }] as const;
    expect(promptOf({ role: "assistant", content: "", parts })).toEqual([]);
  });
});
