import type { ServerResponse } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import type { Clock } from "../../src/transport/clock.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Caller } from "../support/mcp.ts";
import type { Answers } from "../support/mcp-scripted-server.ts";
import {
  McpScriptedServer,
  rpcError,
  status,
  tool,
  words,
} from "../support/mcp-scripted-server.ts";

const { signal } = new AbortController();

type Calls = { readonly [name: string]: Answers[string] };

/** A server with these tools, those that begin with "read" read-only, and one more whose calls wait for `finish`. */
async function connect(calls: Calls, clock: Clock = systemClock) {
  let waiting: { readonly id: unknown; readonly response: ServerResponse } | undefined;
  const names = [...Object.keys(calls), "wait"];
  const server = await McpScriptedServer.start({
    "tools/list": () => ({
      tools: names.map((name) =>
        tool(name, { annotations: { readOnlyHint: name.startsWith("read") } }),
      ),
    }),
    "tools/call": (message, response, request) => {
      const { name = "" } = message.params ?? {};
      if (name !== "wait") return calls[name]?.(message, response, request);
      waiting = { id: message.id, response };
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": here\n\n");
      return undefined;
    },
  });
  const connections = new McpConnections({ clock, random: () => 0 });
  onTestFinished(() => connections.close());
  const caller = new Caller(await connections.toolsOf(server.source(), signal));
  return {
    server,
    connections,
    caller,
    /** Begins a call that waits; resolves to what ends it well. */
    wait: async () => {
      const call = caller.call("wait");
      call.catch(() => {});
      await expect.poll(() => waiting, { timeout: 50_000 }).toBeDefined();
      const finish = () => {
        const message = { jsonrpc: "2.0", id: waiting?.id, result: words("waited") };
        waiting?.response.end(`data: ${JSON.stringify(message)}\n\n`);
      };
      return { call, finish };
    },
  };
}

describe("what one call is refused with leaves the others alone", () => {
  test.each([400, 401, 403, 405, 409, 422, 429, 500, 502, 503])("status %i", async (code) => {
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      error: { code: -32_602, message: "no such page" },
    });
    const { server, caller, connections, wait } = await connect({
      bad: () => status(code, body),
    });
    const { call, finish } = await wait();
    await expect(caller.call("bad")).rejects.toMatchObject({
      code: code === 401 ? "MCP_AUTH_REQUIRED" : "MCP_FAILED",
      message: expect.stringContaining("no such page"),
      details: { server: "scripted", status: code },
    });
    expect(connections.inspect()).toMatchObject([{ state: "connected" }]);
    finish();
    expect(await call).toBe("waited");
    expect(server.methods.filter((method) => method === "initialize")).toHaveLength(1);
    expect(server.methods.filter((method) => method === "tools/call")).toHaveLength(2);
  });

  test.each([
    [400, "the browser session 7 is unknown"],
    [404, "no such page"],
    [410, "this page is gone"],
  ])("a JSON-RPC error that answers the call itself, with status %i", async (code, message) => {
    const { server, caller } = await connect({ bad: () => rpcError(-32_602, message, code) });
    await expect(caller.call("bad")).rejects.toMatchObject({ code: "MCP_FAILED" });
    expect(server.methods.filter((method) => method === "initialize")).toHaveLength(1);
  });

  test("a stream that breaks off", async () => {
    const { caller, wait } = await connect({
      bad: (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(": here\n\n", () => response.destroy());
        return undefined;
      },
    });
    const { call, finish } = await wait();
    await expect(caller.call("bad")).rejects.toMatchObject({
      code: "MCP_SERVER_LOST",
      message: 'MCP server "scripted" has broken off before it had answered',
    });
    finish();
    expect(await call).toBe("waited");
  });

  test("a socket that is closed in place of an answer", async () => {
    const { caller, wait } = await connect({
      bad: (_, response) => {
        response.destroy();
        return undefined;
      },
    });
    const { call, finish } = await wait();
    await expect(caller.call("bad")).rejects.toMatchObject({ code: "MCP_SERVER_LOST" });
    finish();
    expect(await call).toBe("waited");
  });
});

describe("a session that the server does not know any more", () => {
  test("the call is sent again in a new one, and what is under way goes on", async () => {
    const { server, caller, wait } = await connect({ quick: () => words("quick") });
    const { call, finish } = await wait();
    server.forget();
    expect(await caller.call("quick")).toBe("quick");
    expect(server.methods.filter((method) => method === "initialize")).toHaveLength(2);
    finish();
    expect(await call).toBe("waited");
  });

  test.each([
    ["410", status(410, "gone")],
    ["400 and words", rpcError(-32_000, "Bad Request: No valid session ID provided", 400)],
    ["400 without JSON", status(400, "Unknown session")],
  ])("is told by %s, too", async (_, answer) => {
    let calls = 0;
    const { server, caller } = await connect({
      quick: () => (++calls === 1 ? answer : words("quick")),
    });
    expect(await caller.call("quick")).toBe("quick");
    expect(server.methods.filter((method) => method === "initialize")).toHaveLength(2);
  });

  test("a server that knows no session at all is asked twice, not for ever", async () => {
    const { server, caller } = await connect({ quick: () => status(404, "not here") });
    await expect(caller.call("quick")).rejects.toMatchObject({
      code: "MCP_SERVER_LOST",
      message: 'MCP server "scripted" does not know the session any more (HTTP 404: not here)',
      details: { status: 404 },
    });
    expect(server.methods.filter((method) => method === "tools/call")).toHaveLength(2);
  });

  test("a list is asked for in a new one, too", async () => {
    const { server, connections } = await connect({ quick: () => words("quick") });
    await expect.poll(() => server.listeners, { timeout: 50_000 }).toBe(1);
    server.notify("notifications/tools/list_changed");
    server.forget();
    const lists = () => server.methods.filter((method) => method === "tools/list").length;
    const again = async () => (await connections.toolsOf(server.source(), signal)) && lists();
    await expect.poll(again, { timeout: 50_000 }).toBeGreaterThan(1);
    expect(server.methods.filter((method) => method === "initialize")).toHaveLength(2);
  });
});

describe("a server that says when to come again", () => {
  const busy = (code: number, after = "7") => {
    let calls = 0;
    return () => (++calls === 1 ? status(code, "busy", { "retry-after": after }) : words("done"));
  };

  async function afterPause(name: string, answer: () => object, ms = 7_000) {
    const clock = new FakeClock();
    const { caller, server } = await connect({ [name]: answer as Answers[string] }, clock);
    const call = caller.call(name);
    call.catch(() => {});
    await expect.poll(() => clock.nextDueMs, { timeout: 50_000 }).toBe(ms);
    expect(server.methods.filter((method) => method === "tools/call")).toHaveLength(1);
    clock.advance(ms);
    return await call;
  }

  test("with 429 any call is sent again after that: nothing was carried out", async () => {
    expect(await afterPause("write", busy(429))).toBe("done");
  });

  test("with 503 one that may be carried out twice is", async () => {
    expect(await afterPause("read", busy(503))).toBe("done");
  });

  test("with 503 any other is not, and it is told when", async () => {
    const { caller, server } = await connect({ write: busy(503) });
    await expect(caller.call("write")).rejects.toMatchObject({
      code: "MCP_FAILED",
      message: 'MCP server "scripted" has failed: HTTP 503: busy (it asks to come again after 7 s)',
      details: { status: 503, retryAfterMs: 7_000 },
    });
    expect(server.methods.filter((method) => method === "tools/call")).toHaveLength(1);
  });

  test("what is too long to wait is told", async () => {
    const { caller } = await connect({ read: busy(429, "3600") });
    await expect(caller.call("read")).rejects.toMatchObject({
      details: { status: 429, retryAfterMs: 3_600_000 },
    });
  });
});
