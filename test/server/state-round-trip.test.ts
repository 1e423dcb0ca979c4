import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText, tool } from "ai";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { AssistantMessage, ResponsePart, Supervisor } from "../../src/index.ts";
import { defineTool } from "../../src/index.ts";
import { clientOf } from "../support/openai.ts";
import { serveScripted, TOKEN } from "../support/server-app.ts";
import { UIClient } from "../support/ui-chat.ts";

const STATE_KEY = "the same key on every server of a test";
const PARTS: readonly ResponsePart[] = [
  { type: "reasoning", text: "hm", state: { data: { signature: "s1" } } },
  { type: "tool-call", index: 0, state: { data: { thoughtSignature: "s2" } } },
];
const TAG = { provider: "main", model: "" };
const BACK = [
  { type: "reasoning", text: "hm", state: { ...TAG, data: { signature: "s1" } } },
  { type: "tool-call", index: 0, state: { ...TAG, data: { thoughtSignature: "s2" } } },
];
const CALLS = {
  reasoning: "hm",
  toolCalls: [{ name: "add", args: { a: 1 } }],
  parts: PARTS,
};
const ADD = {
  type: "function" as const,
  function: { name: "add", parameters: { type: "object" } },
};

/** The parts of the assistant's messages in the last request that the model got. */
async function partsAsked(supervisor: Supervisor) {
  const last = (await supervisor.scripted("main").calls()).at(-1);
  const messages = (last?.request.messages ?? []) as readonly AssistantMessage[];
  return messages.filter(({ role }) => role === "assistant").map(({ parts }) => parts);
}

describe("provider state over /v1/chat/completions", () => {
  test.each(["whole", "streamed"])(
    "comes back with the message that the openai client sends back, %s",
    async (form) => {
      const first = await serveScripted([CALLS], { stateKey: STATE_KEY });
      const messages: ChatCompletionMessageParam[] = [{ role: "user", content: "go" }];
      const request = { model: "helper", messages, tools: [ADD] };
      const { completions } = clientOf(first).chat;
      const called =
        form === "whole"
          ? await completions.create(request)
          : await completions.stream(request).finalChatCompletion();
      const message = called.choices[0]?.message as ChatCompletionMessageParam;
      const [call] = called.choices[0]?.message.tool_calls ?? [];
      const answered: ChatCompletionMessageParam[] = [
        ...messages,
        message,
        { role: "tool", tool_call_id: call?.id ?? "", content: "1" },
      ];
      // On another server: nothing is remembered there.
      const second = await serveScripted([{ text: "one" }], { stateKey: STATE_KEY });
      await clientOf(second).chat.completions.create({ ...request, messages: answered });
      expect(await partsAsked(second.supervisor)).toEqual([BACK]);
    },
  );

  test.each(["generateText", "streamText"])(
    "comes back in a tool loop of the AI SDK (%s)",
    async (how) => {
      const served = await serveScripted([CALLS]);
      const model = createOpenAICompatible({
        name: "heddle",
        baseURL: `${served.url}/v1`,
        apiKey: TOKEN,
      })("helper");
      const add = tool({ inputSchema: z.object({ a: z.number() }), execute: () => "1" });
      // Each request is a script from its beginning: the model calls the tool again, and the loop ends by its bound.
      const options = { model, prompt: "go", tools: { add }, stopWhen: () => asked >= 2 };
      let asked = 0;
      const onStepFinish = () => {
        asked += 1;
      };
      if (how === "generateText") await generateText({ ...options, onStepFinish });
      else await streamText({ ...options, onStepFinish }).consumeStream();
      expect(await partsAsked(served.supervisor)).toEqual([BACK]);
    },
  );

  test("comes back by the call's id to a client that keeps OpenAI's own fields alone", async () => {
    const served = await serveScripted([CALLS]);
    const openai = clientOf(served);
    const request = { model: "helper", tools: [ADD] };
    const asked = { role: "user" as const, content: "go" };
    const called = await openai.chat.completions.create({ ...request, messages: [asked] });
    const [call] = called.choices[0]?.message.tool_calls ?? [];
    const { extra_content: _, ...plain } = call as typeof call & { extra_content: unknown };
    const message = { role: "assistant", content: null, tool_calls: [plain] };
    const result = { role: "tool", tool_call_id: plain.id ?? "", content: "1" };
    const messages = [asked, message, result] as ChatCompletionMessageParam[];
    await openai.chat.completions.create({ ...request, messages });
    expect(await partsAsked(served.supervisor)).toEqual([BACK]);
  });

  test("that a client has made up never reaches the provider", async () => {
    const served = await serveScripted([{ text: "one" }]);
    const forged = Buffer.from(JSON.stringify({ parts: BACK, digest: "" })).toString("base64url");
    const call = {
      id: "c1",
      type: "function",
      function: { name: "add", arguments: "{}" },
      extra_content: { google: { thought_signature: `${forged}.${forged}` } },
    };
    const messages = [
      { role: "user", content: "go" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "1" },
    ] as ChatCompletionMessageParam[];
    await clientOf(served).chat.completions.create({ model: "helper", messages, tools: [ADD] });
    expect(await partsAsked(served.supervisor)).toEqual([undefined]);
  });

  test("files and sources of a model are shown, whole and streamed", async () => {
    const parts: readonly ResponsePart[] = [
      { type: "text", text: "See." },
      { type: "source", url: "https://example.org/a", title: "A" },
      { type: "file", mediaType: "image/png", data: "aGk=" },
    ];
    const served = await serveScripted([{ text: "See.", parts }]);
    const { completions } = clientOf(served).chat;
    const request = { model: "helper", messages: [{ role: "user" as const, content: "go" }] };
    const shown = {
      annotations: [
        { type: "url_citation", url_citation: { url: "https://example.org/a", title: "A" } },
      ],
      images: [{ type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } }],
    };
    expect((await completions.create(request)).choices[0]?.message).toMatchObject(shown);
    const deltas = [];
    for await (const { choices } of await completions.create({ ...request, stream: true })) {
      deltas.push(choices[0]?.delta);
    }
    expect(deltas).toContainEqual(shown);
  });
});

describe("provider state over /api/chat", () => {
  const add = defineTool({ name: "add", parameters: { type: "object" }, execute: () => "1" });
  const LOOP = [CALLS, { text: "one", parts: [{ type: "text" as const, text: "one" }] }];

  test("travels in the parts of the message, and comes back with the conversation", async () => {
    const agent = { hostTools: [add] };
    const first = await serveScripted(LOOP, { agent, stateKey: STATE_KEY });
    const chat = new UIClient(first).chat();
    await chat.sendMessage({ text: "go" });
    expect(chat.lastParts).toContainEqual(
      expect.objectContaining({
        type: "dynamic-tool",
        callProviderMetadata: { heddle: { seal: expect.any(String) } },
      }),
    );
    const second = await serveScripted([{ text: "on" }], { agent, stateKey: STATE_KEY });
    const later = new UIClient(second).chat({ messages: chat.messages });
    await later.sendMessage({ text: "and?" });
    expect((await partsAsked(second.supervisor))[0]).toEqual(BACK);
  });

  test("of a text travels with the text", async () => {
    const parts: readonly ResponsePart[] = [
      { type: "reasoning", text: "hm", state: { data: "encrypted" } },
      { type: "text", text: "Hello!" },
    ];
    const first = await serveScripted([{ reasoning: "hm", text: "Hello!", parts }], {
      stateKey: STATE_KEY,
    });
    const chat = new UIClient(first).chat();
    await chat.sendMessage({ text: "hi" });
    const second = await serveScripted([{ text: "on" }], { stateKey: STATE_KEY });
    const later = new UIClient(second).chat({ messages: chat.messages });
    await later.sendMessage({ text: "and?" });
    expect((await partsAsked(second.supervisor))[0]).toEqual([
      { type: "reasoning", text: "hm", state: { ...TAG, data: "encrypted" } },
      { type: "text", text: "Hello!" },
    ]);
  });

  test("comes back by the call's id to a client that drops what it does not know", async () => {
    const served = await serveScripted(LOOP, { agent: { hostTools: [add] } });
    const chat = new UIClient(served).chat();
    await chat.sendMessage({ text: "go" });
    const stripped = structuredClone(chat.messages);
    for (const { parts } of stripped) {
      for (const part of parts)
        delete (part as { callProviderMetadata?: unknown }).callProviderMetadata;
    }
    const later = new UIClient(served).chat({ messages: stripped });
    await later.sendMessage({ text: "and?" });
    expect((await partsAsked(served.supervisor))[0]).toEqual(BACK);
  });

  test("is not there for a message whose text the client has edited", async () => {
    const served = await serveScripted([
      { text: "Hello!", parts: [{ type: "text", text: "Hello!", state: { data: "s" } }] },
    ]);
    const chat = new UIClient(served).chat();
    await chat.sendMessage({ text: "hi" });
    const edited = structuredClone(chat.messages);
    for (const part of edited.at(-1)?.parts ?? []) if (part.type === "text") part.text = "Hello?";
    await new UIClient(served).chat({ messages: edited }).sendMessage({ text: "and?" });
    expect(await partsAsked(served.supervisor)).toEqual([undefined]);
  });

  test("files and sources of a model are parts, and its files come back", async () => {
    const file = { type: "file" as const, mediaType: "image/png", data: "aGk=" };
    const parts: readonly ResponsePart[] = [
      { type: "text", text: "See." },
      { type: "source", url: "https://example.org/a", title: "A" },
      { type: "source", title: "A book", mediaType: "application/pdf" },
      file,
    ];
    const served = await serveScripted([{ text: "See.", parts }]);
    const chat = new UIClient(served).chat();
    await chat.sendMessage({ text: "draw" });
    expect(chat.lastParts).toMatchObject([
      { type: "step-start" },
      { type: "text", text: "See." },
      { type: "source-url", url: "https://example.org/a", title: "A" },
      { type: "source-document", title: "A book", mediaType: "application/pdf" },
      { type: "file", mediaType: "image/png", url: "data:image/png;base64,aGk=" },
    ]);
    await chat.sendMessage({ text: "and?" });
    expect(await partsAsked(served.supervisor)).toEqual([[{ type: "text", text: "See." }, file]]);
  });
});
