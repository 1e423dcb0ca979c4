import { describe, expect, test } from "vitest";
import type { ModelRequest, WorkerOptions } from "../../src/index.ts";
import { ask } from "../support/openai.ts";
import { serveScripted } from "../support/server-app.ts";

/** What the model is asked when a client asks `json`. */
async function modelAsked(json: object, agent: WorkerOptions = {}): Promise<ModelRequest> {
  const served = await serveScripted([{ text: "yes" }], { agent });
  const response = await served.request("/v1/chat/completions", { json });
  expect(await response.json()).toMatchObject({ object: "chat.completion" });
  const [call] = await served.supervisor.scripted("main").calls();
  if (!call) throw new Error("the model was not asked");
  return call.request;
}

describe("what the model is asked", () => {
  test("system and developer messages come behind the agent's own instructions", async () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello?" },
      { role: "developer", content: [{ type: "text", text: "In verse." }] },
    ];
    const asked = await modelAsked({ model: "helper", messages }, { instructions: "You help." });
    expect(asked.instructions).toBe("You help.\n\nBe brief.\n\nIn verse.");
    expect(asked.messages).toEqual([{ role: "user", content: "Hello?" }]);
    const plain = await modelAsked(ask("Hello?"), { instructions: "You help." });
    expect(plain.instructions).toBe("You help.");
  });

  test("texts, images and files are handed on, inline or by their URL", async () => {
    const content = [
      { type: "text", text: "Look:" },
      { type: "text", text: "" },
      { type: "image_url", image_url: { url: "https://example.org/a.png", detail: "low" } },
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      {
        type: "file",
        file: { filename: "a.txt", file_data: "data:text/plain;charset=utf-8;base64,QUFB" },
      },
    ];
    const asked = await modelAsked({ model: "helper", messages: [{ role: "user", content }] });
    expect(asked.messages).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "Look:" },
          { type: "image", url: "https://example.org/a.png", detail: "low" },
          { type: "image", data: "AAAA", mediaType: "image/png" },
          { type: "file", data: "QUFB", mediaType: "text/plain", filename: "a.txt" },
        ],
      },
    ]);
  });

  test("what was answered, refused and called before is handed on, with the name of the tool for each result", async () => {
    const call = (id: string, name: string) => ({
      id,
      type: "function",
      function: { name, arguments: "{}" },
    });
    const messages = [
      { role: "user", content: "Go." },
      { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
      { role: "user", content: "Please." },
      { role: "assistant", content: null, tool_calls: [call("1", "one"), call("2", "two")] },
      { role: "tool", tool_call_id: "2", content: [{ type: "text", text: "b" }] },
      { role: "tool", tool_call_id: "1", content: "a" },
    ];
    const asked = await modelAsked({ model: "helper", messages });
    expect(asked.messages).toEqual([
      { role: "user", content: "Go." },
      { role: "assistant", content: "", refusal: "No." },
      { role: "user", content: "Please." },
      {
        role: "assistant",
        content: "",
        toolCalls: [
          { id: "1", name: "one", argumentsText: "{}" },
          { id: "2", name: "two", argumentsText: "{}" },
        ],
      },
      { role: "tool", toolCallId: "2", toolName: "two", content: "b" },
      { role: "tool", toolCallId: "1", toolName: "one", content: "a" },
    ]);
  });

  test("settings are laid over the agent's; what is left out or null is the agent's", async () => {
    const model = { name: "gpt", temperature: 1, maxOutputTokens: 50 };
    const asked = await modelAsked(
      { ...ask("Hello?"), temperature: 0, max_tokens: 7, max_completion_tokens: null },
      { model },
    );
    expect(asked.settings).toEqual({ name: "gpt", temperature: 0, maxOutputTokens: 7 });
    const both = { max_tokens: 7, max_completion_tokens: 9, reasoning_effort: "low" };
    const other = await modelAsked({ ...ask("Hello?"), ...both });
    expect(other.settings).toEqual({ maxOutputTokens: 9, reasoning: { effort: "low" } });
  });

  test("a client that asks for more than the agent's own gets that", async () => {
    const model = { maxOutputTokens: 5, reasoning: { effort: "low" } } as const;
    const greedy = { max_tokens: 4_096, reasoning_effort: "high" };
    const asked = await modelAsked({ ...ask("Hello?"), ...greedy }, { model });
    expect(asked.settings).toEqual(model);
    const modest = { max_tokens: 4, reasoning_effort: "minimal" };
    const less = await modelAsked({ ...ask("Hello?"), ...modest }, { model });
    expect(less.settings).toEqual({ maxOutputTokens: 4, reasoning: { effort: "minimal" } });
  });

  test("tools are shown with the client's own schema, and the choice among them", async () => {
    const parameters = { type: "object", properties: { a: { type: "string", pattern: "^a$" } } };
    const json = {
      ...ask("Hello?"),
      tools: [
        { type: "function", function: { name: "one", description: "Once.", parameters } },
        { type: "function", function: { name: "two", strict: true } },
      ],
      tool_choice: { type: "function", function: { name: "two" } },
    };
    const asked = await modelAsked(json);
    expect(asked.tools).toEqual([
      { name: "one", description: "Once.", parameters },
      { name: "two", parameters: { type: "object", properties: {} } },
    ]);
    expect(asked.settings.toolChoice).toEqual({ tool: "two" });
  });

  test("what changes nothing in an answer is ignored, and null is left out", async () => {
    const ignored = {
      user: "u",
      metadata: { a: "b" },
      store: true,
      verbosity: "low",
      service_tier: "auto",
      unheard_of: {},
    };
    const nothing = { n: null, stop: null, tools: [], logprobs: false, modalities: ["text"] };
    const asked = await modelAsked({ ...ask("Hello?"), ...ignored, ...nothing });
    expect(asked).toMatchObject({ messages: [{ role: "user", content: "Hello?" }], settings: {} });
    expect(asked.tools).toBe(undefined);
  });

  test("how a model is to answer is its request's to say", async () => {
    const asked = await modelAsked({
      ...ask("Hello?"),
      top_p: 0.5,
      seed: 7,
      frequency_penalty: 1,
      presence_penalty: -1,
      stop: "END",
      parallel_tool_calls: false,
      reasoning_effort: "max",
    });
    expect(asked.settings).toEqual({
      topP: 0.5,
      seed: 7,
      frequencyPenalty: 1,
      presencePenalty: -1,
      stop: ["END"],
      parallelToolCalls: false,
      reasoning: { effort: "max" },
    });
  });

  test("a conversation of nothing but a system message is answered", async () => {
    const json = { model: "helper", messages: [{ role: "system", content: "Say hello." }] };
    const asked = await modelAsked(json as ReturnType<typeof ask>);
    expect(asked.messages).toEqual([{ role: "user", content: "Say hello." }]);
  });

  test("a conversation that ends with the assistant goes to the model as it is", async () => {
    const messages = [
      { role: "user", content: "Count." },
      { role: "assistant", content: "One, two," },
    ];
    const asked = await modelAsked({ ...ask(""), messages } as ReturnType<typeof ask>);
    expect(asked.messages).toEqual(messages);
  });
});
