import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../../src/protocol/error.ts";
import { statusError, streamError } from "../../../src/providers/openai/server-error.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

function codeOf(status: number, body: unknown): ErrorCode {
  return statusError(status, {}, JSON.stringify(body), NOW).code;
}

function said(message: string, more: object = {}): object {
  return { error: { message, ...more } };
}

describe("a prompt that is too long", () => {
  test.for([
    [
      "OpenAI",
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    ],
    [
      "OpenAI, Responses",
      "Your input exceeds the context window of this model. Please adjust your input and try again.",
    ],
    [
      "Gemini",
      "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ],
    ["xAI", "This model's maximum prompt length is 131072 but the request contains 140000 tokens."],
    ["Kimi", "Invalid request: Your request exceeded model token limit: 8192"],
    ["Ollama", "prompt too long; exceeded max context length by 200 tokens"],
    ["Ollama, embedded", "the input length exceeds the context length"],
    ["Copilot", "prompt token count of 70000 exceeds the limit of 64000"],
    ["SGLang", "The input (9000 tokens) is longer than the model's context length (8192 tokens)."],
    [
      "SGLang, requested",
      "Requested token count exceeds the model's maximum context length of 8192 tokens.",
    ],
    ["vLLM", "The decoder prompt (length 5000) is longer than the maximum model length of 4096."],
    [
      "llama.cpp",
      "the request exceeds the available context size. try increasing the context size",
    ],
    [
      "LM Studio",
      "The number of tokens to keep from the initial prompt is greater than the context length.",
    ],
    [
      "LM Studio, older",
      "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
    ],
    [
      "Together and TGI",
      "`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 100 `max_new_tokens`",
    ],
    ["TGI", "`inputs` must have less than 4096 tokens. Given: 5000"],
    ["GLM", "Prompt exceeds max length"],
    [
      "Cerebras and Groq",
      "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
    ],
    ["Bedrock", "Input is too long for requested model."],
    [
      "Bedrock, with an output",
      "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    ],
    ["Anthropic", "prompt is too long: 210000 tokens > 200000 maximum"],
    [
      "Cohere",
      "too many tokens: size limit exceeded by 1234 tokens. Try using shorter or fewer inputs.",
    ],
    ["Qwen", "Range of input length should be [1, 30720]"],
    [
      "Mistral",
      "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    ],
    ["MiniMax", "invalid params, context window exceeds limit"],
    ["Doubao", "Total tokens of image and text exceed max message tokens"],
  ] as const)("in the words of %s", ([, message]) => {
    expect(codeOf(400, said(message))).toBe("PROVIDER_CONTEXT_LENGTH");
  });

  test("by a code, by its status, and by a server that calls it its own fault", () => {
    expect(codeOf(400, said("x", { code: "context_length_exceeded" }))).toBe(
      "PROVIDER_CONTEXT_LENGTH",
    );
    expect(codeOf(413, {})).toBe("PROVIDER_CONTEXT_LENGTH");
    expect(codeOf(500, said("exceeds the available context size"))).toBe("PROVIDER_CONTEXT_LENGTH");
    expect(streamError(said("prompt is too long: 2 > 1")).code).toBe("PROVIDER_CONTEXT_LENGTH");
  });

  test.for([
    "messages.0: unknown role",
    "max_tokens is too large: 100000. This model supports at most 16384 completion tokens.",
    "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the `context_window` for this model",
    "temperature must be at most 2",
    "tools[3].function.name exceeds the maximum length of 64",
  ])("is not: %s", (message) => {
    expect(codeOf(400, said(message))).toBe("PROVIDER_BAD_REQUEST");
  });
});

describe("what is wrong, in a status that does not say it", () => {
  test.for([
    [
      "Gemini's key",
      400,
      [
        {
          error: {
            code: 400,
            status: "INVALID_ARGUMENT",
            message: "API key not valid. Please pass a valid API key.",
          },
        },
      ],
      "PROVIDER_AUTH",
    ],
    [
      "xAI's key",
      400,
      { code: "Client specified an invalid argument", error: "Incorrect API key provided: xa***." },
      "PROVIDER_AUTH",
    ],
    [
      "OpenAI's model",
      400,
      said("The requested model 'x' does not exist.", { code: "model_not_found" }),
      "PROVIDER_NOT_FOUND",
    ],
    [
      "DeepSeek's model",
      400,
      said("Model Not Exist", { type: "invalid_request_error" }),
      "PROVIDER_NOT_FOUND",
    ],
    [
      "OpenRouter's model",
      400,
      said("x/y is not a valid model ID", { code: 400 }),
      "PROVIDER_NOT_FOUND",
    ],
    [
      "GLM without a balance",
      429,
      said("余额不足或无可用资源包,请充值。", { code: "1113" }),
      "PROVIDER_QUOTA",
    ],
    [
      "Kimi without a balance",
      429,
      said("Your account is suspended", { type: "exceeded_current_quota_error" }),
      "PROVIDER_QUOTA",
    ],
    [
      "xAI without credits",
      429,
      {
        error:
          "Your team has either used all available credits or reached its monthly spending limit.",
      },
      "PROVIDER_QUOTA",
    ],
    [
      "Anthropic without credits",
      400,
      said("Your credit balance is too low to access the Anthropic API."),
      "PROVIDER_QUOTA",
    ],
    [
      "Gemini's rate",
      429,
      said("You exceeded your current quota.", { status: "RESOURCE_EXHAUSTED" }),
      "PROVIDER_RATE_LIMITED",
    ],
    ["Groq's capacity", 498, said("capacity exceeded"), "PROVIDER_UNAVAILABLE"],
    [
      "Azure's filter",
      400,
      said("The response was filtered", {
        code: "content_filter",
        innererror: { code: "ResponsibleAIPolicyViolation" },
      }),
      "PROVIDER_CONTENT_FILTER",
    ],
    [
      "Groq's bad call",
      400,
      said("Failed to call a function.", {
        code: "tool_use_failed",
        failed_generation: "<function=x>",
      }),
      "PROVIDER_FINISH_REASON",
    ],
    [
      "a tool that the model cannot have",
      400,
      said("the model `x` does not support tools"),
      "PROVIDER_BAD_REQUEST",
    ],
  ] as const)("%s", ([, status, body, code]) => {
    expect(codeOf(status, body)).toBe(code);
  });

  test("a status in the body of a 200", () => {
    expect(streamError({ status: 401, detail: "who are you?" }).code).toBe("PROVIDER_AUTH");
    expect(streamError({ status_code: 503, message: "busy" }).code).toBe("PROVIDER_UNAVAILABLE");
  });

  test("what the model wrote and the server could not read is kept, and it is asked again", () => {
    const body = said("Failed", { code: "tool_use_failed", failed_generation: "<function=x>" });
    expect(statusError(400, {}, JSON.stringify(body), NOW).details).toMatchObject({
      failedGeneration: "<function=x>",
      providerCode: "tool_use_failed",
      retryable: true,
    });
  });
});

describe("the words of a server reach the reader", () => {
  test.for([
    [
      "OpenRouter",
      said("Provider returned error", {
        metadata: { provider_name: "Up", raw: '{"error":{"message":"tool name is reserved"}}' },
      }),
    ],
    [
      "OpenRouter, not JSON",
      said("Provider returned error", { metadata: { raw: "tool name is reserved" } }),
    ],
    ["Cloudflare", { success: false, errors: [{ code: 7003, message: "tool name is reserved" }] }],
    ["Apigee", { fault: { faultstring: "tool name is reserved" } }],
    ["Bedrock", { Message: "tool name is reserved" }],
    ["Baidu", { error_code: 336003, error_msg: "tool name is reserved" }],
    ["a gateway", { error_type: "BadRequestError", error_message: "tool name is reserved" }],
    ["FastAPI", { detail: [{ loc: ["body"], msg: "tool name is reserved" }] }],
    ["problem+json", { title: "Bad Request", status: 400, detail: "tool name is reserved" }],
    ["MiniMax", { base_resp: { status_code: 2013, status_msg: "tool name is reserved" } }],
    ["an error in an error", { error: { error: { message: "tool name is reserved" } } }],
  ] as const)("%s", ([, body]) => {
    const { message } = statusError(400, {}, JSON.stringify(body), NOW);
    expect(message).toContain("tool name is reserved");
  });

  test("a body that is its own error for ever ends", () => {
    const deep = `${'{"error":'.repeat(5_000)}"x"${"}".repeat(5_000)}`;
    expect(statusError(400, {}, deep, NOW).code).toBe("PROVIDER_BAD_REQUEST");
  });
});

describe("how long to wait", () => {
  test.for([
    [
      "Gemini's RetryInfo",
      [
        said("x", {
          details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "3.5s" }],
        }),
      ],
      3_500,
    ],
    [
      "a RetryInfo in its other form",
      said("x", {
        details: [{ "@type": "google.rpc.RetryInfo", retryDelay: { seconds: 2, nanos: 5e8 } }],
      }),
      2_500,
    ],
    ["OpenAI, in words", said("Rate limit reached. Please try again in 1m30.5s. Visit"), 90_500],
    ["OpenAI, in ms", said("Rate limit reached. Please try again in 350ms."), 350],
    ["Azure, in words", said("Please retry after 6 seconds."), 6_000],
    ["Gemini, in words", said("Quota exceeded. Please retry in 1.5s."), 1_500],
    ["OpenRouter's upstream", said("x", { metadata: { headers: { "Retry-After": "7" } } }), 7_000],
    [
      "OpenRouter's limit",
      said("x", { metadata: { headers: { "X-RateLimit-Reset": String(NOW + 4_000) } } }),
      4_000,
    ],
    ["no time", said("Please try again later."), undefined],
    ["months", said("try again in 5 months"), undefined],
  ] as const)("%s", ([, body, expected]) => {
    const { details } = statusError(429, {}, JSON.stringify(body), NOW);
    expect(details["retryAfterMs"]).toBe(expected);
  });

  test("a header says it better", () => {
    const body = JSON.stringify(said("try again in 9s"));
    const { details } = statusError(429, { "retry-after": "2" }, body, NOW);
    expect(details["retryAfterMs"]).toBe(2_000);
  });
});
