import { describe, expect, test } from "vitest";
import type { Budget, WorkerOptions } from "../../../src/supervisor/options.ts";
import type { WorkerSettings } from "../../../src/supervisor/workers/worker-settings.ts";
import {
  checkWorkerOptions,
  jobSettings,
  workerSettings,
} from "../../../src/supervisor/workers/worker-settings.ts";

const settingsOf = (
  options: object,
  defaults: WorkerOptions = {},
  providers: readonly string[] = ["main"],
): WorkerSettings => workerSettings(options as WorkerOptions, defaults, new Set(providers));

describe("workerSettings()", () => {
  test("fills in what is left out", () => {
    expect(settingsOf({})).toMatchObject({
      name: undefined,
      provider: "main",
      parkAfterMs: 30_000,
      restart: {
        policy: "on-failure",
        maxRestarts: 3,
        withinMs: 60_000,
        initialMs: 200,
        maxMs: 10_000,
      },
      model: {},
      instructions: undefined,
      transcript: [],
      maxSteps: 20,
      maxDepth: 8,
      maxChildren: 100,
      graceMs: 2_000,
      killMs: 5_000,
      timeouts: { firstChunkMs: 300_000, chunkMs: 120_000 },
      budget: {},
      windowBytes: 262_144,
      maxOutputBytes: 8_388_608,
      whenBusy: "enqueue",
    });
  });

  test("lays the options over the defaults, models, timeouts and budgets field by field", () => {
    const settings = settingsOf(
      {
        maxSteps: 3,
        model: { temperature: 1 },
        timeouts: { stepMs: 5 },
        budget: { maxToolCalls: 0 },
      },
      {
        maxSteps: 9,
        graceMs: 7,
        model: { name: "m", temperature: 0 },
        timeouts: { stepMs: 1, chunkMs: 2 },
        budget: { maxTotalTokens: 7, maxToolCalls: 9 },
      },
    );
    expect(settings).toMatchObject({
      maxSteps: 3,
      graceMs: 7,
      model: { name: "m", temperature: 1 },
      timeouts: { firstChunkMs: 300_000, stepMs: 5, chunkMs: 2 },
      budget: { maxTotalTokens: 7, maxToolCalls: 0 },
    });
  });

  test("a field that is given as undefined is one that is left out", () => {
    const fields = { maxSteps: undefined, provider: undefined, whenBusy: undefined };
    const settings = settingsOf(
      {
        ...fields,
        model: { name: undefined },
        timeouts: { chunkMs: undefined, stepMs: undefined },
      },
      {
        maxSteps: 9,
        provider: "b",
        whenBusy: "reject",
        model: { name: "m" },
        timeouts: { stepMs: 4 },
      },
      ["a", "b"],
    );
    expect(settings).toMatchObject({
      maxSteps: 9,
      provider: "b",
      whenBusy: "reject",
      model: { name: "m" },
      timeouts: { firstChunkMs: 300_000, chunkMs: 120_000, stepMs: 4 },
    });
  });

  test("name and transcript are the worker's own, never a default", () => {
    const transcript = [{ role: "user" as const, content: "hi" }];
    expect(settingsOf({}, { name: "x", transcript })).toMatchObject({
      name: undefined,
      transcript: [],
    });
    expect(settingsOf({ name: "y", transcript })).toMatchObject({ name: "y", transcript });
  });

  test("the transcript is a copy: what the caller does to his own later changes nothing", () => {
    const transcript = [{ role: "user" as const, content: [{ type: "text" as const, text: "a" }] }];
    const settings = settingsOf({ transcript });
    transcript.push({ role: "user", content: [] });
    (transcript[0] as { content: unknown }).content = "changed";
    expect(settings.transcript).toEqual([{ role: "user", content: [{ type: "text", text: "a" }] }]);
  });

  test("the provider may be left out if there is only one", () => {
    expect(settingsOf({}).provider).toBe("main");
    expect(() => settingsOf({}, {}, ["a", "b"])).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_PROVIDER",
        message: 'provider must be given when there are several: "a", "b"',
        details: { field: "provider" },
      }),
    );
  });

  test.each(["other", "constructor", "__proto__", "toString"])(
    "no provider %s is known",
    (provider) => {
      expect(() => settingsOf({ provider }, {}, ["a", "b"])).toThrow(
        expect.objectContaining({
          code: "UNKNOWN_PROVIDER",
          message: `no provider "${provider}"; known are "a", "b"`,
        }),
      );
    },
  );
});

describe("jobSettings()", () => {
  const settings = settingsOf({ maxSteps: 3, budget: { maxTotalTokens: 5, maxToolCalls: 6 } });

  test("are the worker's own where the job says nothing", () => {
    expect(jobSettings(settings, {})).toBe(settings);
    expect(jobSettings(settings, { maxSteps: 3 })).toBe(settings);
  });

  test("have the job's steps, and its budget laid over field by field", () => {
    const budget = { maxTotalTokens: 9, maxToolCalls: undefined } as unknown as Budget;
    expect(jobSettings(settings, { maxSteps: 7, budget })).toEqual({
      ...settings,
      maxSteps: 7,
      budget: { maxTotalTokens: 9, maxToolCalls: 6 },
    });
    expect(jobSettings(settings, { budget: { maxToolCalls: 0 } }).maxSteps).toBe(3);
  });
});

describe("checkWorkerOptions()", () => {
  const user = { role: "user", content: "hi" };
  const good: readonly object[] = [
    {},
    { maxSteps: 1 },
    { budget: {} },
    { budget: { maxTotalTokens: 1, maxToolCalls: 0 } },
    { budget: { maxTotalTokens: 1_000_000_000_000, maxToolCalls: 1_000_000 } },
    { maxDepth: 0, maxChildren: 0 },
    { maxDepth: 100, maxChildren: 10_000 },
    { maxSteps: 1_000, graceMs: 0, killMs: 0, windowBytes: 1, maxOutputBytes: 1 },
    { model: { temperature: 0, maxOutputTokens: 1, toolChoice: "required" } },
    { model: { temperature: 2, toolChoice: { tool: "add" }, reasoning: { effort: "low" } } },
    { timeouts: { totalMs: 1, stepMs: 1, firstChunkMs: 1, chunkMs: 2_147_483_647 } },
    {
      transcript: [
        user,
        { role: "assistant", content: "" },
        { role: "tool", toolCallId: "c", toolName: "t", content: "" },
      ],
    },
    { transcript: [{ role: "user", content: [{ type: "text", text: "a" }] }] },
  ];
  test.each(good)("takes %j", (options) => {
    expect(() => checkWorkerOptions(options as WorkerOptions, "")).not.toThrow();
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["options", null],
    ["options", "researcher"],
    ["options", []],
    ["maxStep", { maxStep: 1 }],
    ["name", { name: "" }],
    ["name", { name: 1 }],
    ["provider", { provider: null }],
    ["instructions", { instructions: ["a"] }],
    ["maxSteps", { maxSteps: 0 }],
    ["maxDepth", { maxDepth: -1 }],
    ["maxDepth", { maxDepth: 101 }],
    ["maxDepth", { maxDepth: 0.5 }],
    ["maxChildren", { maxChildren: -1 }],
    ["maxChildren", { maxChildren: 10_001 }],
    ["maxSteps", { maxSteps: 1_001 }],
    ["maxSteps", { maxSteps: 2.5 }],
    ["maxSteps", { maxSteps: "3" }],
    ["graceMs", { graceMs: -1 }],
    ["graceMs", { graceMs: 2_147_483_648 }],
    ["killMs", { killMs: Number.NaN }],
    ["windowBytes", { windowBytes: 0 }],
    ["maxOutputBytes", { maxOutputBytes: Number.POSITIVE_INFINITY }],
    ["whenBusy", { whenBusy: "wait" }],
    ["model", { model: null }],
    ["model", { model: "gpt-5" }],
    ["model.topp", { model: { topp: 1 } }],
    ["model.name", { model: { name: "" } }],
    ["model.temperature", { model: { temperature: 2.1 } }],
    ["model.maxOutputTokens", { model: { maxOutputTokens: 0 } }],
    ["model.toolChoice", { model: { toolChoice: "always" } }],
    ["model.toolChoice", { model: { toolChoice: null } }],
    ["model.toolChoice.tool", { model: { toolChoice: {} } }],
    ["model.toolChoice.name", { model: { toolChoice: { name: "add" } } }],
    ["model.reasoning", { model: { reasoning: "high" } }],
    ["model.reasoning", { model: { reasoning: null } }],
    ["model.reasoning.effort", { model: { reasoning: { effort: "huge" } } }],
    ["budget", { budget: 5 }],
    ["budget", { budget: null }],
    ["budget.maxTokens", { budget: { maxTokens: 5 } }],
    ["budget.maxTotalTokens", { budget: { maxTotalTokens: 0 } }],
    ["budget.maxTotalTokens", { budget: { maxTotalTokens: 1_000_000_000_001 } }],
    ["budget.maxTotalTokens", { budget: { maxTotalTokens: 1.5 } }],
    ["budget.maxToolCalls", { budget: { maxToolCalls: -1 } }],
    ["budget.maxToolCalls", { budget: { maxToolCalls: 1_000_001 } }],
    ["timeouts", { timeouts: 5 }],
    ["timeouts", { timeouts: null }],
    ["timeouts.total", { timeouts: { total: 5 } }],
    ["timeouts.totalMs", { timeouts: { totalMs: 0 } }],
    ["timeouts.chunkMs", { timeouts: { chunkMs: 2_147_483_648 } }],
    ["transcript", { transcript: {} }],
    ["transcript", { transcript: "hi" }],
    ["transcript[0].role", { transcript: [null] }],
    ["transcript[0].role", { transcript: ["hi"] }],
    ["transcript[1].role", { transcript: [user, { role: "system", content: "x" }] }],
    ["transcript[0].content", { transcript: [{ role: "user" }] }],
    ["transcript[0].content", { transcript: [{ role: "assistant", content: [] }] }],
  ];
  test.each(bad)("refuses %s in %j, and names it", (field, options) => {
    expect(() => checkWorkerOptions(options as WorkerOptions, "")).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining(field),
        details: { field },
      }),
    );
  });

  test("fields are named by their place", () => {
    expect(() => checkWorkerOptions({ timeouts: { totalMs: 0 } }, "defaults")).toThrow(
      expect.objectContaining({
        message: "defaults.timeouts.totalMs must be a number from 1 to 2147483647",
        details: { field: "defaults.timeouts.totalMs" },
      }),
    );
  });
});
