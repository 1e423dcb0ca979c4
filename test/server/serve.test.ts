import { describe, expect, test } from "vitest";
import { createApp, startServer } from "../../src/server/api.ts";
import { RawClient } from "../support/raw-client.ts";
import { startTestServer } from "../support/running-server.ts";
import { TOKEN } from "../support/server-app.ts";
import { startScripted } from "../support/supervisors.ts";

const HELLO = { text: "hello" };
const AS_ALICE = ["host: localhost", `authorization: Bearer ${TOKEN}`];

describe("startServer()", () => {
  test.each([
    [{ port: 65_536 }, "port must be an integer from 0 to 65535"],
    [{ port: 1.5 }, "port must be an integer from 0 to 65535"],
    [{ hostname: "" }, "hostname must be a name or an address"],
    [{ headersTimeoutMs: 0 }, "headersTimeoutMs must be an integer from 1 to 3600000"],
    [{ maxHeaderBytes: 1 }, "maxHeaderBytes must be an integer from 1024 to 1048576"],
    [{ maxConnections: 0 }, "maxConnections must be an integer from 1 to 1000000"],
    [{ requestTimeoutMs: 9_999 }, "requestTimeoutMs must be no less than headersTimeoutMs, 10000"],
    [{ prot: 80 } as object, "prot is unknown; known are hostname, port, "],
  ])("refuses %j before anything listens", async (options, message) => {
    const { supervisor } = await startScripted([HELLO]);
    const app = createApp({ supervisor, agents: { helper: {} }, auth: "none" });
    await expect(startServer(app, options)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(message),
    });
  });

  test("says why it cannot listen: the port is taken, or the address is none of this machine's", async () => {
    const { app, server } = await startTestServer();
    const { port } = server;
    await expect(startServer(app, { port })).rejects.toMatchObject({
      code: "LISTEN_FAILED",
      message: `cannot listen on 127.0.0.1 port ${port}: the port is taken`,
      details: { hostname: "127.0.0.1", port, reason: "EADDRINUSE" },
      cause: { code: "EADDRINUSE" },
    });
    await expect(startServer(app, { port: 0, hostname: "192.0.2.1" })).rejects.toMatchObject({
      code: "LISTEN_FAILED",
      details: { reason: "EADDRNOTAVAIL" },
    });
  });

  test("tells where it is, also on IPv6 and on all addresses", async () => {
    const { app, server } = await startTestServer();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    for (const [hostname, shown] of [
      ["::1", "[::1]"],
      ["0.0.0.0", "localhost"],
    ] as const) {
      const { url, port, close } = await startServer(app, { port: 0, hostname });
      expect(url).toBe(`http://${shown}:${port}`);
      expect((await fetch(`${url}/nowhere`)).status).toBe(401);
      await close({ drainMs: 0 });
    }
  });

  test("answers requests that come all at once, in their order, and others on the same connection", async () => {
    const { server } = await startTestServer();
    const client = await RawClient.connect(server.port);
    client.send("GET /api/jobs/none/events HTTP/1.1", ...AS_ALICE, "");
    client.send("GET /nowhere HTTP/1.1", ...AS_ALICE, "");
    const both = await client.until(/NOT_FOUND/);
    expect(both.indexOf("UNKNOWN_JOB")).toBeGreaterThan(0);
    expect(both.indexOf("UNKNOWN_JOB")).toBeLessThan(both.indexOf("NOT_FOUND"));
    client.send("GET /api/jobs/none/events HTTP/1.1", "host: evil.example", "");
    await client.until(/HOST_NOT_ALLOWED/);
    expect(client.isClosed).toBe(false);
  });

  test("ends a connection whose client asks for nothing more after keepAliveTimeoutMs", async () => {
    const { server } = await startTestServer([HELLO], { keepAliveTimeoutMs: 50 });
    const client = await RawClient.connect(server.port);
    client.send("GET /nowhere HTTP/1.1", ...AS_ALICE, "");
    expect(await client.closed).toMatch(/^HTTP\/1\.1 404 /);
  });
});
