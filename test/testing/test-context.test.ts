import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { defineTool } from "../../src/actors/api.ts";
import { HeddleError } from "../../src/errors.ts";
import type { TestContextOptions } from "../../src/testing/api.ts";
import { testContext } from "../../src/testing/api.ts";

const noParameters = { type: "object" } as const;

/** As a user would have it: it tells how far it is, asks another worker, and runs a command. */
const publish = defineTool({
  name: "publish",
  parameters: z.object({ path: z.string() }),
  execute: async ({ path }, ctx) => {
    const { userId } = ctx.context as { userId: number };
    ctx.progress({ done: 0 });
    const version = await ctx.ask<number>("registry", "next", { path }, { timeoutMs: 100 });
    const { stdout } = await ctx.exec(["sum", path], { onOutput: (_, text) => ctx.progress(text) });
    await ctx.tell({ id: "log" }, "published", { path, version });
    return `${stdout} as ${version} by ${userId} (${ctx.toolCallId})`;
  },
});

describe("testContext()", () => {
  test("answers what the tool asks, and keeps what it has asked and shown", async () => {
    const ask = vi.fn().mockResolvedValue(7);
    const tell = vi.fn();
    const ctx = testContext({
      jobId: "nightly",
      context: { userId: 1 },
      ask,
      tell,
      exec: (_, { onOutput }) => {
        onOutput?.("stdout", "abc");
        return { stdout: "abc" };
      },
    });
    expect(await publish.execute({ path: "a.txt" }, ctx)).toBe("abc as 7 by 1 (nightly/1/0)");
    expect(ask).toHaveBeenCalledExactlyOnceWith(
      "registry",
      "next",
      { path: "a.txt" },
      { timeoutMs: 100 },
    );
    expect(tell).toHaveBeenCalledOnce();
    expect(ctx.progressed).toEqual([{ done: 0 }, "abc"]);
    expect(ctx.asked).toEqual([
      { type: "ask", to: "registry", name: "next", message: { path: "a.txt" }, timeoutMs: 100 },
      { type: "exec", argv: ["sum", "a.txt"], options: {} },
      { type: "tell", to: "log", name: "published", message: { path: "a.txt", version: 7 } },
    ]);
  });

  test("gives a child's result and a command's with what the test leaves out", async () => {
    const ctx = testContext({
      run: () => ({ text: "short" }),
      exec: async () => ({ exitCode: 3 }),
    });
    const module = new URL("file:///tools.js");
    expect(await ctx.run({ name: "child", tools: [module] }, { prompt: "shorten" })).toEqual({
      text: "short",
      steps: 1,
      finishReason: "stop",
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    });
    expect(await ctx.exec(["false"])).toMatchObject({ exitCode: 3, stdout: "", isTimedOut: false });
    expect(ctx.asked[0]).toEqual({
      type: "run",
      worker: { name: "child", tools: ["file:///tools.js"] },
      prompt: "shorten",
    });
  });

  test.each(["tell", "ask", "run", "exec"] as const)(
    "%s that nothing answers rejects, and names the option",
    async (name) => {
      const ctx = testContext();
      const calls = {
        tell: () => ctx.tell("log", "line"),
        ask: () => ctx.ask("log", "line"),
        run: () => ctx.run({}, { prompt: "go" }),
        exec: () => ctx.exec(["true"]),
      };
      await expect(calls[name]()).rejects.toMatchObject({
        code: "INVALID_OPTION",
        message: expect.stringContaining(`the option \`${name}\``),
        details: { field: name },
      });
      expect(ctx.asked).toMatchObject([{ type: name }]);
    },
  );

  test("what an answer throws is what the tool gets", async () => {
    const ctx = testContext({
      ask: () => {
        throw new HeddleError("ASK_TIMEOUT", "too late");
      },
    });
    await expect(ctx.ask("log", "line")).rejects.toMatchObject({ code: "ASK_TIMEOUT" });
  });

  test("refuses what the real one refuses", async () => {
    const answers = { ask: vi.fn(), exec: vi.fn() };
    const ctx = testContext(answers);
    const invalid = expect.objectContaining({ code: "INVALID_INPUT" });
    expect(() => ctx.progress("x".repeat(8_192))).toThrow(invalid);
    expect(() => ctx.progress(() => {})).toThrow(invalid);
    expect(() => ctx.ask("log", "line", { send: () => {} })).toThrow(invalid);
    await expect(ctx.exec(["ls"], { cwd: "relative" })).rejects.toThrow(/cwd .*absolute/);
    expect([answers.ask.mock.calls, answers.exec.mock.calls]).toEqual([[], []]);
  });

  test("many pieces of progress are there at once, in order", () => {
    const ctx = testContext();
    for (let i = 0; i < 1_000; i++) ctx.progress(i);
    expect(ctx.progressed).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });

  test("what the tool is given and has asked shares nothing with the test", async () => {
    const context = { list: [1] };
    const message = { list: [1] };
    const ctx = testContext({ context, tell: () => {} });
    await ctx.tell("log", "line", message);
    context.list.push(2);
    message.list.push(2);
    expect(ctx.context).toEqual({ list: [1] });
    expect(ctx.asked).toMatchObject([{ message: { list: [1] } }]);
  });

  test("aborts when the test says so", async () => {
    const waits = defineTool({
      name: "waits",
      parameters: noParameters,
      execute: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    });
    const ctx = testContext();
    const ended = waits.execute({}, ctx);
    expect([ctx.cancelled, ctx.signal.aborted]).toEqual([false, false]);
    ctx.abort("the user has left");
    expect([ctx.cancelled, ctx.signal.aborted]).toEqual([true, true]);
    await expect(ended).rejects.toMatchObject({
      code: "JOB_CANCELLED",
      message: "the user has left",
    });
  });

  test("aborts with the HeddleError that it is given", () => {
    const ctx = testContext();
    const timeout = new HeddleError("TOOL_TIMEOUT", "too slow");
    ctx.abort(timeout);
    expect(ctx.signal.reason).toBe(timeout);
  });

  test.each([
    ["jobId", { jobId: "" }],
    ["toolCallId", { toolCallId: 1 }],
    ["context", { context: { run: () => {} } }],
    ["ask", { ask: 5 }],
    ["reply", { reply: () => 5 }],
  ])("refuses what is wrong with %s", (field, options) => {
    expect(() => testContext(options as unknown as TestContextOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field } }),
    );
  });
});
