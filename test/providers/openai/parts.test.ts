import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelResponse, ModelResponseChunk } from "../../../src/protocol/model.ts";
import { checkResponse } from "../../../src/providers/check-response.ts";
import { CallIds } from "../../../src/providers/openai/call-ids.ts";
import { ChatMapper } from "../../../src/providers/openai/chat/mapper.ts";
import type { EventMapper } from "../../../src/providers/openai/event-mapper.ts";
import { ResponsesMapper } from "../../../src/providers/openai/responses/mapper.ts";
import { WholeCharacters } from "../../../src/providers/openai/whole-characters.ts";
import { ResponseBuilder } from "../../../src/providers/response-builder.ts";

const ids = (): CallIds => new CallIds([], () => "made");

/** The response that `events` are, as the stream makes it. */
function read(mapper: EventMapper, events: readonly unknown[]): ModelResponse {
  const builder = new ResponseBuilder();
  const characters = new WholeCharacters((chunk) => builder.add(chunk));
  const emit = (chunk: ModelResponseChunk): void => characters.take(chunk);
  for (const event of events) mapper.accept(event, undefined, emit);
  mapper.flush(emit);
  characters.flush();
  const response = builder.build(mapper.end(builder.said));
  checkResponse(response);
  return response;
}

function chat(...deltas: readonly object[]): ModelResponse {
  const mapper = new ChatMapper({ ids: ids(), thinkTags: "reasoning" });
  const events = deltas.map((delta) => ({ choices: [{ delta }] }));
  return read(mapper, [...events, { choices: [{ delta: {}, finish_reason: "stop" }] }]);
}

function responses(...events: readonly { readonly type: string }[]): ModelResponse {
  return read(new ResponsesMapper({ ids: ids() }), events);
}

describe("parts of a chat completion", () => {
  test("plain text and calls have none", () => {
    const call = { index: 0, id: "1", function: { name: "n", arguments: "{}" } };
    expect(chat({ content: "a" }, { tool_calls: [call] })).not.toHaveProperty("parts");
  });

  test("thoughts keep their place, and their field", () => {
    const { parts } = chat({ content: "a" }, { reasoning: "b" }, { content: "c" });
    expect(parts).toEqual([
      { type: "text", text: "a" },
      { type: "reasoning", text: "b", state: { data: { api: "chat", texts: ["reasoning"] } } },
      { type: "text", text: "c" },
    ]);
  });

  test("the text of thoughts is not kept twice", () => {
    const text = "x".repeat(10_000);
    const details = [{ type: "reasoning.text", text, index: 0 }];
    const { parts } = chat({ reasoning: text, reasoning_details: details }, { content: "a" });
    expect(JSON.stringify(parts?.[0]?.state)).toHaveLength(
      JSON.stringify({
        data: {
          api: "chat",
          texts: ["reasoning"],
          fields: { reasoning_details: [{ type: "reasoning.text", text: 10_000, index: 0 }] },
        },
      }).length,
    );
  });

  test.for([
    ["reasoning_signature", { reasoning_signature: "s" }],
    ["reasoning_opaque, of Copilot", { reasoning_opaque: "s" }],
    [
      "thinking_blocks, of LiteLLM",
      { thinking_blocks: [{ type: "redacted_thinking", data: "s" }] },
    ],
    [
      "extra_content of a message, of Gemini",
      { extra_content: { google: { thought_signature: "s" } } },
    ],
    ["encrypted_content, of Doubao", { encrypted_content: "s" }],
  ] as const)("kept: %s", ([, field]) => {
    const [name = "", value] = Object.entries(field)[0] ?? [];
    const { parts } = chat({ content: "a" }, { ...field });
    expect(parts?.[0]).toEqual({
      type: "reasoning",
      text: "",
      state: { data: { api: "chat", fields: { [name]: value } } },
    });
  });

  test("a field that nobody is known to want back is not kept", () => {
    const fields = { logprobs: {}, provider: "x", extra_content: { google: { thought: true } } };
    expect(chat({ content: "a", ...fields })).not.toHaveProperty("parts");
  });

  test("pictures, of OpenRouter", () => {
    const image_url = { url: "data:image/png;base64,AAAA" };
    const { parts } = chat({ content: "look", images: [{ type: "image_url", image_url }] });
    expect(parts).toMatchObject([
      { type: "text" },
      { type: "file", mediaType: "image/png", data: "AAAA" },
    ]);
  });

  test("a sound in pieces; what is said in it is the text", () => {
    const piece = (text: string) => Buffer.from(text).toString("base64");
    const { parts, text } = chat(
      { audio: { id: "a1", transcript: "hel" } },
      { audio: { data: piece("RIFF"), transcript: "lo" } },
      { audio: { data: piece("xyz"), expires_at: 9 } },
    );
    expect(text).toBe("hello");
    expect(parts).toContainEqual({ type: "file", mediaType: "audio/wav", data: piece("RIFFxyz") });
  });

  test("sources: each once, with its title where one is known", () => {
    const mapper = new ChatMapper({ ids: ids(), thinkTags: "reasoning" });
    const url_citation = { url: "https://c.test/", title: "C" };
    const top = {
      citations: ["https://a.test/", "https://b.test/"],
      search_results: [{ url: "https://a.test/", title: "A" }],
    };
    const delta = { content: "[1]", annotations: [{ type: "url_citation", url_citation }] };
    const { parts } = read(mapper, [
      { ...top, choices: [{ delta }] },
      { ...top, choices: [{ delta: {}, finish_reason: "stop" }] },
    ]);
    expect(parts).toEqual([
      { type: "text", text: "[1]" },
      { type: "source", url: "https://a.test/", title: "A" },
      { type: "source", url: "https://b.test/" },
      { type: "source", url: "https://c.test/", title: "C" },
    ]);
  });

  test("usage inside the choice, of Kimi", () => {
    const mapper = new ChatMapper({ ids: ids(), thinkTags: "reasoning" });
    const usage = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13, cached_tokens: 8 };
    const choice = { delta: { content: "a" }, finish_reason: "stop", usage };
    expect(read(mapper, [{ choices: [choice] }]).usage).toEqual({
      inputTokens: 10,
      outputTokens: 3,
      totalTokens: 13,
      cachedInputTokens: 8,
    });
  });

  test("a thought is cut from a text only at its very start", () => {
    expect(chat({ content: "a <think>b</think>" })).toMatchObject({ text: "a <think>b</think>" });
    expect(chat({ content: " \n<think>b" }, { content: "</think> a" })).toMatchObject({
      reasoning: "b",
      text: "a",
    });
    const google = { google: { thought: true } };
    expect(
      chat({ content: "<thought>b", extra_content: google }, { content: "</thought>a" }),
    ).toEqual(
      expect.objectContaining({
        reasoning: "b",
        text: "a",
        parts: [
          { type: "reasoning", text: "b" },
          { type: "text", text: "a" },
        ],
      }),
    );
    expect(chat({ content: "<thin" })).toMatchObject({ text: "<thin" });
    expect(chat({ reasoning: "r" }, { content: "<think>b" })).toMatchObject({ text: "<think>b" });
  });
});

describe("parts of a response of the Responses API", () => {
  const completed = (...output: readonly object[]) => ({
    type: "response.completed",
    response: { status: "completed", output },
  });
  const message = (id: string, text: string, more: object = {}) => ({
    type: "message",
    id,
    content: [{ type: "output_text", text, ...more }],
  });

  test("a plain answer has none, also where it comes in the final event alone", () => {
    const response = responses(completed(message("m1", "hello")));
    expect(response).toMatchObject({ text: "hello", finishReason: "stop" });
    expect(response).not.toHaveProperty("parts");
  });

  test("text is not said twice where the ids of an item change from event to event", () => {
    const delta = {
      type: "response.output_text.delta",
      output_index: 0,
      item_id: "a",
      delta: "hi",
    };
    expect(responses(delta, completed(message("z", "hi"))).text).toBe("hi");
    const bare = { type: "response.output_text.delta", delta: "hi" };
    expect(responses(bare, completed(message("z", "hi"))).text).toBe("hi");
  });

  test("text that comes with the end of its part alone, and text that has come before it", () => {
    const place = { output_index: 0, item_id: "m1" };
    const part = { type: "output_text", text: "hello" };
    const end = { type: "response.content_part.done", ...place, part };
    const done = { type: "response.completed", response: { status: "completed" } };
    expect(responses(end, done).text).toBe("hello");
    const delta = { type: "response.output_text.delta", ...place, delta: "hello" };
    const whole = { type: "response.output_text.done", ...place, text: "hello" };
    expect(responses(delta, whole, end, completed(message("m1", "hello"))).text).toBe("hello");
  });

  test("commentary is a part of its own, and two messages are two paragraphs", () => {
    const said = { ...message("m1", "One moment."), phase: "commentary" };
    const { text, parts } = responses(completed(said, message("m2", "done")));
    expect(text).toBe("One moment.\n\ndone");
    expect(parts).toMatchObject([
      { type: "text", text: "One moment.\n\n", isCommentary: true },
      { type: "text", text: "done" },
    ]);
  });

  test("sources and pictures; a call that waits for us is not sent back", () => {
    const annotations = [{ type: "url_citation", url: "https://a.test/", title: "A" }];
    const picture = {
      type: "image_generation_call",
      id: "ig",
      result: "AAAA",
      output_format: "webp",
    };
    const shell = { type: "local_shell_call", id: "ls", call_id: "c" };
    const { parts } = responses(completed(picture, shell, message("m1", "x", { annotations })));
    expect(parts).toMatchObject([
      { type: "file", mediaType: "image/webp", data: "AAAA" },
      { type: "custom", kind: "local_shell_call" },
      { type: "text", text: "x" },
      { type: "source", url: "https://a.test/", title: "A" },
    ]);
    expect(parts?.[1]).not.toHaveProperty("state");
  });

  test("a response that was cut off keeps no state", () => {
    const thought = { type: "reasoning", id: "r", summary: [], encrypted_content: "e" };
    const response = { status: "incomplete", output: [thought, message("m1", "ha")] };
    const cut = responses({ type: "response.incomplete", response } as never);
    expect(cut).toMatchObject({ text: "ha", finishReason: "length" });
    expect(JSON.stringify(cut.parts ?? [])).not.toContain("state");
  });
});

describe("WholeCharacters", () => {
  test("no half of a character is given out, whatever the cuts; texts keep their length", () => {
    const piece = fc.string({ unit: fc.constantFrom("a", "\ud83d", "\ude00", "\u{1F600}") });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom("text", "reasoning"), piece)), (pieces) => {
        const given = { text: "", reasoning: "" };
        const characters = new WholeCharacters((chunk) => {
          if (chunk.type === "tool-call") return;
          given[chunk.type as "text"] += chunk.text;
          // Halves in the middle of a piece are the server's own fault; its edges are ours.
          expect(chunk.text.at(0) ?? "").not.toMatch(/^[\udc00-\udfff]$/);
          expect(chunk.text.at(-1) ?? "").not.toMatch(/^[\ud800-\udbff]$/);
        });
        const whole = { text: "", reasoning: "" };
        for (const [type, text] of pieces) {
          whole[type as "text"] += text;
          characters.take({ type: type as "text", text });
        }
        characters.flush();
        for (const type of ["text", "reasoning"] as const) {
          expect(given[type].toWellFormed()).toBe(whole[type].toWellFormed());
          expect(given[type]).toHaveLength(whole[type].length);
        }
      }),
    );
  });

  test("halves of several calls are kept apart", () => {
    const chunks: ModelResponseChunk[] = [];
    const characters = new WholeCharacters((chunk) => chunks.push(chunk));
    const call = (index: number, argumentsText: string) =>
      characters.take({ type: "tool-call", index, argumentsText });
    call(0, "\ud83d");
    call(1, "x\ud83d");
    call(0, "\ude00");
    characters.flush();
    expect(chunks.map((chunk) => chunk.type === "tool-call" && chunk.argumentsText)).toEqual([
      "x",
      "\u{1F600}",
      "\uFFFD",
    ]);
  });
});
