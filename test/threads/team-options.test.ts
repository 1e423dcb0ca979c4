import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { AnyTool, ScriptedToolCall } from "../../src/index.ts";
import { asTool, defineTool, mcp } from "../../src/index.ts";
import { childrenOf, startTeam } from "../support/teams.ts";
import { outcomesOf, toolsOf } from "../support/tools.ts";

const GO = { prompt: "go" };
const team = toolsOf("team");
const ask = (name: string, prompt = "look") => ({ name, args: { prompt } });
const run = (args: object): ScriptedToolCall => ({ name: "run", args });
const hosted = (...hostTools: AnyTool[]) => ({ provider: "lead", name: "lead", hostTools });
const acting = { provider: "lead", name: "lead", tools: [team] };

/** The outcome of what a tool in the actor of such a worker runs. */
async function ranBy(lead: object, worker: object, input: object = {}) {
  const { session } = await startTeam([run({ worker, ...input })]);
  const [outcome] = await outcomesOf(session.run({ ...acting, ...lead }, GO));
  return outcome;
}

describe("asTool()", () => {
  test("takes what its parameters say, and asks what its prompt makes of that", async () => {
    const { session, supervisor } = await startTeam([{ name: "weather", args: { city: "Ulm" } }]);
    const weather = asTool({
      name: "weather",
      description: "Knows the weather.",
      parameters: z.object({ city: z.string() }),
      prompt: ({ city }) => `The weather in ${city.toUpperCase()}?`,
      provider: "leaf",
    });
    await session.run(hosted(weather), GO).wait();
    const [asked] = await supervisor.scripted("lead").calls();
    expect(asked?.request.tools).toMatchObject([
      { name: "weather", description: "Knows the weather.", parameters: { required: ["city"] } },
    ]);
    const [call] = await supervisor.scripted("leaf").calls();
    expect(call?.request.messages).toMatchObject([{ content: "The weather in ULM?" }]);
  });

  test("without a prompt of its own is asked with all its arguments", async () => {
    const { session, supervisor } = await startTeam([{ name: "weather", args: { city: "Ulm" } }]);
    const weather = asTool({ name: "weather", parameters: { type: "object" }, provider: "leaf" });
    await session.run(hosted(weather), GO).wait();
    const [call] = await supervisor.scripted("leaf").calls();
    expect(call?.request.messages).toMatchObject([{ content: '{"city":"Ulm"}' }]);
  });

  test("refuses a call without a prompt before anything is run", async () => {
    const { session, supervisor } = await startTeam([{ name: "research", args: { prompt: "" } }]);
    const job = session.run(hosted(asTool({ name: "research", provider: "leaf" })), GO);
    expect(await outcomesOf(job)).toMatchObject([{ error: { code: "TOOL_ARGUMENTS_INVALID" } }]);
    expect(await supervisor.scripted("leaf").calls()).toEqual([]);
  });

  test("returns its output where it has one", async () => {
    const { session } = await startTeam([ask("count")], {
      levels: { count: [{ text: "[1, 2]" }] },
    });
    const output = { type: "array", items: { type: "number" } };
    const job = session.run(hosted(asTool({ name: "count", provider: "count", output })), GO);
    expect(await outcomesOf(job)).toMatchObject([{ isError: false, result: "[1,2]" }]);
  });

  test("whose output is not valid is an error", async () => {
    const outcome = await ranBy({}, { provider: "leaf" }, { output: { type: "number" } });
    expect(outcome).toMatchObject({ error: { code: "OUTPUT_INVALID" } });
  });
});

describe("what a child is not given", () => {
  test("is as with its parent: provider, model and context, those of the job laid over", async () => {
    const child = asTool({ name: "child", context: { b: 3 }, hostTools: [knows()] });
    const { session, supervisor } = await startTeam([], {
      levels: { lead: [{ toolCalls: [ask("child")] }, { text: "done" }] },
    });
    const model = { name: "m", temperature: 1, toolChoice: { tool: "child" } };
    const lead = {
      ...hosted(child),
      model,
      context: { a: 1, b: 1, c: 1 },
      maxSteps: 2,
      maxDepth: 1,
    };
    await session.run(lead, GO, { model: { temperature: 2 }, context: { c: 2 } }).outcome;
    const calls = await supervisor.scripted("lead").calls();
    const own = calls.find(({ workerName }) => workerName === "lead/child");
    expect(own?.request.settings).toEqual({ name: "m", temperature: 2 });
  });

  test("is what its tools know as context", async () => {
    const { session } = await startTeam([ask("child")], {
      levels: { child: [{ toolCalls: [{ name: "knows" }] }, { text: "told" }] },
    });
    const known: unknown[] = [];
    const child = asTool({
      name: "child",
      provider: "child",
      context: { b: 3 },
      hostTools: [knows(known)],
    });
    const lead = { ...hosted(child), context: { a: 1, b: 1, c: 1 } };
    await session.run(lead, GO, { context: { c: 2 } }).wait();
    expect(known).toEqual([{ a: 1, b: 3, c: 2 }]);
  });

  test("is what limits it", async () => {
    const { session } = await startTeam([ask("endless")], {
      levels: { endless: [{ toolCalls: [{ name: "knows" }] }] },
    });
    const endless = asTool({ name: "endless", provider: "endless", hostTools: [knows()] });
    const job = session.run({ ...hosted(endless), maxSteps: 3 }, GO);
    expect(await outcomesOf(job)).toMatchObject([
      { error: { code: "MAX_STEPS", details: { maxSteps: 3 } } },
    ]);
  });

  test("is nothing of its tools and permissions, nor of the supervisor's defaults for these", async () => {
    const path = "/etc/hostname";
    const defaults = { permissions: { fsRead: [path] }, hostTools: [knows()] };
    const { session, supervisor } = await startTeam([ask("child")], {
      defaults,
      levels: { child: [{ toolCalls: [{ name: "read", args: { path } }] }, { text: "tried" }] },
    });
    const tools = [toolsOf("trespasser")];
    const parent = session.run(hosted(asTool({ name: "child", provider: "child", tools })), GO);
    const [child] = await childrenOf(session, parent, 1);
    await parent.wait();
    expect(child && (await outcomesOf(child))).toMatchObject([
      { error: { code: "PERMISSION_DENIED" } },
    ]);
    const [call] = await supervisor.scripted("child").calls();
    expect(call?.request.tools?.map(({ name }) => name)).not.toContain("knows");
  });
});

describe("what a child may", () => {
  const permissions = {
    fsRead: ["/etc/hostname"],
    fsWrite: ["/tmp/heddle-nowhere"],
    childProcess: true,
    env: ["HOME"],
  };
  const leaf = { provider: "leaf" };

  test.each<[object, string]>([
    [{ fsRead: ["/etc"] }, 'permissions.fsRead: ["/etc"]'],
    [{ fsWrite: [import.meta.dirname] }, `permissions.fsWrite: ["${import.meta.dirname}"]`],
    [{ net: true }, "permissions.net: true"],
    [{ env: ["HOME", "SECRET"] }, 'permissions.env: ["SECRET"]'],
  ])("is no more than its parent may: %o is refused", async (more, grant) => {
    const outcome = await ranBy({ permissions }, { ...leaf, permissions: more });
    expect(outcome).toMatchObject({
      isError: true,
      error: { code: "PERMISSION_DENIED", details: { grant } },
    });
    expect(outcome?.result).toContain(grant);
  });

  test("is refused to a host tool's child, too", async () => {
    const { session } = await startTeam([ask("child")]);
    const child = asTool({ name: "child", provider: "leaf", permissions: { childProcess: true } });
    const job = session.run(hosted(child), GO);
    expect(await outcomesOf(job)).toMatchObject([
      {
        error: { code: "PERMISSION_DENIED", details: { grant: "permissions.childProcess: true" } },
      },
    ]);
  });

  test("is what it is granted of that", async () => {
    const path = "/etc/hostname";
    const { session } = await startTeam([ask("reader")], {
      levels: { reader: [{ toolCalls: [{ name: "read", args: { path } }] }, { text: "read" }] },
    });
    const own = { tools: [toolsOf("trespasser")], permissions: { fsRead: [path] } };
    const reader = asTool({ name: "reader", provider: "reader", ...own });
    const parent = session.run({ ...hosted(reader), permissions }, GO);
    const [child] = await childrenOf(session, parent, 1);
    await parent.wait();
    expect(child && (await outcomesOf(child))).toMatchObject([{ isError: false }]);
  });
});

describe("the tools of a child that an actor runs", () => {
  test("are modules that its own thread can read", async () => {
    const worker = { provider: "leaf", tools: [toolsOf("calculator").href] };
    expect(await ranBy({}, worker)).toMatchObject({ isError: false, result: "found" });
  });

  test("are modules that it was granted, with what they need", async () => {
    const home = mkdtempSync(join(tmpdir(), "heddle-team-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    const module = join(home, "tools.mjs");
    writeFileSync(module, "export const tools = [];");
    writeFileSync(join(home, "package.json"), "{}");
    const worker = { provider: "leaf", tools: [module] };
    const granted = await ranBy({ permissions: { fsRead: [home] } }, worker);
    expect(granted).toMatchObject({ isError: false, result: "found" });
    // Its package is more than the module.
    const refused = await ranBy({ permissions: { fsRead: [module] } }, worker);
    expect(refused?.error).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { grant: `permissions.fsRead: ["${home}/*"]` },
    });
  });

  test("are no modules that lie elsewhere", async () => {
    const outcome = await ranBy({}, { provider: "leaf", tools: ["/srv/heddle-nowhere/tools.js"] });
    expect(outcome?.error).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { grant: 'permissions.fsRead: ["/srv/heddle-nowhere/*"]' },
    });
  });

  test("are no servers", async () => {
    const refused = await ranBy({}, { provider: "leaf", tools: [mcp({ command: "server" })] });
    expect(refused).toMatchObject({
      error: { code: "INVALID_INPUT", details: { field: "worker.tools[0]" } },
    });
  });
});

describe("options of a child that are wrong", () => {
  test.each<[object, object, string, string]>([
    [{ colour: "red" }, {}, "INVALID_INPUT", "worker.colour"],
    [{ heapMb: 65_536 }, {}, "INVALID_INPUT", "worker.heapMb"],
    [{ maxSteps: 0 }, {}, "INVALID_OPTION", "worker.maxSteps"],
    [{ permissions: { net: "yes" } }, {}, "INVALID_OPTION", "worker.permissions.net"],
    [{ tools: ["./tools.js"] }, {}, "INVALID_OPTION", "worker.tools[0]"],
    [{ provider: "nobody" }, {}, "UNKNOWN_PROVIDER", "provider"],
    [{ tools: 7 }, {}, "INVALID_OPTION", "worker.tools"],
    [{}, { prompt: "" }, "INVALID_INPUT", "prompt"],
    [{}, { output: 7 }, "INVALID_OPTION", "output"],
  ])(
    "%o with %o are an error for the model that names them",
    async (worker, input, code, field) => {
      const outcome = await ranBy({}, { provider: "leaf", ...worker }, input);
      expect(outcome).toMatchObject({ isError: true, error: { code, details: { field } } });
    },
  );
});

test.each([{}, { worker: 7 }])("what is no worker is refused: %o", async (args) => {
  const { session } = await startTeam([run(args)]);
  expect(await outcomesOf(session.run(acting, GO))).toMatchObject([
    { error: { code: "INVALID_INPUT", details: { field: "worker" } } },
  ]);
});

function knows(known: unknown[] = []): AnyTool {
  return defineTool({
    name: "knows",
    parameters: { type: "object" },
    execute: (_, { context }) => known.push(context),
  });
}
