import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/protocol/model.ts";
import { chatMessages } from "../../../src/providers/openai/chat/messages.ts";
import { inputItems } from "../../../src/providers/openai/responses/input.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const PNG = { type: "image", data: "AAAA", mediaType: "image/png" } as const;
const IMAGE = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };

const CALLS: Message = {
  role: "assistant",
  content: "",
  toolCalls: [
    { id: "c1", name: "shot", argumentsText: "{}" },
    { id: "c2", name: "shot", argumentsText: "{}" },
  ],
};
const SHOT: Message = {
  role: "tool",
  toolCallId: "c1",
  toolName: "shot",
  content: [{ type: "text", text: "a page" }, PNG],
};
const WORDS: Message = { role: "tool", toolCallId: "c2", toolName: "shot", content: "no page" };

describe("users in turn", () => {
  const messages: readonly Message[] = [
    { role: "user", content: "one" },
    { role: "assistant", content: "", interrupted: true },
    { role: "user", content: "" },
    { role: "user", content: "two" },
    { role: "user", content: [PNG] },
  ];

  test("messages in a row are one, in both APIs", () => {
    const text = "one\n\ntwo";
    expect(chatMessages(messages, NOW)).toEqual([
      { role: "user", content: [{ type: "text", text }, IMAGE] },
    ]);
    expect(inputItems(messages)).toMatchObject([
      { role: "user", content: [{ type: "input_text", text }, { type: "input_image" }] },
    ]);
  });

  test("the conversation that was given stays as it was", () => {
    const before = structuredClone(messages);
    chatMessages(messages, NOW);
    expect(messages).toEqual(before);
  });
});

describe("images of a tool", () => {
  test("chat: behind all results of the step, as a message of the user", () => {
    expect(chatMessages([CALLS, SHOT, WORDS], NOW).slice(1)).toEqual([
      { role: "tool", tool_call_id: "c1", content: "a page\n[image]" },
      { role: "tool", tool_call_id: "c2", content: "no page" },
      { role: "user", content: [{ type: "text", text: expect.stringContaining("c1") }, IMAGE] },
    ]);
  });

  test("chat: together with what the user says next", () => {
    const next: Message = { role: "user", content: "and now?" };
    expect(chatMessages([CALLS, SHOT, WORDS, next], NOW).at(-1)).toEqual({
      role: "user",
      content: [
        { type: "text", text: expect.anything() },
        IMAGE,
        { type: "text", text: "and now?" },
      ],
    });
  });

  test("Responses: in the result itself", () => {
    expect(inputItems([SHOT])).toEqual([
      {
        type: "function_call_output",
        call_id: "c1",
        output: [
          { type: "input_text", text: "a page" },
          { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
        ],
      },
    ]);
  });
});

describe("states of parts", () => {
  const sound = (expires_at: number): Message => ({
    role: "assistant",
    content: "hello",
    parts: [
      {
        type: "reasoning",
        text: "",
        state: { data: { api: "chat", fields: { audio: { id: "a1", expires_at } } } },
      },
      { type: "text", text: "hello" },
    ],
  });

  test("a sound goes back by its id as long as the server has it", () => {
    expect(chatMessages([sound(NOW / 1_000 + 60)], NOW)[0]).toMatchObject({ audio: { id: "a1" } });
    expect(chatMessages([sound(NOW / 1_000 - 60)], NOW)[0]).toEqual({
      role: "assistant",
      content: "hello",
    });
  });

  test("a picture of the model is shown to it with the next message", () => {
    const { type: _, ...data } = PNG;
    const made: Message = {
      role: "assistant",
      content: "",
      parts: [{ type: "file", ...data, state: { data: { api: "chat", isShown: true } } }],
    };
    expect(chatMessages([made, { role: "user", content: "now blue" }], NOW)).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: expect.anything() },
          IMAGE,
          { type: "text", text: "now blue" },
        ],
      },
    ]);
  });

  const foreign: Message = {
    role: "assistant",
    content: "hello",
    parts: [
      { type: "reasoning", text: "hm", state: { data: { api: "chat", texts: ["reasoning"] } } },
      { type: "text", text: "hello" },
    ],
  };
  const ofResponses: Message = {
    role: "assistant",
    content: "hello",
    parts: [
      {
        type: "reasoning",
        text: "hm",
        state: { data: { api: "responses", item: { type: "reasoning", id: "rs_1", summary: [] } } },
      },
      { type: "text", text: "hello" },
    ],
  };

  test("a state of the other API does not cross", () => {
    expect(inputItems([foreign])).toEqual([{ role: "assistant", content: "hello" }]);
    expect(chatMessages([CALLS, ofResponses], NOW)[1]).toEqual({
      role: "assistant",
      content: "hello",
    });
  });

  test.for([null, 5, "x", [], {}, { api: "chat", texts: 5, fields: [], around: ["x"], item: "y" }])(
    "a state that nobody made is left out: %j",
    (data) => {
      const odd = {
        role: "assistant",
        content: "a",
        parts: [{ type: "text", text: "a", state: { data } }],
      };
      const message = odd as unknown as Message;
      expect(chatMessages([message], NOW)).toEqual([{ role: "assistant", content: "a" }]);
      expect(inputItems([message])).toEqual([{ role: "assistant", content: "a" }]);
    },
  );
});
