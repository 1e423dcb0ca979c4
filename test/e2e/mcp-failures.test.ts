import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import { mcp } from "../../src/tools/mcp/descriptor.ts";
import type { Clock } from "../../src/transport/clock.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { FakeClock, turn } from "../support/fake-clock.ts";
import { Caller, everything, fixture } from "../support/mcp.ts";

const { signal } = new AbortController();
const KEY = "sk-not-to-be-seen";
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-mcp-"));
});

afterAll(() => rm(folder, { recursive: true }));

function open(clock: Clock = systemClock): McpConnections {
  const connections = new McpConnections({ clock, random: () => 0 });
  onTestFinished(() => connections.close());
  return connections;
}

async function startsIn(file: string): Promise<readonly number[]> {
  return (await readFile(file, "utf8")).trim().split("\n").map(Number);
}

describe("connecting fails", () => {
  test("there is no such program", async () => {
    const source = mcp({ command: "no-such-program-as-this" }, { name: "absent" });
    await expect(open().toolsOf(source, signal)).rejects.toMatchObject({
      code: "MCP_CONNECT_FAILED",
      message:
        'MCP server "absent" could not be connected to: spawn no-such-program-as-this ENOENT',
      details: { server: "absent" },
    });
  });

  test("it ends at once: with its exit code and what it has said, but for keys", async () => {
    const source = fixture("dies", { env: { API_KEY: KEY } });
    await expect(open().toolsOf(source, signal)).rejects.toMatchObject({
      code: "MCP_CONNECT_FAILED",
      message:
        'MCP server "dies" could not be connected to: it has ended with exit code 3; it has written: cannot work: [secret]',
      details: { server: "dies", exitCode: 3 },
    });
  });

  test("it never answers: within the time that was given, and its process is gone", async () => {
    const connections = open();
    const source = fixture("deaf", { connectMs: 500 });
    const connecting = connections.toolsOf(source, signal);
    await expect(connecting).rejects.toMatchObject({
      code: "MCP_CONNECT_FAILED",
      message: expect.stringMatching(/has not answered within 500 ms/),
    });
    expect(connections.inspect()).toEqual([
      { name: "deaf", state: "idle", tools: 0, pid: undefined },
    ]);
  });

  test("who does not want to wait any more does not, and the others go on waiting", async () => {
    const connections = open();
    const stop = new AbortController();
    const impatient = connections.toolsOf(fixture("good"), stop.signal);
    const patient = connections.toolsOf(fixture("good"), signal);
    stop.abort("enough");
    await expect(impatient).rejects.toBe("enough");
    expect((await patient).length).toBeGreaterThan(0);
  });

  test("it never lists its tools: within the same time", async () => {
    const clock = new FakeClock();
    const connections = open(clock);
    const listing = connections.toolsOf(fixture("unlisted"), signal);
    const failure = expect(listing).rejects.toMatchObject({
      code: "MCP_FAILED",
      message: 'MCP server "unlisted" has not listed its tools within 30000 ms',
    });
    const connected = [{ state: "connected" }];
    await expect.poll(() => connections.inspect(), { timeout: 50_000 }).toMatchObject(connected);
    clock.advance(30_000);
    await failure;
    expect(connections.inspect()).toMatchObject(connected);
  });

  test("the client's package is not installed", async () => {
    const load = () => import("heddle-not-installed" as string);
    const connections = new McpConnections({ clock: systemClock, random: () => 0 }, load);
    await expect(connections.toolsOf(everything(), signal)).rejects.toMatchObject({
      code: "MCP_NOT_INSTALLED",
      message: expect.stringContaining("npm install @modelcontextprotocol/client"),
    });
    await connections.close();
  });

  test("a server that dies at once is not started a thousand times", async () => {
    const clock = new FakeClock();
    const connections = open(clock);
    const STARTS = join(folder, "dies");
    const source = fixture("dies", { env: { STARTS } });
    // Each time once more without the question that old servers end of.
    for (let tries = 1; tries <= 2; tries += 1) {
      await expect(connections.toolsOf(source, signal)).rejects.toThrow("exit code 3");
    }
    const asked = Array.from({ length: 1_000 }, () => connections.toolsOf(source, signal));
    const failures = Promise.allSettled(asked);
    await turn();
    expect(connections.inspect()).toMatchObject([{ state: "waiting" }]);
    expect(await startsIn(STARTS)).toHaveLength(4);
    clock.advance(499);
    await turn();
    expect(connections.inspect()).toMatchObject([{ state: "waiting" }]);
    clock.advance(1);
    expect(new Set((await failures).map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(await startsIn(STARTS)).toHaveLength(6);
  });
});

describe("a server ends while calls are under way", () => {
  test("they fail, with how it has ended and what it has said last, but for keys; the next one connects anew", async () => {
    const STARTS = join(folder, "lost");
    const source = fixture("good", { name: "mortal", env: { API_KEY: KEY, STARTS } });
    const connections = open();
    const caller = new Caller(await connections.toolsOf(source, signal));
    const reported = caller.nextProgress();
    const waiting = caller.call("wait");
    await reported;
    const lost = {
      code: "MCP_SERVER_LOST",
      message:
        'MCP server "mortal" has ended with exit code 7; it has written: dying with [secret]',
      details: { server: "mortal", exitCode: 7 },
    };
    const dying = caller.call("die");
    await expect(waiting).rejects.toMatchObject(lost);
    await expect(dying).rejects.toMatchObject(lost);
    expect(await caller.call("seen")).toBe("[]");
    expect(await startsIn(STARTS)).toHaveLength(2);
  });

  test("SIGKILL of the reference server", async () => {
    const connections = open();
    const caller = new Caller(await connections.toolsOf(everything(), signal));
    const reported = caller.nextProgress();
    const call = caller.call("trigger-long-running-operation", { duration: 60, steps: 600 });
    await reported;
    const [{ pid } = { pid: undefined }] = connections.inspect();
    process.kill(pid ?? 0, "SIGKILL");
    await expect(call).rejects.toMatchObject({
      code: "MCP_SERVER_LOST",
      message: expect.stringContaining("was ended by SIGKILL"),
      details: { signal: "SIGKILL" },
    });
    expect(await caller.call("echo", { message: "again" })).toBe("Echo: again");
    expect(connections.inspect()).toMatchObject([{ state: "connected" }]);
  });

  test.each([
    ["mute", "wait", /has ended|was ended/],
    ["good", "huge", /more than 10485760 bytes/],
  ])("one that breaks the protocol is ended: %s %s", async (behaviour, name, message) => {
    const connections = open();
    const caller = new Caller(await connections.toolsOf(fixture(behaviour), signal));
    await expect(caller.call(name)).rejects.toMatchObject({
      code: "MCP_SERVER_LOST",
      message: expect.stringMatching(message),
    });
  });
});

describe("a server refuses", () => {
  test("an error of the protocol is told by its code; one of the tool by its text; keys in neither", async () => {
    const source = fixture("good", { env: { API_KEY: KEY } });
    const caller = new Caller(await open().toolsOf(source, signal));
    await expect(caller.call("refuse")).rejects.toMatchObject({
      code: "MCP_FAILED",
      message: expect.stringContaining("not with [secret]"),
      details: { server: "good", rpcCode: -32_050 },
    });
    await expect(caller.call("fail")).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: "no, [secret]",
    });
  });
});
