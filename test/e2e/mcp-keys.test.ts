import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { KeySource } from "../../src/network/keys/key-source.ts";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import { mcp } from "../../src/tools/mcp/descriptor.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { Caller } from "../support/mcp.ts";
import { McpHttpServer } from "../support/mcp-http-server.ts";
import { webServer } from "../support/web-server.ts";

const { signal } = new AbortController();

/** An MCP server that lets one key in, and echoes the others. */
async function guardedServer(key: string) {
  const inner = await McpHttpServer.start();
  const guard = { key, url: "", refused: 0 };
  const server = await webServer((from, to) => {
    const { authorization } = from.headers;
    if (authorization !== `Bearer ${guard.key}`) {
      guard.refused += 1;
      from.resume();
      to.writeHead(401).end(`who is ${authorization}?`);
      return;
    }
    const onward = request(inner.url, { method: from.method ?? "GET", headers: from.headers });
    onward.on("response", (answer) => {
      to.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => to.destroy());
    to.on("close", () => onward.destroy());
    from.pipe(onward);
  });
  guard.url = server.url("/mcp");
  onTestFinished(async () => {
    for (const goodbye of inner.goodbyes) goodbye.end();
    await inner[Symbol.asyncDispose]();
  });
  return guard;
}

/** A key in a file, printed by a command that notes its runs. */
async function keyCommand(key: string) {
  const directory = await mkdtemp(join(tmpdir(), "heddle-mcp-keys-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const [file, runs] = [join(directory, "key"), join(directory, "runs")];
  await writeFile(file, key);
  await writeFile(runs, "");
  const code = `
    const fs = require("node:fs");
    fs.appendFileSync(process.argv[2], "x");
    console.log(fs.readFileSync(process.argv[1], "utf8"));`;
  const source: KeySource = { command: [process.execPath, "-e", code, file, runs] };
  const countRuns = async () => (await readFile(runs, "utf8")).length;
  return { source, set: (next: string) => writeFile(file, next), countRuns };
}

function open(): McpConnections {
  const connections = new McpConnections({ clock: systemClock, random: () => 0 });
  onTestFinished(() => connections.close());
  return connections;
}

describe("an MCP server's key that changes", () => {
  test("is fetched once, and once more when it is refused; the session goes on", async () => {
    const guard = await guardedServer("sk-one-1");
    const { source, set, countRuns } = await keyCommand("sk-one-1");
    const tools = await open().toolsOf(mcp({ url: guard.url, auth: { token: source } }), signal);
    const caller = new Caller(tools);
    expect(await caller.call("quick", {})).toBe("did quick");
    expect(await countRuns()).toBe(1);
    guard.key = "sk-two-2";
    await set("sk-two-2");
    const calls = Array.from({ length: 20 }, () => caller.call("quick", {}));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["did quick"]));
    expect(await countRuns()).toBe(2);
  });

  test("one that is refused for good is shown to nobody", async () => {
    const guard = await guardedServer("sk-other");
    const { source } = await keyCommand("sk-hush-hush-1");
    const connecting = open().toolsOf(mcp({ url: guard.url, auth: { token: source } }), signal);
    await expect(connecting).rejects.toMatchObject({ code: "MCP_AUTH_FAILED" });
    await expect(connecting).rejects.toThrow(/has given the same one again/);
    await expect(connecting).rejects.not.toThrow(/hush/);
  });

  test("one that cannot be had fails the connection, and says why", async () => {
    const auth = { token: { command: [process.execPath, "-e", ""] } };
    const connecting = open().toolsOf(mcp({ url: "http://127.0.0.1:1/mcp", auth }), signal);
    await expect(connecting).rejects.toMatchObject({ code: "MCP_AUTH_FAILED" });
    await expect(connecting).rejects.toThrow(/there is no API key: the command .* has given none/);
  });

  test.for([
    ["auth.token", { auth: { token: "with a blank" } }],
    ["auth.token.command", { auth: { token: { command: [] } } }],
    ["auth", { auth: { token: { file: "/k" } }, headers: { Authorization: "Bearer x" } }],
    ["network.ca", { network: { ca: 5 } }],
    ["network.proxy", { network: { proxy: "socks5://p" } }],
  ] as const)("bad options are refused: %s of %j", ([field, options]) => {
    expect(() => mcp({ url: "http://a.test", ...options } as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
  });
});
