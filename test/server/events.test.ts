import { connect } from "node:net";
import { describe, expect, test, vi } from "vitest";
import type { JobEvent } from "../../src/index.ts";
import { serveScripted, TOKEN } from "../support/server-app.ts";
import { readEvents, startJob } from "../support/server-client.ts";

const COUNTING = { text: Array.from({ length: 400 }, (_, i) => `${i} `).join(""), chunks: 400 };

describe("GET /api/jobs/:id/events", () => {
  test("streams the whole log, with its seq as ids", async () => {
    const served = await serveScripted([COUNTING]);
    const { id } = await startJob(served);
    const { events, lastId } = await readEvents(await served.request(`/api/jobs/${id}/events`));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
    expect(events.at(-1)).toMatchObject({ type: "completed", result: { text: COUNTING.text } });
    expect(lastId).toBe(String(events.length - 1));
  });

  test("goes on behind Last-Event-ID after its connection was killed, without loss or repetition", async () => {
    const served = await serveScripted([{ ...COUNTING, chunksPerSecond: 800 }]);
    const { id } = await startJob(served);
    const all: JobEvent[] = [];
    let lastId: string | undefined;
    let connections = 0;
    while (all.at(-1)?.type !== "completed") {
      const headers = lastId === undefined ? {} : { "last-event-id": lastId };
      const response = await served.request(`/api/jobs/${id}/events`, { headers });
      const got = await readEvents(response, (events) => events.length >= 40);
      all.push(...got.events);
      lastId = got.lastId ?? lastId;
      connections += 1;
    }
    expect(connections).toBeGreaterThan(3);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i));
  });

  test("a client that leaves cancels nothing", async () => {
    const served = await serveScripted([{ ...COUNTING, chunksPerSecond: 2_000 }]);
    const { id } = await startJob(served);
    await readEvents(await served.request(`/api/jobs/${id}/events`), (events) => events.length > 2);
    const { events } = await readEvents(await served.request(`/api/jobs/${id}/events`));
    expect(events.at(-1)?.type).toBe("completed");
  });

  test("a client that does not read holds up nobody, and is cut off after unreadMs", async () => {
    const text = "x".repeat(6_000_000);
    const served = await serveScripted([{ text, chunks: 3_000 }], { limits: { unreadMs: 700 } });
    const { id } = await startJob(served);
    const paused = connect(Number(new URL(served.url).port), "127.0.0.1");
    const closed = new Promise<void>((resolve) => paused.once("close", () => resolve()));
    paused.on("error", () => {});
    paused.write(
      `GET /api/jobs/${id}/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`,
    );
    await new Promise((resolve) => paused.once("readable", resolve));
    const { events } = await readEvents(await served.request(`/api/jobs/${id}/events`));
    expect(events.at(-1)).toMatchObject({ type: "completed" });
    await vi.waitFor(() => expect(served.app.openStreams).toBe(0), { timeout: 30_000 });
    // Only a socket that is read is told of its end.
    paused.resume();
    await closed;
  });

  test("sends comments while nothing happens", async () => {
    const served = await serveScripted([{ stall: true }], { limits: { heartbeatMs: 50 } });
    const { id } = await startJob(served);
    const response = await served.request(`/api/jobs/${id}/events`);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = "";
    while (!text.endsWith(": \n\n: \n\n")) {
      const { value } = await reader.read();
      text += new TextDecoder().decode(value);
    }
    await reader.cancel();
  });
});
