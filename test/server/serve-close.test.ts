import { describe, expect, test, vi } from "vitest";
import { defineTool } from "../../src/index.ts";
import { startServer } from "../../src/server/api.ts";
import { RawClient } from "../support/raw-client.ts";
import type { StartedServer } from "../support/running-server.ts";
import { startTestServer } from "../support/running-server.ts";
import { TOKEN } from "../support/server-app.ts";
import { readEvents, startJob } from "../support/server-client.ts";

const AS_ALICE = ["host: localhost", `authorization: Bearer ${TOKEN}`];
type Confirmations = { readonly confirmations: readonly { readonly confirmationId: string }[] };
const ENDLESS = { text: "on and on ", endless: true, chunksPerSecond: 100 };

/** A stream that has shown its first chunk. */
async function openStream(started: StartedServer) {
  const { id } = await startJob({ ...started, url: started.server.url });
  const response = await started.request(`/api/jobs/${id}/events`);
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const ended = readEvents(response, (events) => {
    if (events.at(-1)?.type === "chunk") resolve();
    return false;
  });
  await begun;
  return { id, ended };
}

describe("close()", () => {
  test("lets running jobs end; each stream gets its terminal event, and the port is free", async () => {
    const text = Array.from({ length: 300 }, (_, i) => `${i} `).join("");
    const started = await startTestServer([{ text, chunks: 300, chunksPerSecond: 300 }]);
    const { app, server, supervisor } = started;
    const streams = await Promise.all([1, 2, 3].map(() => openStream(started)));
    await server.close({ drainMs: 60_000 });
    for (const { ended } of streams) {
      expect((await ended).events.at(-1)).toMatchObject({ type: "completed", result: { text } });
    }
    await expect(fetch(server.url)).rejects.toThrow();
    const again = await startServer(app, { port: server.port });
    await again.close({ drainMs: 0 });
    const session = supervisor.openSession();
    expect(await session.run({}, { prompt: "still there?" }).wait()).toMatchObject({ text });
  });

  test("cancels what has not ended within drainMs, and its stream says so", async () => {
    const started = await startTestServer([ENDLESS]);
    const { ended } = await openStream(started);
    await started.server.close({ drainMs: 50 });
    expect((await ended).events.at(-1)).toMatchObject({ type: "cancelled" });
  });

  test("answers requests while jobs may end, but begins nothing new", async () => {
    const started = await startTestServer([ENDLESS]);
    const { server, request } = started;
    const { id, ended } = await openStream(started);
    const closed = server.close({ drainMs: 60_000 });
    const refused = await request("/api/workers", { json: { agent: "helper" } });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ error: { code: "DRAINING" } });
    const late = await readEvents(
      await request(`/api/jobs/${id}/events`),
      (events) => events.length > 3,
    );
    expect(late.events[0]).toMatchObject({ seq: 0 });
    // Called again, it may end sooner.
    await Promise.all([server.close({ drainMs: 0 }), closed]);
    expect((await ended).events.at(-1)).toMatchObject({ type: "cancelled" });
    await server.close();
  });

  test("a call that waits for approval can be decided on meanwhile, and its job ends well", async () => {
    const call = { name: "send", args: {} };
    const parameters = { type: "object" } as const;
    const execute = () => "sent";
    const send = defineTool({ name: "send", needsApproval: true, parameters, execute });
    const agents = { helper: { hostTools: [send] } };
    const started = await startTestServer(
      [{ text: "may I?", toolCalls: [call] }, { text: "done" }],
      {},
      { agents },
    );
    const { server, request } = started;
    const { ended } = await openStream(started);
    const closed = server.close({ drainMs: 60_000 });
    const { confirmationId } = await vi.waitFor(async () => {
      const response = await request("/api/confirmations");
      const { confirmations } = (await response.json()) as Confirmations;
      return confirmations[0] ?? expect.unreachable();
    });
    const path = `/api/confirmations/${confirmationId}`;
    expect((await request(path, { json: { approve: true } })).status).toBe(204);
    expect((await ended).events.at(-1)).toMatchObject({ result: { text: "done" } });
    await closed;
  });

  test("cuts off a stream that is not read, a request that is half sent, and connections that idle", async () => {
    const started = await startTestServer([{ text: "x".repeat(6_000_000), chunks: 3_000 }]);
    const { app, server } = started;
    const { id, ended } = await openStream(started);
    const paused = await RawClient.connect(server.port);
    paused.socket.pause();
    paused.send(`GET /api/jobs/${id}/events HTTP/1.1`, ...AS_ALICE, "");
    expect((await ended).events.at(-1)).toMatchObject({ type: "completed" });
    const idle = await RawClient.connect(server.port);
    const half = await RawClient.connect(server.port);
    half.send("POST /api/workers HTTP/1.1", ...AS_ALICE, "content-length: 1000");
    half.send("content-type: application/json", "expect: 100-continue", "");
    await half.until(/100 Continue/);
    await vi.waitFor(() => expect(app.openStreams).toBe(1));
    await server.close({ drainMs: 0 });
    expect(app.openStreams).toBe(0);
    paused.socket.resume();
    expect(await paused.closed).not.toContain("event: completed");
    await Promise.all([idle.closed, half.closed]);
  });
});
