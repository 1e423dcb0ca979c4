import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { defineTool } from "../../src/actors/api.ts";
import type { InlineOptions } from "../../src/testing/api.ts";
import { runInline } from "../../src/testing/api.ts";
import { tools } from "../fixtures/tools/calculator.ts";
import { toolsOf } from "../support/tools.ts";

const adds = { toolCalls: [{ name: "add", args: { a: 1, b: 2 } }] };
const done = { text: "done" };
const noParameters = { type: "object" } as const;

describe("runInline()", () => {
  test("asks the model, carries out what it calls, and asks again", async () => {
    const run = await runInline({ tools, prompt: "add", responses: [adds, { text: "It is 3." }] });
    expect(run.status).toBe("completed");
    expect(run.messages).toEqual([
      { role: "user", content: "add" },
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: "call_0_0", name: "add", argumentsText: '{"a":1,"b":2}' }],
      },
      { role: "tool", toolCallId: "call_0_0", toolName: "add", content: "3", isError: false },
      { role: "assistant", content: "It is 3." },
    ]);
    expect(run.calls).toEqual([
      {
        toolCallId: "call_0_0",
        name: "add",
        args: { a: 1, b: 2 },
        decision: undefined,
        end: { result: "3" },
        progressed: [],
        asked: [],
      },
    ]);
    expect(run.requests.map(({ messages }) => messages.length)).toEqual([1, 3]);
    expect(run.requests[0]?.tools?.map(({ name }) => name)).toEqual(["add", "divide"]);
  });

  test("gives the result of the last response, and the sum of what all have taken", async () => {
    const usage = { inputTokens: 2, outputTokens: 1, totalTokens: 3, cachedInputTokens: 1 };
    const responses = [
      { ...adds, usage },
      { text: "3", finishReason: "length", usage },
    ] as const;
    expect(await runInline({ tools, responses })).toMatchObject({
      result: {
        text: "3",
        steps: 2,
        finishReason: "length",
        usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6, cachedInputTokens: 2 },
      },
    });
  });

  test("a mock is called with what the schema makes of the arguments, and the call's context", async () => {
    const execute = vi.fn(() => "sunny");
    const weather = defineTool({
      name: "weather",
      parameters: z.object({ city: z.string().trim(), days: z.number().default(1) }),
      execute,
    });
    const run = await runInline({
      tools: [weather],
      context: { userId: 7 },
      responses: [{ toolCalls: [{ name: "weather", args: { city: " Oslo " } }] }, done],
    });
    expect(execute).toHaveBeenCalledExactlyOnceWith(
      { city: "Oslo", days: 1 },
      expect.objectContaining({
        jobId: "job-1",
        toolCallId: "job-1/1/0",
        context: { userId: 7 },
      }),
    );
    expect(run.calls[0]?.args).toEqual({ city: " Oslo " });
  });

  test("a response may be a function of what the model was asked", async () => {
    const run = await runInline({
      tools,
      instructions: "Be brief.",
      responses: [adds, ({ messages }) => ({ text: `I got ${messages.at(-1)?.content}` })],
    });
    expect(run.status === "completed" && run.result.text).toBe("I got 3");
    expect(run.requests[0]?.instructions).toBe("Be brief.");
  });

  test("keeps what a tool has shown and asked, and answers it", async () => {
    const counts = defineTool({
      name: "counts",
      parameters: noParameters,
      execute: async (_, ctx) => {
        ctx.progress("half");
        return await ctx.ask("counter", "add", { n: 1 });
      },
    });
    const run = await runInline({
      tools: [counts],
      ask: (_to, _name, message) => (message as { n: number }).n + 4,
      responses: [{ toolCalls: [{ name: "counts" }] }, done],
    });
    expect(run.calls).toMatchObject([
      {
        end: { result: "5" },
        progressed: ["half"],
        asked: [{ type: "ask", to: "counter", name: "add", message: { n: 1 } }],
      },
    ]);
  });

  test("loads modules by URL, with their options, beside the tools that it is given", async () => {
    const run = await runInline({
      modules: [toolsOf("calculator")],
      tools: [defineTool({ name: "ping", parameters: noParameters, execute: () => "pong" })],
      responses: [{ toolCalls: [{ name: "ping" }, ...adds.toolCalls] }, done],
    });
    expect(run.calls.map(({ end }) => end.result)).toEqual(["pong", "3"]);
  });

  test("shows the calls in the order of the model, however they end", async () => {
    const gate = Promise.withResolvers<string>();
    const order: string[] = [];
    const tool = (name: string, execute: () => unknown) =>
      defineTool({
        name,
        parameters: noParameters,
        execute: async () => {
          const result = await execute();
          order.push(name);
          return result;
        },
      });
    const waitsLonger = async () => {
      const result = await gate.promise;
      await new Promise(setImmediate);
      return result;
    };
    const run = await runInline({
      tools: [tool("waits", waitsLonger), tool("opens", () => gate.resolve("open"))],
      responses: [{ toolCalls: [{ name: "waits" }, { name: "opens" }] }, done],
    });
    expect(order).toEqual(["opens", "waits"]);
    expect(run.calls.map(({ name, end }) => [name, end.result])).toEqual([
      ["waits", "open"],
      ["opens", "The tool returned nothing."],
    ]);
  });
});

describe("what goes wrong", () => {
  test.each([
    ["whose arguments are invalid", { name: "add", args: { a: "1" } }, "TOOL_ARGUMENTS_INVALID"],
    ["that is cut off", { name: "add", argumentsText: '{"a": 1' }, "TOOL_ARGUMENTS_INVALID"],
    ["of an unknown tool", { name: "subtract" }, "UNKNOWN_TOOL"],
  ])("a call %s is the model's to hear", async (_, call, code) => {
    const run = await runInline({ tools, responses: [{ toolCalls: [call] }, done] });
    expect(run.status).toBe("completed");
    expect(run.calls).toMatchObject([{ args: undefined, end: { error: { code } } }]);
    expect(run.messages[2]).toMatchObject({ role: "tool", isError: true });
  });

  test("a tool that throws is, too", async () => {
    const throws = defineTool({
      name: "throws",
      parameters: noParameters,
      execute: () => Promise.reject(new Error("it broke")),
    });
    const run = await runInline({
      tools: [throws],
      responses: [{ toolCalls: [{ name: "throws" }] }, done],
    });
    expect(run.calls[0]?.end).toMatchObject({
      result: "Error: it broke",
      error: { code: "TOOL_FAILED" },
    });
  });

  test.each([
    ["SCRIPT_EXHAUSTED", { responses: [adds] }],
    ["PROVIDER_UNAVAILABLE", { responses: [adds, { error: { status: 503, message: "busy" } }] }],
    ["PROVIDER_FAILED", { responses: [adds, () => Promise.reject(new Error("bug"))] }],
    ["INVALID_OPTION", { responses: [adds, () => ({ text: 5 }) as never] }],
    ["MAX_STEPS", { responses: [adds, adds], maxSteps: 2 }],
    [
      "TOOL_LOAD_FAILED",
      { responses: [done], modules: [new URL("./nowhere.js", import.meta.url)] },
    ],
    ["TOOL_LOAD_FAILED", { responses: [done], modules: [toolsOf("calculator")] }],
  ] satisfies [string, InlineOptions][])("%s is how the run ends", async (code, options) => {
    const run = await runInline({ tools, ...options });
    expect([run.status, run.error?.code]).toEqual(["failed", code]);
  });

  test("a run that fails has an end for every call, and says what it has taken", async () => {
    const run = await runInline({ tools, responses: [adds, adds], maxSteps: 2 });
    expect(run).toMatchObject({ status: "failed", partial: { steps: 2 } });
    expect(run.calls.map(({ end }) => end.error !== undefined)).toEqual([false, true]);
    expect(run.messages.filter(({ role }) => role === "tool")).toHaveLength(2);
  });

  test.each([
    ["responses", {}],
    ["responses", { responses: [] }],
    ["responses[1]", { responses: [done, {}] }],
    ["responses[0].toolCalls[0].name", { responses: [{ toolCalls: [{}] }] }],
    ["tools[0].name", { responses: [done], tools: [{ name: "a b" }] }],
    ["modules[0]", { responses: [done], modules: ["./relative.js"] }],
    ["decide", { responses: [done], decide: true }],
    ["maxSteps", { responses: [done], maxSteps: 0 }],
    ["timeouts.toolMs", { responses: [done], timeouts: { toolMs: -1 } }],
    ["timeouts.stepMs", { responses: [done], timeouts: { stepMs: 1 } }],
    ["approvals", { responses: [done], approvals: "maybe" }],
    ["prompt", { responses: [done], prompt: "" }],
    ["signal", { responses: [done], signal: {} }],
    ["ask", { responses: [done], ask: 3 }],
    ["provider", { responses: [done], provider: "main" }],
  ])("%s that is wrong in %j is refused, and nothing is run", async (field, options) => {
    await expect(runInline(options as unknown as InlineOptions)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      details: { field },
    });
  });
});
