import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import { mcp } from "../../src/tools/mcp/descriptor.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { Caller, everythingArgs, fixture } from "../support/mcp.ts";
import {
  discovered,
  McpScriptedServer,
  rpcError,
  status,
  tool,
  words,
} from "../support/mcp-scripted-server.ts";

const { signal } = new AbortController();
const COMPLETE = { resultType: "complete", ttlMs: 0, cacheScope: "private" };

function open(): McpConnections {
  const connections = new McpConnections({ clock: systemClock, random: () => 0 });
  onTestFinished(() => connections.close());
  return connections;
}

async function callOf(server: McpScriptedServer, name: string): Promise<unknown> {
  return await new Caller(await open().toolsOf(server.source(), signal)).call(name);
}

describe("over HTTP", () => {
  test("a server that only speaks 2026-07-28", async () => {
    const server = await McpScriptedServer.start({
      ...discovered(),
      "tools/list": () => ({ ...COMPLETE, tools: [tool("look")] }),
      "tools/call": () => ({ ...COMPLETE, ...words("seen") }),
    });
    expect(await callOf(server, "look")).toBe("seen");
    expect(server.methods).not.toContain("initialize");
    expect(server.headers.at(-1)).toMatchObject({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "look",
    });
  });

  test("one that leaves out what that revision requires of an answer", async () => {
    const server = await McpScriptedServer.start({
      ...discovered(),
      "tools/list": () => ({ tools: [tool("look")] }),
      "tools/call": () => words("seen"),
    });
    expect(await callOf(server, "look")).toBe("seen");
  });

  test("arguments that its schema wants in headers are there", async () => {
    const inputSchema = {
      type: "object",
      properties: { region: { type: "string", "x-mcp-header": "Region" } },
    };
    const server = await McpScriptedServer.start({
      ...discovered(),
      "tools/list": () => ({ ...COMPLETE, tools: [{ name: "look", inputSchema }] }),
      "tools/call": () => ({ ...COMPLETE, ...words("seen") }),
    });
    const caller = new Caller(await open().toolsOf(server.source(), signal));
    expect(await caller.call("look", { region: "eu" })).toBe("seen");
    expect(server.headers.at(-1)).toMatchObject({ "mcp-param-region": "eu" });
  });

  test("a cancelled call closes its stream, and no more is sent", async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const server = await McpScriptedServer.start({
      ...discovered(),
      "tools/list": () => ({ ...COMPLETE, tools: [tool("wait"), tool("look")] }),
      "tools/call": ({ params }, response) => {
        if (params?.name !== "wait") return { ...COMPLETE, ...words("seen") };
        response.once("close", close);
        response.writeHead(200, { "content-type": "text/event-stream" }).write(": here\n\n");
        begin();
        return undefined;
      },
    });
    const caller = new Caller(await open().toolsOf(server.source(), signal));
    const stop = new AbortController();
    const call = caller.call("wait", {}, stop.signal);
    await begun;
    stop.abort("enough");
    await expect(call).rejects.toBe("enough");
    await closed;
    expect(await caller.call("look")).toBe("seen");
    expect(server.methods).not.toContain("notifications/cancelled");
  });

  test("it says that its tools have changed to those who have asked to be told", async () => {
    const tools = [tool("a")];
    const listening: ((method: string) => void)[] = [];
    const server = await McpScriptedServer.start({
      ...discovered({ tools: { listChanged: true } }),
      "tools/list": () => ({ ...COMPLETE, tools }),
      "subscriptions/listen": ({ id }, response) => {
        const say = (method: string, notifications?: object) => {
          const _meta = { "io.modelcontextprotocol/subscriptionId": id };
          const params = { _meta, ...(notifications ? { notifications } : {}) };
          response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", method, params })}\n\n`);
        };
        response.writeHead(200, { "content-type": "text/event-stream" });
        say("notifications/subscriptions/acknowledged", { toolsListChanged: true });
        listening.push(say);
        return undefined;
      },
    });
    const connections = open();
    const names = async () =>
      (await connections.toolsOf(server.source(), signal)).map(({ name }) => name);
    expect(await names()).toEqual(["a"]);
    expect(await names()).toEqual(["a"]);
    expect(server.methods.filter((method) => method === "tools/list")).toHaveLength(1);
    tools.push(tool("b"));
    listening[0]?.("notifications/tools/list_changed");
    await expect.poll(names, { timeout: 50_000 }).toEqual(["a", "b"]);
  });

  test.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])(
    "a server that only speaks %s",
    async (protocolVersion) => {
      const serverInfo = { name: "old", version: "1" };
      const server = await McpScriptedServer.start({
        initialize: () => ({ protocolVersion, capabilities: { tools: {} }, serverInfo }),
        "tools/list": () => ({ tools: [tool("look")] }),
        "tools/call": () => words("seen"),
      });
      expect(await callOf(server, "look")).toBe("seen");
    },
  );

  test.each([
    ["a status", status(400, "Bad Request: Server not initialized")],
    ["an error", rpcError(-32_600, "Invalid Request")],
    ["404", status(404)],
    ["an empty answer that no one asked for", {}],
  ])("an old server may refuse the first question by %s", async (_, answer) => {
    const server = await McpScriptedServer.start({
      "server/discover": () => answer,
      "tools/list": () => ({ tools: [tool("look")] }),
      "tools/call": () => words("seen"),
    });
    expect(await callOf(server, "look")).toBe("seen");
  });
});

describe("over stdio", () => {
  test.each([
    ["modern", "2026-07-28", 1],
    ["dual", "2026-07-28", 1],
    ["good", "2025-06-18", 1],
    // It ends when it is first asked something else than to initialize.
    ["strict", "2025-06-18", 2],
    // It does not answer what it does not know.
    ["quiet", "2025-06-18", 1],
    ["slow-modern", "2026-07-28", 2],
  ])("%s: %s, after %i starts", async (behaviour, revision, starts) => {
    const folder = await mkdtemp(join(tmpdir(), "heddle-mcp-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const STARTS = join(folder, "starts");
    const source = fixture(behaviour, { env: { STARTS } });
    const connections = open();
    const caller = new Caller(await connections.toolsOf(source, signal));
    if (behaviour !== "good") expect(await caller.call("revision")).toBe(revision);
    expect((await readFile(STARTS, "utf8")).trim().split("\n")).toHaveLength(starts);
    await caller.call("grow");
    const names = (await connections.toolsOf(source, signal)).map(({ name }) => name);
    expect(names.some((name) => name.startsWith("grown"))).toBe(true);
  });
});

/** The reference server over HTTP with server-sent events only; resolves to its URL, and what ends it. */
async function serveSse(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...everythingArgs, "sse"], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve) => {
    child.stderr.on("data", (said) => {
      if (/running|listening/.test(String(said))) resolve();
    });
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("a server that only speaks HTTP with server-sent events", () => {
  test("is reached, reports progress, and is connected to again after it was lost", async () => {
    const port = await freePort();
    const child = await serveSse(port);
    const connections = open();
    const source = mcp({ url: `http://127.0.0.1:${port}/sse` }, { name: "sse" });
    const caller = new Caller(await connections.toolsOf(source, signal));
    expect(await caller.call("echo", { message: "hällo" })).toBe("Echo: hällo");
    const reported = caller.nextProgress();
    const call = caller.call("trigger-long-running-operation", { duration: 60, steps: 600 });
    await reported;
    const lost = expect(call).rejects.toMatchObject({ code: "MCP_SERVER_LOST" });
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    await lost;
    await serveSse(port);
    expect(await caller.call("echo", { message: "again" })).toBe("Echo: again");
  });

  test("if neither way leads anywhere, the first one's reason is told", async () => {
    const server = await McpScriptedServer.start({
      initialize: () => status(404, "nothing here"),
      "server/discover": () => status(404, "nothing here"),
    });
    await expect(open().toolsOf(server.source({ connectMs: 1_000 }), signal)).rejects.toMatchObject(
      {
        code: "MCP_CONNECT_FAILED",
        message: expect.stringContaining("HTTP 404: nothing here"),
        details: { status: 404 },
      },
    );
  });
});
