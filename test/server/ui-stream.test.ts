import type { UIMessage } from "ai";
import { readUIMessageStream } from "ai";
import { describe, expect, test, vi } from "vitest";
import { defineTool } from "../../src/index.ts";
import { OTHER_TOKEN, serveApp, serveScripted } from "../support/server-app.ts";
import { readEvents } from "../support/server-client.ts";
import { startScripted } from "../support/supervisors.ts";
import { toolsOf } from "../support/tools.ts";
import { hasText, streamsHaveEnded, UIClient } from "../support/ui-chat.ts";

const COUNTING = { text: Array.from({ length: 200 }, (_, i) => `${i} `).join(""), chunks: 200 };

function user(text: string): UIMessage {
  return { id: "m1", role: "user", parts: [{ type: "text", text }] };
}

describe("POST /api/chat", () => {
  test("streams reasoning and text, with the usage as metadata", async () => {
    const served = await serveScripted([{ reasoning: "Let me think.", ...COUNTING }]);
    const chat = new UIClient(served).chat();
    await chat.sendMessage({ text: "count" });
    expect(chat.status).toBe("ready");
    expect(chat.messages).toHaveLength(2);
    expect(chat.lastParts).toMatchObject([
      { type: "step-start" },
      { type: "reasoning", text: "Let me think.", state: "done" },
      { type: "text", text: COUNTING.text, state: "done" },
    ]);
    const { metadata, id } = chat.lastMessage ?? {};
    expect(metadata).toMatchObject({ jobId: id, usage: { outputTokens: expect.any(Number) } });
    expect(chat.client.chunks.at(-1)).toMatchObject({ type: "finish", finishReason: "stop" });
  });

  test("says that it is a UI message stream, and how it ends", async () => {
    const served = await serveScripted([{ text: "hello" }]);
    const json = { id: "one", messages: [user("hi")], trigger: "submit-message" };
    const response = await served.request("/api/chat", { json });
    expect(response.headers.get("x-vercel-ai-ui-message-stream")).toBe("v1");
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(await response.text()).toMatch(/"type":"finish".*\n\ndata: \[DONE\]\n\n$/s);
  });

  test("is read by readUIMessageStream", async () => {
    const served = await serveScripted([COUNTING]);
    const { transport } = new UIClient(served);
    const stream = await transport.sendMessages({
      chatId: "one",
      messages: [user("count")],
      trigger: "submit-message",
      messageId: undefined,
      abortSignal: undefined,
    });
    let last: UIMessage | undefined;
    for await (const message of readUIMessageStream({ stream })) last = message;
    expect(last?.parts.at(-1)).toMatchObject({ type: "text", text: COUNTING.text });
  });

  test("shows tool calls: their arguments, results and errors, each step by itself", async () => {
    const toolCalls = [
      { name: "add", args: { a: 1, b: 2 } },
      { name: "add", args: { a: "one" } },
      { name: "add", argumentsText: '{"a": 1,' },
      { name: "nobody", args: {} },
    ];
    const agent = { tools: [toolsOf("calculator")] };
    const served = await serveScripted([{ text: "so", toolCalls }, { text: "done" }], { agent });
    const chat = new UIClient(served).chat();
    await chat.sendMessage({ text: "add" });
    const tool = { type: "dynamic-tool", toolName: "add" };
    expect(chat.lastParts).toMatchObject([
      { type: "step-start" },
      { type: "text", text: "so" },
      { ...tool, state: "output-available", input: { a: 1, b: 2 }, output: 3 },
      { ...tool, state: "output-error", input: { a: "one" }, errorText: expect.any(String) },
      { ...tool, state: "output-error", input: '{"a": 1,' },
      { type: "dynamic-tool", toolName: "nobody", state: "output-error" },
      { type: "step-start" },
      { type: "text", text: "done" },
    ]);
    expect(
      new Set(chat.lastParts.map((part) => "toolCallId" in part && part.toolCallId)).size,
    ).toBe(5);
  });

  test("shows progress as preliminary outputs, and JSON results as what they are", async () => {
    const search = defineTool({
      name: "search",
      parameters: { type: "object" },
      execute: (_args, ctx) => {
        ctx.progress({ found: 1 });
        return { hits: ["a", "b"] };
      },
    });
    const responses = [{ toolCalls: [{ name: "search", args: {} }] }, { text: "done" }];
    const served = await serveScripted(responses, { agent: { hostTools: [search] } });
    const chat = new UIClient(served).chat();
    await chat.sendMessage({ text: "search" });
    const outputs = chat.client.chunks.filter(({ type }) => type === "tool-output-available");
    expect(outputs).toMatchObject([
      { output: { found: 1 }, preliminary: true },
      { output: { hits: ["a", "b"] } },
    ]);
    expect(outputs[1]).not.toHaveProperty("preliminary");
    expect(chat.lastParts[1]).toMatchObject({ state: "output-available" });
  });

  test("tells a failure by its code", async () => {
    const served = await serveScripted([{ error: { status: 400, message: "no" }, text: "So" }]);
    const chat = new UIClient(served).chat();
    await chat.sendMessage({ text: "hi" });
    expect(chat.status).toBe("error");
    expect(chat.error?.message).toMatch(/^PROVIDER_[A-Z_]+: /);
    expect(chat.lastParts).toMatchObject([{}, { type: "text", text: "So", state: "done" }]);
  });

  test("gives the model the client's conversation, not what the worker has seen", async () => {
    const served = await serveScripted([{ text: "first" }, { text: "second" }]);
    const chat = new UIClient(served).chat();
    await chat.sendMessage({ text: "one" });
    await chat.regenerate();
    expect(chat.messages).toHaveLength(2);
    expect(chat.text).toBe("second");
    await chat.sendMessage({ text: "edited", messageId: chat.messages[0]?.id ?? "" });
    const calls = await served.supervisor.scripted("main").calls();
    expect(calls.map(({ request }) => request.messages)).toEqual([
      [{ role: "user", content: "one" }],
      [{ role: "user", content: "one" }],
      [{ role: "user", content: "edited" }],
    ]);
    expect(new Set(calls.map(({ workerId }) => workerId)).size).toBe(1);
  });

  test("a new message cancels the turn that still runs", async () => {
    const stalled = { text: "I was about to ", stall: true } as const;
    const served = await serveScripted([stalled, { text: "second" }]);
    const client = new UIClient(served);
    const chat = client.chat();
    const first = chat.sendMessage({ text: "one" });
    await hasText(chat);
    const { jobId } = chat;
    await chat.stop();
    await first;
    await chat.sendMessage({ text: "two" });
    expect(chat.text).toBe("second");
    const log = await readEvents(await served.request(`/api/jobs/${jobId}/events`));
    expect(log.events.at(-1)).toMatchObject({ type: "cancelled" });
    const calls = await served.supervisor.scripted("main").calls();
    expect(calls.at(-1)?.request.messages).toEqual([
      { role: "user", content: "one" },
      { role: "assistant", content: "I was about to " },
      { role: "user", content: "two" },
    ]);
  });

  test("takes the agent by its name, and the only one without", async () => {
    const { supervisor } = await startScripted([{ text: "hello" }]);
    const served = await serveApp({ supervisor, agents: { one: {}, two: {} } });
    const named = new UIClient(served, { agent: "two" }).chat();
    await named.sendMessage({ text: "hi" });
    expect(named.text).toBe("hello");
    const json = { id: "a", messages: [user("hi")] };
    const without = await served.request("/api/chat", { json });
    expect(without.status).toBe(400);
    expect(await without.json()).toMatchObject({ error: { details: { field: "agent" } } });
    const unknown = await served.request("/api/chat", { json: { ...json, agent: "three" } });
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ error: { code: "UNKNOWN_AGENT" } });
  });

  test.for([
    [{ messages: [user("hi")] }, "id"],
    [{ id: "a", messages: [] }, "messages"],
    [{ id: "a", messages: [{ role: "system", parts: [] }] }, "messages.0.role"],
    [{ id: "a", messages: [{ role: "user", parts: [] }] }, "messages.0.parts"],
    [
      { id: "a", messages: [{ role: "user", parts: [{ type: "text" }] }] },
      "messages.0.parts.0.text",
    ],
    [
      {
        id: "a",
        messages: [
          { role: "user", parts: [{ type: "file", mediaType: "image/png", url: "file:///etc" }] },
        ],
      },
      "messages.0.parts.0.url",
    ],
    [
      { id: "a", messages: [{ role: "assistant", parts: [{ type: "tool-add" }] }, user("hi")] },
      "messages.0.parts.0.toolCallId",
    ],
    [
      { id: "a", messages: [{ role: "assistant", parts: [{ type: "text", text: "hi" }] }] },
      "messages.0",
    ],
  ] as const)("refuses %j, naming %s", async ([json, field]) => {
    const served = await serveScripted([{ text: "hello" }]);
    const response = await served.request("/api/chat", { json });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "INVALID_INPUT", details: { field } },
    });
    expect(served.supervisor.inspect().sessions.flatMap(({ workers }) => workers)).toEqual([]);
  });

  test("chats beyond workersPerSession take the place of the one that was used longest ago", async () => {
    const limits = { workersPerSession: 2 };
    const served = await serveScripted([{ text: "hello" }], { limits });
    const client = new UIClient(served);
    for (const id of ["a", "b", "c"]) {
      const chat = client.chat({ id });
      await chat.sendMessage({ text: "hi" });
      expect(chat.text).toBe("hello");
    }
    const workers = served.supervisor.inspect().sessions.flatMap((session) => session.workers);
    expect(workers.filter(({ state }) => state === "idle")).toHaveLength(2);
  });

  test("a chat that is answered keeps its place", async () => {
    const served = await serveScripted([{ stall: true }], { limits: { workersPerSession: 1 } });
    const busy = new UIClient(served).chat({ id: "a" });
    void busy.sendMessage({ text: "hi" });
    await vi.waitFor(() => expect(busy.client.chunks).not.toEqual([]), { timeout: 30_000 });
    const json = { id: "b", messages: [user("hi")] };
    const refused = await served.request("/api/chat", { json });
    expect(refused.status).toBe(429);
    await busy.stop();
  });

  test("a tenant with chats that rest is idle: another may take its session's place", async () => {
    const served = await serveScripted([{ text: "hello" }], { limits: { sessions: 1 } });
    const alice = new UIClient(served).chat();
    await alice.sendMessage({ text: "hi" });
    await streamsHaveEnded(served);
    const bob = new UIClient(served, { token: OTHER_TOKEN }).chat();
    await bob.sendMessage({ text: "hi" });
    expect(bob.text).toBe("hello");
  });
});
