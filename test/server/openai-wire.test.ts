import { describe, expect, test } from "vitest";
import { ask } from "../support/openai.ts";
import { serveScripted } from "../support/server-app.ts";

const PATH = "/v1/chat/completions";
const ASK = ask("Hello?");
const TOOL = { type: "function", function: { name: "add", parameters: { type: "object" } } };

/** A request whose message has one part. */
function part(content: object) {
  return { ...ASK, messages: [{ role: "user", content: [content] }] };
}

function conversation(...messages: object[]) {
  return { ...ASK, messages };
}

describe("the wire form of an answer", () => {
  test("is a chat.completion", async () => {
    const served = await serveScripted([{ reasoning: "Hm.", text: "Hello!" }]);
    const response = await served.request(PATH, { json: ASK });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      id: expect.stringMatching(/^chatcmpl-./),
      object: "chat.completion",
      created: expect.any(Number),
      model: "helper",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "Hello!",
            refusal: null,
            reasoning_content: "Hm.",
          },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: expect.any(Number),
        completion_tokens: expect.any(Number),
        total_tokens: expect.any(Number),
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  test("is a stream of chat.completion.chunks, and [DONE]", async () => {
    const served = await serveScripted([{ reasoning: "Hm.", text: 'He said "hé\n"', chunks: 1 }]);
    const json = { ...ASK, stream: true, stream_options: { include_usage: true } };
    const response = await served.request(PATH, { json });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = (await response.text()).split("\n\n");
    expect(events.at(-1)).toBe("");
    expect(events.at(-2)).toBe("data: [DONE]");
    const chunks = events.slice(0, -2).map((event) => JSON.parse(event.slice("data: ".length)));
    const { id, created } = chunks[0];
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      id,
      created,
      object: "chat.completion.chunk",
      model: "helper",
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      usage: null,
    });
    expect(chunks).toEqual([
      chunk({ role: "assistant", content: "" }),
      chunk({ reasoning_content: "Hm." }),
      chunk({ content: 'He said "hé\n"' }),
      chunk({}, "stop"),
      { ...chunk({}), choices: [], usage: expect.objectContaining({ prompt_tokens: 9 }) },
    ]);
  });

  test("has no usage in its chunks when it is not asked for", async () => {
    const served = await serveScripted([{ text: "Hello!" }]);
    const response = await served.request(PATH, { json: { ...ASK, stream: true } });
    expect(await response.text()).not.toContain('"usage"');
  });

  test.each([
    ["length", "length"],
    ["content-filter", "content_filter"],
  ] as const)("an answer that has ended by %s says so", async (finishReason, wire) => {
    const served = await serveScripted([{ text: "Hel", finishReason }]);
    const response = await served.request(PATH, { json: ASK });
    const whole = (await response.json()) as { choices: unknown[] };
    expect(whole.choices[0]).toMatchObject({ message: { content: "Hel" }, finish_reason: wire });
    const streamed = await served.request(PATH, { json: { ...ASK, stream: true } });
    expect(await streamed.text()).toContain(`"finish_reason":"${wire}"`);
  });

  test("a refusal is told as one", async () => {
    const served = await serveScripted([{ refusal: "I will not." }]);
    const response = await served.request(PATH, { json: ASK });
    const whole = (await response.json()) as { choices: unknown[] };
    expect(whole.choices[0]).toMatchObject({
      message: { content: null, refusal: "I will not." },
      finish_reason: "stop",
    });
    const streamed = await served.request(PATH, { json: { ...ASK, stream: true } });
    const text = await streamed.text();
    const refusals = [...text.matchAll(/"delta":(\{"refusal":.*?\})/g)];
    expect(refusals.map(([, delta]) => JSON.parse(String(delta)).refusal).join("")).toBe(
      "I will not.",
    );
  });
});

describe("a request that is refused", () => {
  const REFUSED: readonly (readonly [param: string | null, json: unknown])[] = [
    [null, []],
    ["model", { messages: ASK.messages }],
    ["messages", { model: "helper" }],
    ["messages", conversation()],
    ["messages", conversation({ role: "system", content: "" })],
    ["messages[0].role", conversation({ role: "function", name: "add", content: "3" })],
    ["messages[0].content", conversation({ role: "user", content: 5 })],
    ["messages[0].content[0].type", part({ type: "input_audio", input_audio: {} })],
    ["messages[0].content[0].text", part({ type: "text" })],
    ["messages[0].content[0].image_url.url", part({ type: "image_url", image_url: {} })],
    [
      "messages[0].content[0].image_url.url",
      part({ type: "image_url", image_url: { url: "file:///etc/passwd" } }),
    ],
    [
      "messages[0].content[0].image_url.url",
      part({ type: "image_url", image_url: { url: "data:image/png,AA" } }),
    ],
    ["messages[0].content[0].file.file_data", part({ type: "file", file: { file_id: "file-1" } })],
    ["messages[0].content[0].file.file_data", part({ type: "file", file: { file_data: "AAAA" } })],
    ["messages[0].content", conversation({ role: "assistant", content: null }, ...ASK.messages)],
    [
      "messages[0].tool_call_id",
      conversation({ role: "tool", tool_call_id: "call_1", content: "3" }),
    ],
    [
      "messages[1]",
      conversation(
        {
          role: "assistant",
          tool_calls: [
            { id: "call_1", type: "function", function: { name: "a", arguments: "{}" } },
          ],
        },
        ...ASK.messages,
      ),
    ],
    ["messages[0].function_call", conversation({ role: "assistant", function_call: {} })],
    ["messages[0].audio", conversation({ role: "assistant", content: "", audio: { id: "1" } })],
    ["stream", { ...ASK, stream: "yes" }],
    ["stream_options.include_usage", { ...ASK, stream_options: { include_usage: 1 } }],
    ["temperature", { ...ASK, temperature: 2.1 }],
    ["max_tokens", { ...ASK, max_tokens: 0 }],
    ["max_completion_tokens", { ...ASK, max_completion_tokens: 1.5 }],
    ["reasoning_effort", { ...ASK, reasoning_effort: "some" }],
    ["tools[0].type", { ...ASK, tools: [{ type: "custom", custom: { name: "a" } }] }],
    [
      "tools[0].function.name",
      { ...ASK, tools: [{ type: "function", function: { name: "a b" } }] },
    ],
    ["tools[1].function.name", { ...ASK, tools: [TOOL, TOOL] }],
    [
      "tools[0].function.parameters",
      {
        ...ASK,
        tools: [{ type: "function", function: { name: "a", parameters: { "~standard": null } } }],
      },
    ],
    ["tool_choice", { ...ASK, tools: [TOOL], tool_choice: "some" }],
    ["tool_choice", { ...ASK, tool_choice: "required" }],
    [
      "tool_choice.function.name",
      { ...ASK, tools: [TOOL], tool_choice: { type: "function", function: { name: "divide" } } },
    ],
    ["response_format.type", { ...ASK, response_format: { type: "xml" } }],
    [
      "response_format.json_schema.schema",
      { ...ASK, response_format: { type: "json_schema", json_schema: { name: "point" } } },
    ],
    ["n", { ...ASK, n: 2 }],
    ["logprobs", { ...ASK, logprobs: true }],
    ["top_logprobs", { ...ASK, top_logprobs: 1 }],
    ["stop", { ...ASK, stop: ["a", "b", "c", "d", "e"] }],
    ["top_p", { ...ASK, top_p: 2 }],
    ["logit_bias", { ...ASK, logit_bias: { "50256": -100 } }],
    ["functions", { ...ASK, functions: [{ name: "add" }] }],
    ["function_call", { ...ASK, function_call: "auto" }],
    ["modalities", { ...ASK, modalities: ["text", "audio"] }],
    ["audio", { ...ASK, audio: { voice: "alloy", format: "mp3" } }],
    ["web_search_options", { ...ASK, web_search_options: {} }],
    ["parallel_tool_calls", { ...ASK, tools: [TOOL], parallel_tool_calls: "no" }],
  ];

  test("names the field, and begins nothing", async () => {
    const served = await serveScripted([{ text: "yes" }]);
    for (const [param, json] of REFUSED) {
      const response = await served.request(PATH, { json });
      const { error } = (await response.json()) as { error: unknown };
      expect({ json, status: response.status, error }).toEqual({
        json,
        status: 400,
        error: {
          message: expect.stringContaining(param ?? "the body"),
          type: "invalid_request_error",
          param,
          code: "invalid_input",
        },
      });
    }
    expect(await served.supervisor.scripted("main").calls()).toEqual([]);
  });

  test("is told so in OpenAI's form wherever it is refused", async () => {
    const served = await serveScripted([{ text: "yes" }], { limits: { bodyBytes: 100 } });
    const json = { "content-type": "application/json" };
    const body = "{";
    const evil = { origin: "https://evil.example" };
    for (const [status, code, path, init] of [
      [400, "invalid_input", PATH, { method: "POST", body, headers: json }],
      [401, "invalid_api_key", PATH, { json: ASK, token: "the-token-of-nobody" }],
      [403, "origin_not_allowed", PATH, { json: ASK, headers: evil }],
      [404, "not_found", "/v1/embeddings", { json: ASK }],
      [404, "not_found", "/v1", {}],
      [404, "model_not_found", "/v1/models/nobody", {}],
      [404, "model_not_found", PATH, { json: { ...ASK, model: "nobody" } }],
      [413, "body_too_large", PATH, { json: ask("x".repeat(100)) }],
      [415, "unsupported_media_type", PATH, { method: "POST", body: "model=helper" }],
    ] as const) {
      const response = await served.request(path, init);
      expect([response.status, await response.json()]).toEqual([
        status,
        { error: expect.objectContaining({ code, message: expect.any(String) }) },
      ]);
      expect(response.headers.get("x-should-retry")).toBe("false");
    }
    const native = await served.request("/api/nothing");
    expect(await native.json()).toMatchObject({ error: { code: "NOT_FOUND" } });
  });
});
