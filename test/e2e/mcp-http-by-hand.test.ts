import { describe, expect, onTestFinished, test } from "vitest";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import { mcp } from "../../src/tools/mcp/descriptor.ts";
import type { AnyTool } from "../../src/tools/tool.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { Caller } from "../support/mcp.ts";
import { McpHttpServer } from "../support/mcp-http-server.ts";

const { signal } = new AbortController();

async function connect(): Promise<{
  readonly server: McpHttpServer;
  readonly caller: Caller;
  readonly connections: McpConnections;
  readonly toolsOf: () => Promise<readonly AnyTool[]>;
}> {
  const server = await McpHttpServer.start();
  const connections = new McpConnections({ clock: systemClock, random: () => 0 });
  onTestFinished(async () => {
    for (const goodbye of server.goodbyes) goodbye.end();
    await connections.close();
    await server[Symbol.asyncDispose]();
  });
  const toolsOf = () => connections.toolsOf(mcp({ url: server.url }, { name: "remote" }), signal);
  return { server, connections, toolsOf, caller: new Caller(await toolsOf()) };
}

/** Begins a call that waits, and resolves when the server has it. */
async function wait(
  { server, caller }: Awaited<ReturnType<typeof connect>>,
  stop: AbortSignal,
): Promise<{ readonly call: Promise<unknown> }> {
  const call = caller.call("wait", {}, stop);
  call.catch(() => {});
  await expect.poll(() => server.waiting.length, { timeout: 50_000 }).toBe(1);
  return { call };
}

describe("a server by hand over HTTP", () => {
  test("of a cancelled call it is told, and the stream is closed", async () => {
    const connected = await connect();
    const { server, caller } = connected;
    const stop = new AbortController();
    const { call } = await wait(connected, stop.signal);
    stop.abort("enough");
    await expect(call).rejects.toBe("enough");
    await server.streamClosed();
    expect(server.cancelled).toEqual([expect.any(Number)]);
    expect(await caller.call("quick")).toBe("did quick");
  });

  test("when it says that its tools have changed, it is asked anew", async () => {
    const { caller, toolsOf } = await connect();
    await caller.call("grow");
    // The notification comes on a stream of its own, which may be slower, or not open yet.
    const grown = async () => {
      const tools = await toolsOf();
      if (tools.some(({ name }) => name === "grown")) return true;
      await caller.call("grow");
      return false;
    };
    await expect.poll(grown, { timeout: 50_000 }).toBe(true);
  });

  test("a refused call harms no other", async () => {
    const connected = await connect();
    const { caller, server, connections } = connected;
    const stop = new AbortController();
    const { call } = await wait(connected, stop.signal);
    await expect(caller.call("unavailable")).rejects.toMatchObject({
      code: "MCP_FAILED",
      message: expect.stringMatching(/"remote" has failed: HTTP 503: .*later/),
      details: { server: "remote", status: 503 },
    });
    expect(connections.inspect()).toMatchObject([{ state: "connected" }]);
    expect(server.waiting[0]?.closed).toBe(false);
    stop.abort("enough");
    await expect(call).rejects.toBe("enough");
  });

  test("an answer that breaks off is no silence", async () => {
    const { caller } = await connect();
    await expect(caller.call("break")).rejects.toMatchObject({
      code: "MCP_SERVER_LOST",
      message: 'MCP server "remote" has broken off before it had answered',
    });
    expect(await caller.call("quick")).toBe("did quick");
  });

  test("an answer that is too long is not read", async () => {
    const { caller } = await connect();
    await expect(caller.call("huge")).rejects.toMatchObject({
      code: "MCP_FAILED",
      message: expect.stringContaining("more than 10485760 bytes"),
    });
    expect(await caller.call("quick")).toBe("did quick");
  });

  test("close() does not wait for a server that does not say goodbye", async () => {
    const connected = await connect();
    const { call } = await wait(connected, signal);
    await connected.connections.close();
    await expect(call).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    await connected.server.streamClosed();
    expect(connected.server.goodbyes).toHaveLength(1);
  });
});
