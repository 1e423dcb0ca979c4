import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import type { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import type { AiSdkProviderOptions } from "../../../src/index.ts";
import { aiSdkProvider, Supervisor } from "../../../src/index.ts";
import { BrokenServer } from "../../support/broken-server.ts";
import { firstText, startSupervisor } from "../../support/supervisors.ts";
import { anthropic as dialect } from "../../support/thinking-dialects.ts";
import { chunk, chunkedHead } from "../wire/bytes.ts";

const ANTHROPIC = { package: "@ai-sdk/anthropic", create: "createAnthropic", model: "claude-x" };
const KEY = "sk-in-no-heap-but-one-9876543210";

async function refused(options: AiSdkProviderOptions): Promise<unknown> {
  return await Supervisor.start({ providers: { main: aiSdkProvider(options) } }).catch(
    (error) => error,
  );
}

/** An application with a package of its own. */
async function application(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "heddle-app-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, "node_modules", "my-models");
  await mkdir(home, { recursive: true });
  const manifest = { name: "my-models", type: "module", exports: { import: "./main.js" } };
  await writeFile(join(home, "package.json"), JSON.stringify(manifest));
  await writeFile(join(home, "main.js"), source);
  await writeFile(join(folder, "package.json"), "{}");
  return join(folder, "app.js");
}

describe("a package that cannot be used says what to do", () => {
  test("it is not installed", async () => {
    expect(await refused({ package: "@ai-sdk/nobody-has-this", create: "createIt" })).toMatchObject(
      {
        code: "PROVIDER_LOAD_FAILED",
        message: expect.stringContaining("npm install @ai-sdk/nobody-has-this"),
      },
    );
  });

  test("it has no such function", async () => {
    expect(await refused({ ...ANTHROPIC, create: "createClaude" })).toMatchObject({
      code: "PROVIDER_LOAD_FAILED",
      message: expect.stringContaining("createAnthropic"),
    });
  });

  test("its models are of another age", async () => {
    const from = await application(
      `export const createMine = () => ({ languageModel: () => ({ specificationVersion: "v2" }) });`,
    );
    const options = { package: "my-models", create: "createMine", model: "m", from };
    expect(await refused(options)).toMatchObject({
      code: "PROVIDER_LOAD_FAILED",
      message: expect.stringContaining("Heddle needs v4"),
    });
  });

  test("it fails when it is loaded", async () => {
    const from = await application("throw new Error('out of order');");
    expect(await refused({ package: "my-models", create: "createMine", from })).toMatchObject({
      code: "PROVIDER_LOAD_FAILED",
      message: expect.stringContaining("out of order"),
    });
  });
});

test("a package is found from where the application is, though it can only be imported", async () => {
  const from = await application(`
    export const createMine = ({ words }) => ({
      languageModel: (modelId) => ({
        specificationVersion: "v4", provider: "mine", modelId, supportedUrls: {},
        doStream: async () => ({
          stream: ReadableStream.from([
            { type: "stream-start", warnings: [] },
            { type: "text-start", id: "1" },
            { type: "text-delta", id: "1", delta: words },
            { type: "text-end", id: "1" },
            { type: "finish", finishReason: { unified: "stop", raw: "stop" },
              usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } } },
          ]),
        }),
      }),
    });`);
  const main = aiSdkProvider({
    package: "my-models",
    create: "createMine",
    model: "m",
    settings: { words: "from next door" },
    from,
  });
  const session = (await startSupervisor({ providers: { main } })).openSession();
  expect((await session.run({}, { prompt: "hi" }).wait()).text).toBe("from next door");
});

test.for<readonly [string, object, string]>([
  ["no package", { create: "c" }, "package"],
  ["a path as a package", { package: "./x.js", create: "c" }, "package"],
  ["a function among the settings", { ...ANTHROPIC, settings: { fetch } }, "settings"],
  ["an unknown option", { ...ANTHROPIC, apiKey: KEY }, "apiKey"],
  ["a variable with its value", { ...ANTHROPIC, env: [`ANTHROPIC_API_KEY=${KEY}`] }, "env[0]"],
  ["a tool without an id", { ...ANTHROPIC, tools: [{ name: "x" }] }, "tools[0].id"],
])("aiSdkProvider() refuses %s, and shows no key", ([, options, field]) => {
  const make = () => aiSdkProvider(options as AiSdkProviderOptions);
  expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION", details: { field } }));
  expect(make).not.toThrow(new RegExp(KEY));
});

test("a key of the environment is in the heap of its gateway, and in that of no actor", async () => {
  process.env["ANTHROPIC_API_KEY"] = KEY;
  onTestFinished(() => {
    delete process.env["ANTHROPIC_API_KEY"];
  });
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on("worker", note);
  onTestFinished(() => void process.off("worker", note));
  const call = dialect.events([{ type: "call", id: "toolu_1", name: "none", input: {} }]);
  const begun = dialect.events([{ type: "text", text: "begun" }]).slice(0, 3);
  await using server = await BrokenServer.start(
    // From then on the agent is at work: a job's first call is made in its place.
    [chunkedHead(), ...call.map((event) => chunk(event)), "0\r\n\r\n"],
    [chunkedHead(), ...begun.map((event) => chunk(event)), "[stall]"],
  );
  const settings = { baseURL: `${server.url}/v1` };
  const main = aiSdkProvider({ ...ANTHROPIC, settings, env: ["ANTHROPIC_API_KEY"] });
  const session = (
    await startSupervisor({ providers: { main }, threads: { spare: 1 } })
  ).openSession();
  await firstText(session.run(session.createWorker(), { prompt: "go" }));
  expect(server.requests[0]?.headers.get("x-api-key")).toBe(KEY);
  const heaps = await Promise.all(
    threads.map(async (thread) => {
      const heap = await textOf(await thread.getHeapSnapshot());
      return { thread: thread.threadName, hasKey: heap.includes(KEY) };
    }),
  );
  const holders = heaps.filter(({ hasKey }) => hasKey).map(({ thread }) => thread);
  expect(holders).toEqual(["gateway-main"]);
  expect(heaps.length).toBeGreaterThanOrEqual(2);
});
