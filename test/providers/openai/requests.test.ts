import { describe, expect, test } from "vitest";
import type { Message, ModelRequest } from "../../../src/protocol/model.ts";
import { chatRequest } from "../../../src/providers/openai/chat/request.ts";
import { dialectOf } from "../../../src/providers/openai/dialect.ts";
import type { RequestForm } from "../../../src/providers/openai/lessons.ts";
import { responsesRequest } from "../../../src/providers/openai/responses/request.ts";

const ADD = { name: "add", description: "adds", parameters: { type: "object" } };
const BARE = { name: "now", parameters: { type: "object" } };

function request(parts: Partial<ModelRequest>): ModelRequest {
  return {
    messages: [],
    settings: {},
    origin: { workerId: "w", workerName: "w", jobId: "j", callIndex: 0 },
    ...parts,
  };
}

const FORM: RequestForm = {
  format: "json_schema",
  includeUsage: true,
  includeReasoning: true,
  withState: true,
};
const OPENAI = dialectOf("https://api.openai.com/v1");

function chat(parts: Partial<ModelRequest>, form: Partial<RequestForm> = {}, dialect = OPENAI) {
  const maxTokensField = "max_completion_tokens" as const;
  const options = { dialect, maxTokensField, form: { ...FORM, ...form } };
  return chatRequest(request(parts), "m", options).body;
}

function responses(parts: Partial<ModelRequest>, form: Partial<RequestForm> = {}) {
  const options = { dialect: OPENAI, form: { ...FORM, ...form } };
  return responsesRequest(request(parts), "m", options).body;
}

const OPEN = { type: "object", properties: { n: { type: "number" } } };
/** Schemas, and whether strict mode takes them. */
const SCHEMAS = [
  [OPEN, false],
  [{ ...OPEN, required: ["n"], additionalProperties: false }, true],
] as const;
const DATA = { data: "AAAA", mediaType: "image/png" };
const CONVERSATION: readonly Message[] = [
  { role: "user", content: "hi" },
  {
    role: "assistant",
    content: "",
    toolCalls: [
      { id: "c1", name: "add", argumentsText: '{"a":1}' },
      { id: "c2", name: "now", argumentsText: "" },
      { id: "c3", name: "add", argumentsText: '{"a' },
    ],
  },
  { role: "tool", toolCallId: "c1", toolName: "add", content: "3" },
  { role: "tool", toolCallId: "c2", toolName: "now", content: "failed", isError: true },
  { role: "tool", toolCallId: "c3", toolName: "add", content: "not JSON", isError: true },
  { role: "assistant", content: "The answ", interrupted: true },
  { role: "assistant", content: "", interrupted: true },
  { role: "assistant", content: "", refusal: "no" },
];

describe("chatRequest()", () => {
  test("settings", () => {
    const settings = {
      temperature: 0,
      maxOutputTokens: 9,
      toolChoice: "required",
      reasoning: { effort: "low" },
    } as const;
    expect(chat({ settings, tools: [ADD, BARE], instructions: "be kind" })).toEqual({
      model: "m",
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      max_completion_tokens: 9,
      reasoning_effort: "low",
      messages: [{ role: "system", content: "be kind" }],
      tools: [
        { type: "function", function: ADD },
        { type: "function", function: BARE },
      ],
      tool_choice: "required",
    });
  });

  test("the schema of its output, strict if it can be", () => {
    for (const [schema, strict] of SCHEMAS) {
      expect(chat({ output: { name: "output", schema } }).response_format).toEqual({
        type: "json_schema",
        json_schema: { name: "output", schema, strict },
      });
    }
  });

  test("nothing that is not set", () => {
    expect(chat({}, { includeUsage: false })).toEqual({
      model: "m",
      stream: true,
      messages: [],
    });
  });

  test("one tool to be called; no choice where there are no tools", () => {
    const settings = { toolChoice: { tool: "add" } };
    expect(chat({ settings, tools: [ADD] }).tool_choice).toEqual({
      type: "function",
      function: { name: "add" },
    });
    expect(chat({ settings })).not.toHaveProperty("tool_choice");
  });

  test("a conversation", () => {
    expect(chat({ messages: CONVERSATION }).messages).toEqual([
      { role: "user", content: "hi" },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { type: "function", id: "c1", function: { name: "add", arguments: '{"a":1}' } },
          { type: "function", id: "c2", function: { name: "now", arguments: "{}" } },
          {
            type: "function",
            id: "c3",
            function: { name: "add", arguments: '{"malformed_arguments":"{\\"a"}' },
          },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: "3" },
      { role: "tool", tool_call_id: "c2", content: "failed" },
      { role: "tool", tool_call_id: "c3", content: "not JSON" },
      { role: "assistant", content: "The answ" },
      { role: "assistant", content: null, refusal: "no" },
    ]);
  });

  test("images and files", () => {
    const content = [
      { type: "text", text: "look" },
      { type: "image", url: "https://x.test/a.png", detail: "low" },
      { type: "image", ...DATA },
      { type: "file", filename: "a.pdf", data: "BBBB", mediaType: "application/pdf" },
    ] as const;
    expect(chat({ messages: [{ role: "user", content }] }).messages[0]?.content).toEqual([
      { type: "text", text: "look" },
      { type: "image_url", image_url: { url: "https://x.test/a.png", detail: "low" } },
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      {
        type: "file",
        file: { filename: "a.pdf", file_data: "data:application/pdf;base64,BBBB" },
      },
    ]);
  });

  test("a file by its URL is refused: this API cannot take one", () => {
    const content = [{ type: "file", url: "https://x.test/a.pdf" }] as const;
    expect(() => chat({ messages: [{ role: "user", content }] })).toThrow(
      expect.objectContaining({ code: "PROVIDER_BAD_REQUEST" }),
    );
  });
});

describe("responsesRequest()", () => {
  test("settings", () => {
    const settings = {
      temperature: 1,
      maxOutputTokens: 9,
      toolChoice: { tool: "add" },
      reasoning: { effort: "high" },
    } as const;
    expect(responses({ settings, tools: [ADD], instructions: "be kind" })).toEqual({
      model: "m",
      stream: true,
      store: false,
      include: ["reasoning.encrypted_content"],
      instructions: "be kind",
      temperature: 1,
      max_output_tokens: 9,
      reasoning: { effort: "high" },
      input: [],
      tools: [{ type: "function", strict: false, ...ADD }],
      tool_choice: { type: "function", name: "add" },
    });
  });

  test("the schema of its output, strict if it can be", () => {
    for (const [schema, strict] of SCHEMAS) {
      expect(responses({ output: { name: "output", schema } }).text).toEqual({
        format: { type: "json_schema", name: "output", schema, strict },
      });
    }
  });

  test("a conversation", () => {
    expect(responses({ messages: CONVERSATION }).input).toEqual([
      { role: "user", content: "hi" },
      { type: "function_call", call_id: "c1", name: "add", arguments: '{"a":1}' },
      { type: "function_call", call_id: "c2", name: "now", arguments: "{}" },
      {
        type: "function_call",
        call_id: "c3",
        name: "add",
        arguments: '{"malformed_arguments":"{\\"a"}',
      },
      { type: "function_call_output", call_id: "c1", output: "3" },
      { type: "function_call_output", call_id: "c2", output: "failed" },
      { type: "function_call_output", call_id: "c3", output: "not JSON" },
      { role: "assistant", content: "The answ" },
      { role: "assistant", content: "no" },
    ]);
  });

  test("images and files", () => {
    const content = [
      { type: "text", text: "look" },
      { type: "image", ...DATA },
      { type: "file", data: "BBBB", mediaType: "application/pdf" },
      { type: "file", url: "https://x.test/a.pdf" },
    ] as const;
    expect(responses({ messages: [{ role: "user", content }] }).input).toEqual([
      {
        role: "user",
        content: [
          { type: "input_text", text: "look" },
          { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
          { type: "input_file", filename: "file", file_data: "data:application/pdf;base64,BBBB" },
          { type: "input_file", file_url: "https://x.test/a.pdf" },
        ],
      },
    ]);
  });
});
