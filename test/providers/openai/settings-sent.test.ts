import { describe, expect, test } from "vitest";
import type { ModelRequest, ModelSettings } from "../../../src/protocol/model.ts";
import { extraFields, mergeBody } from "../../../src/providers/openai/body-merge.ts";
import { chatRequest } from "../../../src/providers/openai/chat/request.ts";
import { dialectOf } from "../../../src/providers/openai/dialect.ts";
import type { RequestForm } from "../../../src/providers/openai/lessons.ts";
import { responsesRequest } from "../../../src/providers/openai/responses/request.ts";

const FORM: RequestForm = {
  format: "json_schema",
  includeUsage: false,
  includeReasoning: false,
  withState: true,
};
const ORIGIN = { workerId: "w7", workerName: "w", jobId: "j", callIndex: 0 };
const TOOL = { name: "add", parameters: { type: "object" } };
const ALL: ModelSettings = {
  topP: 0.9,
  topK: 40,
  stop: ["END"],
  seed: 7,
  frequencyPenalty: 0.5,
  presencePenalty: -0.5,
  parallelToolCalls: false,
  cache: "auto",
  reasoning: { effort: "max", summary: "auto", budgetTokens: 1_000 },
};

function chat(settings: ModelSettings, host: string, more: Partial<ModelRequest> = {}) {
  const dialect = dialectOf(`https://${host}/v1`);
  const request = { messages: [], settings, origin: ORIGIN, ...more };
  return chatRequest(request, "m", { dialect, maxTokensField: "max_tokens", form: FORM });
}

function responses(settings: ModelSettings, more: Partial<ModelRequest> = {}) {
  const dialect = dialectOf("https://api.openai.com/v1");
  const request = { messages: [], settings, origin: ORIGIN, ...more };
  return responsesRequest(request, "m", { dialect, form: FORM });
}

describe("settings of a model call", () => {
  test("the chat API takes nearly all of them", () => {
    const { body, warnings } = chat(ALL, "localhost", { tools: [TOOL] });
    expect(body).toMatchObject({
      top_p: 0.9,
      top_k: 40,
      stop: ["END"],
      seed: 7,
      frequency_penalty: 0.5,
      presence_penalty: -0.5,
      parallel_tool_calls: false,
      reasoning_effort: "max",
    });
    expect(body).not.toHaveProperty("prompt_cache_key");
    expect(warnings).toEqual([
      expect.stringContaining("model.reasoning.summary"),
      expect.stringContaining("model.reasoning.budgetTokens"),
    ]);
  });

  test.for([
    ["api.openai.com", { prompt_cache_key: "w7" }, ["top_k"]],
    ["x.openai.azure.com", { prompt_cache_key: "w7" }, ["top_k"]],
    ["api.mistral.ai", { random_seed: 7 }, ["seed", "top_k"]],
    ["openrouter.ai", { top_k: 40, reasoning: { max_tokens: 1_000 } }, []],
    ["dashscope.aliyuncs.com", { thinking_budget: 1_000 }, []],
    [
      "generativelanguage.googleapis.com",
      { extra_body: { google: { thinking_config: { thinking_budget: 1_000 } } } },
      ["top_k"],
    ],
    ["openai.com.evil.test", { top_k: 40 }, ["prompt_cache_key"]],
  ] as const)("%s is told in its own words", ([host, fields, missing]) => {
    const { body } = chat(ALL, host);
    expect(body).toMatchObject(fields);
    for (const name of missing) expect(body).not.toHaveProperty(name);
  });

  test("the Responses API takes fewer, and says which", () => {
    const { body, warnings } = responses(ALL, { tools: [TOOL] });
    expect(body).toMatchObject({
      top_p: 0.9,
      parallel_tool_calls: false,
      reasoning: { effort: "max", summary: "auto" },
      prompt_cache_key: "w7",
    });
    const names = ["topK", "stop", "seed", "frequencyPenalty", "presencePenalty"];
    const missing = [...names, "reasoning.budgetTokens"].map((name) => {
      return expect.stringContaining(`model.${name} is not sent`);
    });
    expect(warnings).toEqual(missing);
  });

  test("nothing is said of tools where there are none", () => {
    const settings = { parallelToolCalls: false, toolChoice: "auto" } as const;
    expect(chat(settings, "localhost").body).not.toHaveProperty("parallel_tool_calls");
    expect(responses(settings).body).not.toHaveProperty("parallel_tool_calls");
  });

  test("a strict tool is strict in both", () => {
    const tools = [{ ...TOOL, strict: true }, TOOL];
    expect(chat({}, "localhost", { tools }).body.tools).toMatchObject([
      { function: { strict: true } },
      { function: expect.not.objectContaining({ strict: expect.anything() }) },
    ]);
    expect(responses({}, { tools }).body.tools).toMatchObject([
      { strict: true },
      { strict: false },
    ]);
  });

  test.for([
    ["json_object", { type: "json_object" }],
    ["none", undefined],
  ] as const)("an output asked for as %s has its schema in the instructions", ([format, type]) => {
    const request: ModelRequest = {
      messages: [],
      settings: {},
      origin: ORIGIN,
      instructions: "be kind",
      output: { name: "o", schema: { type: "object" } },
    };
    const form = { ...FORM, format };
    const dialect = dialectOf("http://localhost/v1");
    const { body } = chatRequest(request, "m", { dialect, maxTokensField: "max_tokens", form });
    expect(body.response_format).toEqual(type);
    const inChat = String(body.messages[0]?.content);
    const inResponses = responsesRequest(request, "m", { dialect, form }).body;
    for (const said of [inChat, inResponses.instructions]) {
      expect(said).toMatch(/^be kind\n\nAnswer with JSON .*\{"type":"object"\}$/);
    }
    expect(inResponses.text).toEqual(type && { format: type });
  });
});

describe("extraFields()", () => {
  test("the provider's lie under the call's, and those under what is for this provider", () => {
    const settings = {
      extraBody: { b: 2, c: 2 },
      providerOptions: { main: { c: 3 }, other: { d: 4 } },
    };
    expect(extraFields({ a: 1, b: 1, c: 1 }, settings, "main")).toEqual({ a: 1, b: 2, c: 3 });
  });
});

describe("mergeBody()", () => {
  const body = { model: "m", text: { format: { type: "text" } }, include: ["a"], seed: 1 };

  test("new fields are added, objects and lists of what to include are merged", () => {
    const extra = { user: "u", text: { verbosity: "low" }, include: ["a", "b"], seed: 1 };
    expect(mergeBody(body, extra)).toEqual({
      model: "m",
      user: "u",
      text: { format: { type: "text" }, verbosity: "low" },
      include: ["a", "b"],
      seed: 1,
    });
    expect(mergeBody(body, {})).toBe(body);
  });

  test.for([
    ["model", { model: "else" }],
    ["messages", { messages: [] }],
    ["tools", { tools: [] }],
    ["stream", { stream: false }],
    ["seed", { seed: 2 }],
    ["text.format.type", { text: { format: { type: "json" } } }],
  ] as const)("%s is refused by name", ([field, extra]) => {
    expect(() => mergeBody(body, extra)).toThrow(
      expect.objectContaining({
        code: "PROVIDER_BAD_REQUEST",
        details: { field, retryable: false },
      }),
    );
  });
});
