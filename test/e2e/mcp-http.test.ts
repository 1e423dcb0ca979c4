import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import { mcp } from "../../src/tools/mcp/descriptor.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { LocalServer } from "../cli/support/local-server.ts";
import { turn } from "../support/fake-clock.ts";
import { Caller, everythingArgs } from "../support/mcp.ts";
import { resources } from "../support/resources.ts";

const { signal } = new AbortController();
const KEY = "sk-not-to-be-seen";

function open(): McpConnections {
  const connections = new McpConnections({ clock: systemClock, random: () => 0 });
  onTestFinished(() => connections.close());
  return connections;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The reference server on a port; resolves when it listens. */
async function serve(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...everythingArgs, "streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve) => {
    child.stderr.on("data", (said) => {
      if (String(said).includes("listening")) resolve();
    });
  });
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

describe("the reference server over streamable HTTP", () => {
  let child: ChildProcess;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    child = await serve(port);
  });

  afterAll(() => end(child));

  const source = (name = "remote") =>
    mcp({ url: `http://127.0.0.1:${port}/mcp`, headers: { "X-Key": KEY } }, { name });

  test("its tools can be called; after close() no socket is left", async () => {
    await turn();
    const before = resources();
    const connections = open();
    const caller = new Caller(await connections.toolsOf(source(), signal));
    expect(await caller.call("echo", { message: "hällo" })).toBe("Echo: hällo");
    expect(await caller.call("get-sum", { a: 1, b: 2 })).toBe("The sum of 1 and 2 is 3.");
    expect(await caller.call("get-tiny-image")).toContainEqual(
      expect.objectContaining({ type: "image", mediaType: "image/png" }),
    );
    expect(connections.inspect()).toEqual([
      { name: "remote", state: "connected", tools: expect.any(Number), pid: undefined },
    ]);
    expect(JSON.stringify(connections.inspect())).not.toContain(KEY);
    await connections.close();
    await expect.poll(resources, { timeout: 50_000 }).toEqual(before);
  });

  test("progress is passed on, and a call that is cancelled half-way ends at once", async () => {
    const caller = new Caller(await open().toolsOf(source(), signal));
    const stop = new AbortController();
    const reported = caller.nextProgress();
    const args = { duration: 60, steps: 600 };
    const call = caller.call("trigger-long-running-operation", args, stop.signal);
    await reported;
    stop.abort("enough");
    await expect(call).rejects.toBe("enough");
    expect(await caller.call("echo", { message: "still" })).toBe("Echo: still");
  });

  test("a process that has nothing more to do ends, though it is connected", async () => {
    const src = new URL("../../src/", import.meta.url).href;
    const program = `
      import { McpConnections } from "${src}supervisor/tools/mcp-connections.ts";
      import { systemClock } from "${src}transport/clock.ts";
      const connections = new McpConnections({ clock: systemClock, random: Math.random });
      await connections.toolsOf(${JSON.stringify(source())}, new AbortController().signal);
      console.log(connections.inspect()[0].state);`;
    const other = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void other.kill("SIGKILL"));
    expect(await text(other.stdout)).toBe("connected\n");
    expect(await (other.exitCode ?? once(other, "exit"))).toEqual([0, null]);
  });

  test("the server is killed in the middle of a call, and started again", async () => {
    const caller = new Caller(await open().toolsOf(source(), signal));
    const reported = caller.nextProgress();
    const call = caller.call("trigger-long-running-operation", { duration: 60, steps: 600 });
    const failure = expect(call).rejects.toMatchObject({
      code: "MCP_SERVER_LOST",
      message: expect.stringContaining('"remote"'),
    });
    await reported;
    await end(child);
    await failure;
    child = await serve(port);
    expect(await caller.call("echo", { message: "again" })).toBe("Echo: again");
  });

  test("a server that was started again does not know the session: the call is sent again in a new one", async () => {
    const caller = new Caller(await open().toolsOf(source(), signal));
    await end(child);
    child = await serve(port);
    expect(await caller.call("echo", { message: "again" })).toBe("Echo: again");
  });
});

describe("connecting over HTTP fails", () => {
  test("nobody listens", async () => {
    const url = `http://127.0.0.1:${await freePort()}/mcp`;
    await expect(open().toolsOf(mcp({ url }), signal)).rejects.toMatchObject({
      code: "MCP_CONNECT_FAILED",
      message: expect.stringContaining("ECONNREFUSED"),
      details: { server: new URL(url).host },
    });
  });

  test.each([401, 403, 404, 500])("status %i, without the key that it echoes", async (status) => {
    await using server = await LocalServer.start((request, response) => {
      request.resume();
      response.writeHead(status).end(`no such key: ${request.headers.authorization}`);
    });
    const headers = { Authorization: `Bearer ${KEY}` };
    const source = mcp({ url: server.url, headers }, { name: "remote" });
    const failure = await open()
      .toolsOf(source, signal)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: status === 401 ? "MCP_AUTH_FAILED" : "MCP_CONNECT_FAILED",
      message: expect.stringMatching(new RegExp(`HTTP ${status}: .*\\[secret\\]`)),
      details: { server: "remote", status },
    });
    expect(String((failure as Error).stack)).not.toContain(KEY);
  });

  test("a web page in place of a server", async () => {
    await using server = await LocalServer.start((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "text/html" }).end("<html>welcome</html>");
    });
    await expect(open().toolsOf(mcp({ url: server.url }), signal)).rejects.toMatchObject({
      code: "MCP_CONNECT_FAILED",
      message: expect.stringContaining("text/html"),
    });
  });

  test("a redirect to another host is not followed: the key stays here", async () => {
    const seen: unknown[] = [];
    await using other = await LocalServer.start((request, response) => {
      seen.push(request.headers);
      response.end();
    });
    await using server = await LocalServer.start((request, response) => {
      request.resume();
      response.writeHead(307, { location: other.url }).end();
    });
    const source = mcp({ url: server.url, headers: { "X-Key": KEY } });
    await expect(open().toolsOf(source, signal)).rejects.toMatchObject({
      code: "MCP_CONNECT_FAILED",
      message: expect.stringContaining("not followed"),
    });
    expect(seen).toEqual([]);
  });

  test("it accepts and says nothing", async () => {
    await using server = await LocalServer.start((request) => void request.resume());
    const source = mcp({ url: server.url }, { connectMs: 200 });
    await expect(open().toolsOf(source, signal)).rejects.toMatchObject({
      code: "MCP_CONNECT_FAILED",
      message: expect.stringContaining("within 200 ms"),
    });
  });
});
