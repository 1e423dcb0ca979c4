import type { MockInstance } from "vitest";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ListenOptions } from "../../src/server/api.ts";
import { createApp, startServer } from "../../src/server/api.ts";
import { RawClient } from "../support/raw-client.ts";
import { keptLog, startTestServer } from "../support/running-server.ts";
import { TOKEN } from "../support/server-app.ts";
import { readEvents, startJob } from "../support/server-client.ts";
import { startScripted } from "../support/supervisors.ts";

const HELLO = { text: "hello" };
const AS_ALICE = ["host: localhost", `authorization: Bearer ${TOKEN}`];
const SHORT: ListenOptions = { headersTimeoutMs: 200, requestTimeoutMs: 400 };
const POST = ["POST /api/workers HTTP/1.1", ...AS_ALICE, "content-type: application/json"] as const;

/** Whatever a client does, nothing is printed. */
let printed: MockInstance[];
beforeEach(() => {
  printed = (["log", "info", "warn", "error"] as const).map((name) => vi.spyOn(console, name));
  return () => {
    for (const each of printed) expect(each).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  };
});

describe("a client that is slow", () => {
  test("with the head of its request is answered with 408 and closed", async () => {
    const { server } = await startTestServer([HELLO], SHORT);
    const client = await RawClient.connect(server.port);
    client.send("GET / HTTP/1.1", "host: localhost").drip("x-more: and more\r\n", 20);
    expect(await client.closed).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("and says nothing at all is closed", async () => {
    const { server } = await startTestServer([HELLO], SHORT);
    const client = await RawClient.connect(server.port);
    expect(await client.closed).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  test.each([
    ["with a length", "content-length: 100000", "x"],
    ["in pieces", "transfer-encoding: chunked", "1\r\nx\r\n"],
  ])(
    "with its body (%s) is closed, and that is no failure of the server's",
    async (_, header, piece) => {
      const { lines, logger } = keptLog();
      const { server, request } = await startTestServer([HELLO], SHORT, { logger });
      const client = await RawClient.connect(server.port);
      client.send(...POST, header, "").drip(piece, 20);
      expect(await client.closed).toMatch(/^(HTTP\/1\.1 (408|400) |$)/);
      // Behind whatever the server had to say of it.
      await request("/nowhere");
      await vi.waitFor(() => expect(lines.filter(({ status }) => status === 404)).toHaveLength(1));
      expect(lines.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
    },
  );

  test("to read a response that is complete is closed after unreadMs", async () => {
    const { supervisor } = await startScripted([HELLO]);
    const app = createApp({ supervisor, agents: { helper: {} }, auth: "none" });
    const big = "x".repeat(20_000_000);
    const { promise: left, resolve } = Promise.withResolvers<void>();
    app.get("/big", (c) => {
      const { outgoing } = c.env as unknown as { outgoing: NodeJS.EventEmitter };
      outgoing.once("close", () => resolve());
      return c.text(big);
    });
    await using server = await startServer(app, { port: 0, unreadMs: 100 });
    const client = await RawClient.connect(server.port);
    client.socket.pause();
    client.send("GET /big HTTP/1.1", "host: localhost", "");
    await left;
    client.socket.resume();
    expect((await client.closed).length).toBeLessThan(big.length);
  });
});

describe("a client that is wrong", () => {
  test.each([
    ["a line that is none", ["GET"], 400],
    ["another protocol", ["\u0016\u0003\u0001 hello"], 400],
    ["no Host", ["GET / HTTP/1.1", ""], 400],
    ["a Host that is none", ["GET / HTTP/1.1", "host: a b", ""], 400],
    ["a bad target", ["GET http://[ HTTP/1.1", "host: localhost", ""], 400],
    ["two lengths", [...POST, "content-length: 1", "content-length: 2", "", "x"], 400],
    ["a head that is too large", ["GET / HTTP/1.1", `x: ${"y".repeat(20_000)}`, ""], 431],
  ])("%s: %j is answered with %i", async (_, lines, status) => {
    const { server, request } = await startTestServer();
    const client = await RawClient.connect(server.port);
    client.send(...lines);
    expect(await client.until(/\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect((await request("/nowhere")).status).toBe(404);
  });

  test("connections beyond maxConnections are closed, and there is room again when others go", async () => {
    const { server } = await startTestServer([HELLO], { maxConnections: 4 });
    const clients = await Promise.all(
      Array.from({ length: 40 }, () => RawClient.connect(server.port)),
    );
    for (const client of clients) client.send("GET / HTTP/1.1");
    await vi.waitFor(() => {
      expect(clients.filter(({ isClosed }) => isClosed).length).toBeGreaterThanOrEqual(36);
    });
    const open = clients.filter(({ isClosed }) => !isClosed);
    expect(open).toHaveLength(4);
    open[0]?.send(...AS_ALICE, "");
    await open[0]?.until(/HTTP\/1\.1 404 /);
    for (const { socket } of open) socket.destroy();
    await vi.waitFor(async () => {
      const response = await fetch(`${server.url}/nowhere`);
      expect(response.status).toBe(401);
    });
  });
});

describe("a client that vanishes", () => {
  test("in the middle of a stream, by a reset, ends the view and not the job", async () => {
    const text = Array.from({ length: 500 }, (_, i) => `${i} `).join("");
    const started = await startTestServer([{ text, chunks: 500, chunksPerSecond: 1_000 }]);
    const { app, server, request } = started;
    const { id } = await startJob({ ...started, url: server.url });
    const client = await RawClient.connect(server.port);
    client.send(`GET /api/jobs/${id}/events HTTP/1.1`, ...AS_ALICE, "");
    await client.until(/event: chunk/);
    client.socket.resetAndDestroy();
    await vi.waitFor(() => expect(app.openStreams).toBe(0));
    const { events } = await readEvents(await request(`/api/jobs/${id}/events`));
    expect(events.at(-1)).toMatchObject({ type: "completed", result: { text } });
  });

  test("in the middle of its body, by a reset, harms nobody", async () => {
    const { lines, logger } = keptLog();
    const { server, request } = await startTestServer([HELLO], {}, { logger });
    for (const header of ["content-length: 1000", "transfer-encoding: chunked"]) {
      const client = await RawClient.connect(server.port);
      client.send(...POST, header, "expect: 100-continue", "");
      await client.until(/100 Continue/);
      client.socket.resetAndDestroy();
    }
    await request("/nowhere");
    await vi.waitFor(() =>
      expect(lines.filter(({ message }) => message === "request")).toHaveLength(3),
    );
    expect(lines.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
  });
});
