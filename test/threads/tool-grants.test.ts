import { describe, expect, test } from "vitest";
import type { AnyTool } from "../../src/index.ts";
import { startScripted } from "../support/supervisors.ts";
import { callsOf, outcomesOf, toolsOf } from "../support/tools.ts";

const calculator = { tools: [toolsOf("calculator")] };
describe("permissions", () => {
  test.each([
    ["read", "/etc/hostname", "permissions.fsRead"],
    ["write", "/tmp/heddle-test-never-written", "permissions.fsWrite"],
    ["spawn", "/bin/true", "permissions.childProcess"],
    ["exec", "/bin/true", "permissions.childProcess"],
    ["fetch", "http://127.0.0.1:1024/", "permissions.net"],
  ])("what %s needs is told to the model and the host", async (name, path, grant) => {
    const { session, supervisor } = await startScripted(callsOf({ name, args: { path } }));
    if (supervisor.inspect().notEnforced.includes(grant.split(".")[1] ?? "")) return;
    const job = session.run({ tools: [toolsOf("trespasser")] }, { prompt: "go" });
    const [outcome] = await outcomesOf(job);
    expect(outcome).toMatchObject({
      isError: true,
      error: { code: "PERMISSION_DENIED", details: { grant: expect.stringContaining(grant) } },
    });
    expect(outcome?.result).toContain(grant);
  });

  test("what is granted works", async () => {
    const { session } = await startScripted(
      callsOf(
        { name: "read", args: { path: "/etc/hostname" } },
        { name: "exec", args: { path: "/bin/pwd" } },
      ),
    );
    const permissions = { fsRead: ["/etc/hostname"], childProcess: true };
    const job = session.run({ tools: [toolsOf("trespasser")], permissions }, { prompt: "go" });
    expect((await outcomesOf(job)).map(({ isError }) => isError)).toEqual([false, false]);
  });
});

describe("tools that cannot be loaded", () => {
  test.each([
    ["is not there", new URL("file:///nowhere/tools.js"), "cannot be loaded"],
    ["exports no tools", new URL("../fixtures/behaviours/counter.js", import.meta.url), "`tools`"],
  ])("a module that %s fails the job, not its worker", async (_, module, message) => {
    const { session } = await startScripted([{ text: "done" }]);
    const worker = session.createWorker({ tools: [module] });
    const error = await session
      .run(worker, { prompt: "go" })
      .wait()
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "TOOL_LOAD_FAILED" });
    expect(error.message).toContain(message);
    expect([worker.state, worker.lastFailure?.code]).toEqual(["idle", "TOOL_LOAD_FAILED"]);
  });

  test("two tools of one name fail the job", async () => {
    const { session } = await startScripted([{ text: "done" }]);
    const hostTools: AnyTool[] = [{ name: "add", parameters: {}, execute: () => 1 }];
    const job = session.run({ ...calculator, hostTools }, { prompt: "go" });
    await expect(job.wait()).rejects.toMatchObject({
      code: "TOOL_LOAD_FAILED",
      message: expect.stringContaining('"add"'),
    });
  });

  test.each<[object, string]>([
    [{ tools: "tools.js" }, "tools"],
    [{ tools: ["./tools.js"] }, "tools[0]"],
    [{ tools: [7] }, "tools[0]"],
    [{ tools: [{ module: "heddle/tools/other" }] }, "tools[0].module"],
    [{ tools: [{ module: new URL("https://example.com/x.js") }] }, "tools[0].module"],
    [{ hostTools: [{ name: "a b", parameters: {}, execute: () => 1 }] }, "hostTools[0].name"],
    [{ hostTools: [{ name: "a", parameters: {} }] }, "hostTools[0].execute"],
    [{ hostTools: [{ name: "a", parameters: 7, execute: () => 1 }] }, "hostTools[0].parameters"],
    [{ approvals: "always" }, "approvals"],
    [{ maxParallelToolCalls: 0 }, "maxParallelToolCalls"],
    [{ maxToolResultBytes: -1 }, "maxToolResultBytes"],
    [{ timeouts: { toolMs: 0 } }, "timeouts.toolMs"],
  ])("%o is refused at once, and names the field", async (options, field) => {
    const { session } = await startScripted([{ text: "done" }]);
    expect(() => session.createWorker(options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
  });
});
