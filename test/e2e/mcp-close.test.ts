import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { McpConnections } from "../../src/supervisor/tools/mcp-connections.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { turn } from "../support/fake-clock.ts";
import { Caller, everything, fixture, isAlive } from "../support/mcp.ts";
import { resources } from "../support/resources.ts";

const { signal } = new AbortController();
const SRC = new URL("../../src/", import.meta.url).href;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-mcp-"));
});

afterAll(() => rm(folder, { recursive: true }));

/** Closed at the latest after the test: one of the servers does not end by itself. */
function open(): McpConnections {
  const connections = new McpConnections({ clock: systemClock, random: () => 0 });
  onTestFinished(() => connections.close());
  return connections;
}

/** The system has let go of a process before its handle is closed, at the end of a turn. */
async function settled(): Promise<void> {
  await turn();
  await turn();
}

describe("the connections of a session", () => {
  test("all workers share one process for a server; another name is another server", async () => {
    const connections = open();
    const STARTS = join(folder, "shared");
    const env = { STARTS, OTHER: "value" };
    const turned = { OTHER: "value", STARTS };
    await Promise.all([
      connections.toolsOf(fixture("good", { env }), signal),
      connections.toolsOf(fixture("good", { env, prefix: "other_" }), signal),
      connections.toolsOf(fixture("good", { env: turned, approvals: "always" }), signal),
    ]);
    expect((await readFile(STARTS, "utf8")).trim().split("\n")).toHaveLength(1);
    await connections.toolsOf(fixture("good", { env, name: "second" }), signal);
    expect((await readFile(STARTS, "utf8")).trim().split("\n")).toHaveLength(2);
    expect(connections.inspect()).toEqual([
      { name: "good", state: "connected", tools: 11, pid: expect.any(Number) },
      { name: "second", state: "connected", tools: 11, pid: expect.any(Number) },
    ]);
    await connections.close();
  });

  test("after close() no process is left, calls have failed, and none can be made", async () => {
    await settled();
    const before = resources();
    const connections = open();
    const tools = await connections.toolsOf(everything(), signal);
    const caller = new Caller(tools);
    const reported = caller.nextProgress();
    const call = caller.call("trigger-long-running-operation", { duration: 60, steps: 600 });
    await reported;
    const [{ pid } = { pid: undefined }] = connections.inspect();
    expect(isAlive(pid)).toBe(true);
    const closing = connections.close();
    await expect(call).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    await closing;
    expect(isAlive(pid)).toBe(false);
    await expect(caller.call("echo")).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    await expect(connections.toolsOf(everything(), signal)).rejects.toMatchObject({
      code: "SESSION_CLOSED",
    });
    expect(connections.inspect()).toMatchObject([{ state: "closed", pid: undefined }]);
    await settled();
    expect(resources()).toEqual(before);
  });

  test("a server that is deaf to all but SIGKILL is gone, and what it has started", async () => {
    const connections = open();
    const detail = join(folder, "children");
    await connections.toolsOf(fixture("stubborn", { detail }), signal);
    const [{ pid } = { pid: undefined }] = connections.inspect();
    const caller = new Caller(await connections.toolsOf(fixture("stubborn", { detail }), signal));
    await caller.call("child");
    const child = Number(await readFile(detail, "utf8"));
    expect([pid, child].map(isAlive)).toEqual([true, true]);
    await connections.close();
    expect(isAlive(pid)).toBe(false);
    // It was sent SIGKILL; only its parent could say when it has died of it.
    await expect.poll(() => isAlive(child), { timeout: 50_000 }).toBe(false);
  });

  test("a close while it connects leaves nothing", async () => {
    const connections = open();
    const STARTS = join(folder, "silent");
    const connecting = connections.toolsOf(fixture("silent", { env: { STARTS } }), signal);
    const failure = expect(connecting).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    const started = async () => Number(await readFile(STARTS, "utf8").catch(() => "0"));
    await expect.poll(started, { timeout: 50_000 }).toBeGreaterThan(0);
    const pid = await started();
    expect(isAlive(pid)).toBe(true);
    await connections.close();
    await failure;
    expect(isAlive(pid)).toBe(false);
  });

  test("a close before it connects starts nothing", async () => {
    const connections = open();
    const STARTS = join(folder, "never");
    const connecting = connections.toolsOf(fixture("silent", { env: { STARTS } }), signal);
    const failure = expect(connecting).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    await connections.close();
    await failure;
    await expect(readFile(STARTS)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("a process that uses a server", () => {
  /** Runs a program of its own with a connected server; gives what it has printed. */
  async function run(program: string): Promise<string> {
    const source = JSON.stringify(fixture("good"));
    const start = `
      import { McpConnections } from "${SRC}supervisor/tools/mcp-connections.ts";
      import { systemClock } from "${SRC}transport/clock.ts";
      const connections = new McpConnections({ clock: systemClock, random: Math.random });
      const tools = await connections.toolsOf(${source}, new AbortController().signal);
      console.log(connections.inspect()[0].pid);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "-e", start + program],
      { timeout: 50_000 },
    );
    return stdout.trim();
  }

  test.each([
    ["ends by itself when it has nothing more to do", ""],
    ["may end in the middle", "process.exit();"],
  ])("%s, and the server with it", async (_, program) => {
    const pid = Number(await run(program));
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isAlive(pid), { timeout: 50_000 }).toBe(false);
  });
});
