import type { UIMessage } from "ai";
import { describe, expect, test, vi } from "vitest";
import { OTHER_TOKEN } from "../support/server-app.ts";
import { readEvents } from "../support/server-client.ts";
import {
  AUTOMATIC,
  asked,
  chatThatAsks,
  SEND,
  serveGuarded,
  settled,
} from "../support/ui-approvals.ts";
import { jobHasEnded, streamsHaveEnded, UIClient } from "../support/ui-chat.ts";

describe("approvals of a UI message stream", () => {
  test("the stream ends at the question, and goes on as the same message when it is approved", async () => {
    const served = await serveGuarded();
    const chat = await chatThatAsks(served);
    expect(chat.client.chunks.at(-1)).toMatchObject({ type: "finish", finishReason: "tool-calls" });
    expect(served.called).toEqual([]);
    const [first, seen] = [chat.lastMessage?.id, chat.client.chunks.length];
    await chat.addToolApprovalResponse({ id: asked(chat)[0] ?? "", approved: true });
    await settled(chat, "It was sent.");
    expect(served.called).toEqual([{ to: "bob" }]);
    expect(chat.messages).toHaveLength(2);
    expect(chat.lastMessage?.id).toBe(first);
    expect(chat.lastParts).toMatchObject([
      { type: "step-start" },
      { type: "text", text: "I will send it." },
      {
        state: "output-available",
        input: { to: "bob" },
        output: "sent",
        approval: { approved: true },
      },
      { type: "step-start" },
      { type: "text", text: "It was sent." },
    ]);
    const types = chat.client.chunks.slice(seen).map(({ type }) => type);
    expect(types.slice(0, 3)).toEqual(["start", "tool-approval-response", "tool-output-available"]);
    const calls = await served.supervisor.scripted("main").calls();
    expect(new Set(calls.map(({ jobId }) => jobId)).size).toBe(1);
  });

  test("a denial and its reason reach the model", async () => {
    const served = await serveGuarded();
    const chat = await chatThatAsks(served);
    const [id = ""] = asked(chat);
    await chat.addToolApprovalResponse({ id, approved: false, reason: "not to bob" });
    await settled(chat, "It was sent.");
    expect(served.called).toEqual([]);
    expect(chat.lastParts[2]).toMatchObject({
      state: "output-denied",
      approval: { approved: false, reason: "not to bob" },
    });
    const calls = await served.supervisor.scripted("main").calls();
    expect(JSON.stringify(calls.at(-1)?.request.messages)).toContain("not to bob");
  });

  test("of two calls only one is asked about, and the other has ended by then", async () => {
    const toolCalls = [SEND, { name: "look", args: {} }];
    const served = await serveGuarded([{ toolCalls }, { text: "It was sent." }]);
    const chat = await chatThatAsks(served);
    expect(chat.lastParts).toMatchObject([
      { type: "step-start" },
      { toolName: "send", state: "approval-requested" },
      { toolName: "look", state: "output-available", output: "seen" },
    ]);
    await chat.addToolApprovalResponse({ id: asked(chat)[0] ?? "", approved: true });
    await settled(chat, "It was sent.");
    expect(chat.lastParts[1]).toMatchObject({ state: "output-available", output: "sent" });
  });

  test("of two questions each is answered as it was", async () => {
    const toolCalls = [SEND, { name: "send", args: { to: "eve" } }];
    const served = await serveGuarded([{ toolCalls }, { text: "It was sent." }]);
    const chat = new UIClient(served).chat(AUTOMATIC);
    await chat.sendMessage({ text: "send both" });
    const [bob = "", eve = ""] = asked(chat);
    await chat.addToolApprovalResponse({ id: eve, approved: false });
    expect(served.called).toEqual([]);
    await chat.addToolApprovalResponse({ id: bob, approved: true });
    await settled(chat, "It was sent.");
    expect(served.called).toEqual([{ to: "bob" }]);
    expect(chat.lastParts).toMatchObject([
      {},
      { state: "output-available", output: "sent" },
      { state: "output-denied" },
      { type: "step-start" },
      { type: "text" },
    ]);
  });

  test("a page that was loaded anew can answer, and one that was loaded before the question sees it", async () => {
    const served = await serveGuarded();
    const before = await chatThatAsks(served);
    await streamsHaveEnded(served);
    const { messages } = before;
    const after = new UIClient(served).chat({ ...AUTOMATIC, messages });
    await after.resumeStream();
    expect(after.client.statuses).toEqual([204]);
    await after.addToolApprovalResponse({ id: asked(after)[0] ?? "", approved: true });
    await settled(after, "It was sent.");
    await jobHasEnded(served, after);
    await streamsHaveEnded(served);
    expect(served.called).toEqual([{ to: "bob" }]);
  });

  test("a question that nobody was told of to its end is asked again by the stream", async () => {
    const toolCalls = [SEND, { name: "gate", args: {} }];
    const served = await serveGuarded([{ toolCalls }, { text: "It was sent." }]);
    const json = {
      id: "a",
      messages: [{ id: "m1", role: "user", parts: [{ type: "text", text: "send it" }] }],
    };
    const controller = new AbortController();
    const lost = await served.request("/api/chat", { json, signal: controller.signal });
    expect(lost.status).toBe(200);
    controller.abort();
    await streamsHaveEnded(served);
    served.open();
    await vi.waitFor(() => expect(served.session().confirmations.size).toBe(1), {
      timeout: 30_000,
    });
    const messages = json.messages as UIMessage[];
    const chat = new UIClient(served).chat({ ...AUTOMATIC, messages });
    await chat.resumeStream();
    expect(asked(chat)).toEqual([...served.session().confirmations.keys()]);
    await chat.addToolApprovalResponse({ id: asked(chat)[0] ?? "", approved: true });
    await settled(chat, "It was sent.");
  });

  test("what was decided on another road is shown by the stream, whole", async () => {
    const served = await serveGuarded();
    const chat = await chatThatAsks(served);
    await streamsHaveEnded(served);
    served.session().decide(asked(chat)[0] ?? "", { deny: "no" });
    await chat.resumeStream();
    expect(chat.messages).toHaveLength(2);
    expect(chat.text).toBe("I will send it.It was sent.");
    expect(chat.lastParts[2]).toMatchObject({
      state: "output-denied",
      approval: { approved: false, reason: "no" },
    });
  });

  test("arguments that were edited on another road are shown", async () => {
    const served = await serveGuarded();
    const chat = await chatThatAsks(served);
    await streamsHaveEnded(served);
    served.session().decide(asked(chat)[0] ?? "", { edit: { to: "carol" } });
    await chat.resumeStream();
    expect(served.called).toEqual([{ to: "carol" }]);
    expect(chat.lastParts[2]).toMatchObject({
      state: "output-available",
      input: { to: "carol" },
      approval: { approved: true },
    });
  });

  test("an answer that comes too late is shown what has become of the call", async () => {
    const served = await serveGuarded();
    const chat = await chatThatAsks(served);
    const [id = ""] = asked(chat);
    served.session().decide(id, { deny: "no" });
    await jobHasEnded(served, chat);
    await chat.addToolApprovalResponse({ id, approved: true });
    await settled(chat, "It was sent.");
    expect(served.called).toEqual([]);
    expect(chat.lastParts[2]).toMatchObject({
      state: "output-denied",
      approval: { approved: false, reason: "no" },
    });
  });

  test("a continuation whose connection was killed is shown whole", async () => {
    const served = await serveGuarded([
      { text: "I will send it.", toolCalls: [SEND] },
      { text: "It is on its way.", toolCalls: [{ name: "gate", args: {} }] },
      { text: "It was sent." },
    ]);
    const chat = await chatThatAsks(served);
    await chat.addToolApprovalResponse({ id: asked(chat)[0] ?? "", approved: true });
    await vi.waitFor(() => expect(chat.text).toContain("on its way"), { timeout: 30_000 });
    chat.client.cut();
    await vi.waitFor(() => expect(chat.status).toBe("error"), { timeout: 30_000 });
    const resumed = chat.resumeStream();
    served.open();
    await resumed;
    expect(chat.messages).toHaveLength(2);
    expect(chat.text).toBe("I will send it.It is on its way.It was sent.");
    expect(chat.lastParts).toHaveLength(8);
    expect(chat.lastParts[2]).toMatchObject({
      state: "output-available",
      approval: { approved: true },
    });
  });

  test("a user's message in place of an answer cancels the turn, and history stays valid", async () => {
    const served = await serveGuarded([
      { text: "I will send it.", toolCalls: [SEND] },
      { text: "Never mind, then." },
    ]);
    const chat = await chatThatAsks(served);
    const { jobId } = chat;
    await chat.sendMessage({ text: "forget it" });
    expect(chat.text).toBe("Never mind, then.");
    const { events } = await readEvents(await served.request(`/api/jobs/${jobId}/events`));
    expect(events.at(-1)).toMatchObject({ type: "cancelled" });
    expect(served.called).toEqual([]);
    const calls = await served.supervisor.scripted("main").calls();
    const messages = calls.at(-1)?.request.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "user"]);
    expect(messages[2]).toMatchObject({ toolName: "send", isError: true });
  });

  test("an approval that is not this chat's, or not this tenant's, is not known", async () => {
    const served = await serveGuarded();
    const chat = await chatThatAsks(served);
    const [id = ""] = asked(chat);
    const parts = [
      {
        type: "dynamic-tool",
        toolName: "send",
        toolCallId: "c",
        state: "approval-responded",
        input: {},
        approval: { id, approved: true },
      },
    ];
    const json = { id: "a", messages: [{ id: "m", role: "assistant", parts }] };
    const foreign = await served.request("/api/chat", { json, token: OTHER_TOKEN });
    const other = await served.request("/api/chat", { json: { ...json, id: "b" } });
    const bodies = [await foreign.text(), await other.text()];
    expect([foreign.status, other.status]).toEqual([404, 404]);
    expect(bodies[0]).toBe(bodies[1]);
    expect(bodies[0]).toContain("UNKNOWN_CONFIRMATION");
    expect(served.called).toEqual([]);
    expect([...served.session().confirmations.keys()]).toEqual([id]);
  });

  test("a cancel while it waits ends the turn", async () => {
    const served = await serveGuarded();
    const chat = await chatThatAsks(served);
    await streamsHaveEnded(served);
    const response = await served.request("/api/chat/a/cancel", { method: "POST" });
    expect(response.status).toBe(204);
    await chat.resumeStream();
    expect(chat.client.chunks.at(-1)).toMatchObject({ type: "abort" });
    expect(chat.lastParts[2]).toMatchObject({ state: "output-denied" });
  });
});
