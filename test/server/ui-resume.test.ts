import { describe, expect, test } from "vitest";
import type { ServedApp } from "../support/server-app.ts";
import { OTHER_TOKEN, serveScripted } from "../support/server-app.ts";
import type { UIChat } from "../support/ui-chat.ts";
import { gate, hasText, jobHasEnded, streamsHaveEnded, UIClient } from "../support/ui-chat.ts";

const COUNTING = { text: Array.from({ length: 100 }, (_, i) => `${i} `).join(""), chunks: 100 };

/** An app whose answers take until the gate is opened: they can be interrupted in mid-stream, and not too late. */
async function serveGated() {
  const { tool, open } = gate();
  const toolCalls = [{ name: "gate", args: {} }];
  const served = await serveScripted(
    [{ reasoning: "Well.", ...COUNTING, chunksPerSecond: 200, toolCalls }, { text: "done" }],
    { agent: { hostTools: [tool] } },
  );
  return { served, open };
}

/** A chat whose connection was killed in the middle of its answer. */
async function interrupted(served: ServedApp): Promise<UIChat> {
  const chat = new UIClient(served).chat({ id: "a" });
  const sent = chat.sendMessage({ text: "count" });
  await hasText(chat);
  chat.client.cut();
  await sent;
  await streamsHaveEnded(served);
  expect(chat.status).toBe("error");
  expect(chat.text).not.toContain("done");
  return chat;
}

describe("GET /api/chat/:id/stream", () => {
  test.for(["the same client", "a page that was loaded anew"])(
    "a stream whose connection was killed is shown whole to %s",
    async (who) => {
      const { served, open } = await serveGated();
      const first = await interrupted(served);
      const messages = first.messages.slice(0, 1);
      const again =
        who === "the same client" ? first : new UIClient(served).chat({ id: "a", messages });
      const undisturbed = new UIClient(served).chat({ id: "b" });
      const both = [again.resumeStream(), undisturbed.sendMessage({ text: "count" })];
      await Promise.all([hasText(again), hasText(undisturbed)]);
      open();
      await Promise.all(both);
      expect(again.status).toBe("ready");
      expect(again.messages).toHaveLength(2);
      expect(again.lastMessage?.id).toBe(first.lastMessage?.id);
      expect(again.text).toBe(`${COUNTING.text}done`);
      expect(again.lastParts).toEqual(undisturbed.lastParts);
    },
  );

  test("two see the same turn", async () => {
    const { served, open } = await serveGated();
    const one = new UIClient(served).chat({ id: "a" });
    const sent = one.sendMessage({ text: "count" });
    await hasText(one);
    const two = new UIClient(served).chat({ id: "a", messages: one.messages.slice(0, 1) });
    const resumed = two.resumeStream();
    await hasText(two);
    open();
    await Promise.all([sent, resumed]);
    expect(two.lastMessage).toEqual(one.lastMessage);
    expect(two.text).toBe(`${COUNTING.text}done`);
  });

  test("an answer that nobody has read to its end is shown after it, once", async () => {
    const { served, open } = await serveGated();
    const first = await interrupted(served);
    open();
    await jobHasEnded(served, first);
    const second = new UIClient(served).chat({ id: "a", messages: first.messages.slice(0, 1) });
    await second.resumeStream();
    expect(second.text).toBe(`${COUNTING.text}done`);
    await streamsHaveEnded(served);
    await second.resumeStream();
    expect(second.client.statuses).toEqual([200, 204]);
    expect(second.text).toBe(`${COUNTING.text}done`);
  });

  test("204 for a chat that was answered, and for one that is not known", async () => {
    const served = await serveScripted([{ text: "hello" }]);
    const chat = new UIClient(served).chat({ id: "a/b" });
    await chat.sendMessage({ text: "hi" });
    await streamsHaveEnded(served);
    await chat.resumeStream();
    await chat.client.chat({ id: "unknown" }).resumeStream();
    expect(chat.client.statuses).toEqual([200, 204, 204]);
    expect(chat.text).toBe("hello");
  });
});

describe("POST /api/chat/:id/cancel", () => {
  test("really stops the turn, and its streams say so", async () => {
    const served = await serveScripted([
      { text: "and on and on ", endless: true, chunksPerSecond: 100 },
    ]);
    const chat = new UIClient(served).chat({ id: "a" });
    const sent = chat.sendMessage({ text: "go" });
    await hasText(chat);
    const response = await served.request("/api/chat/a/cancel", { method: "POST" });
    expect(response.status).toBe(204);
    expect(served.supervisor.inspect().sessions.flatMap(({ jobs }) => jobs)).toEqual([]);
    await sent;
    expect(chat.status).toBe("ready");
    expect(chat.client.chunks.at(-1)).toMatchObject({ type: "abort" });
    expect(chat.lastParts.at(-1)).toMatchObject({ type: "text", state: "done" });
    const again = await served.request("/api/chat/a/cancel", { method: "POST" });
    expect(again.status).toBe(204);
  });

  test("a chat of another tenant is like one that there is not", async () => {
    const served = await serveScripted([{ stall: true, text: "a secret, and so on" }]);
    const alice = new UIClient(served).chat({ id: "a" });
    const sent = alice.sendMessage({ text: "go" });
    await hasText(alice);
    const as = async (path: string, method = "POST") => {
      const response = await served.request(path, { method, token: OTHER_TOKEN });
      return [response.status, await response.text()];
    };
    expect(await as("/api/chat/a/cancel")).toEqual(await as("/api/chat/unknown/cancel"));
    expect((await as("/api/chat/a/cancel"))[0]).toBe(404);
    expect(await as("/api/chat/a/stream", "GET")).toEqual([204, ""]);
    expect(alice.status).toBe("streaming");
    await served.request("/api/chat/a/cancel", { method: "POST" });
    await sent;
  });
});
