import { describe, expect, test } from "vitest";
import type { ScriptedToolCall, ToolDecision, WorkerHost } from "../../src/index.ts";
import type { InlineOptions, InlineResponse } from "../../src/testing/api.ts";
import { runInline } from "../../src/testing/api.ts";
import { tools as calculator } from "../fixtures/tools/calculator.ts";
import { tools as moody } from "../fixtures/tools/moody.ts";
import { startScripted } from "../support/supervisors.ts";
import { callsOf, eventsOf, outcomesOf, toolsOf } from "../support/tools.ts";

type Script = Exclude<InlineResponse, (...given: never[]) => unknown>[];

type Case = {
  readonly responses: Script;
  readonly decide?: () => ToolDecision;
  readonly options?: Pick<InlineOptions, "maxSteps" | "approvals" | "maxToolResultBytes">;
};

const divide: ScriptedToolCall = { name: "divide", args: { a: 1, b: 2 } };
const add: ScriptedToolCall = { name: "add", args: { a: 1, b: 2 } };

const cases: { readonly [name: string]: Case } = {
  approved: { responses: callsOf(divide), decide: () => ({ approve: true }) },
  denied: { responses: callsOf(divide), decide: () => ({ deny: "not today" }) },
  "denied by nobody": { responses: callsOf(divide) },
  "denied by the worker": { responses: callsOf(divide), options: { approvals: "deny" } },
  edited: { responses: callsOf(divide), decide: () => ({ edit: { a: 9, b: 3 } }) },
  "edited to what only the tool refuses": {
    responses: callsOf(divide),
    decide: () => ({ edit: { a: 9, b: 0 } }),
  },
  "edited to what its schema refuses": {
    responses: callsOf(divide),
    decide: () => ({ edit: { a: 9 } }),
  },
  remembered: {
    responses: [{ toolCalls: [divide] }, { toolCalls: [divide] }, { text: "done" }],
    decide: () => ({ approve: true, remember: "session" }),
  },
  invalid: { responses: callsOf({ name: "add", args: { a: "1", c: 2 } }) },
  "cut off": { responses: callsOf({ name: "add", argumentsText: '{"a": 1, "b"' }) },
  unknown: { responses: callsOf({ name: "subtract" }) },
  throwing: { responses: callsOf({ name: "throws" }) },
  "giving what cannot be shown": {
    responses: callsOf({ name: "returns", args: { what: "cycle" } }),
  },
  "giving too much": {
    responses: callsOf({ name: "returns", args: { what: "long" } }),
    options: { maxToolResultBytes: 100 },
  },
  parallel: { responses: callsOf(add, { name: "knows" }, { name: "throws" }, add, { name: "no" }) },
  "one step after the other": {
    responses: [
      { text: "first", toolCalls: [add] },
      {
        toolCalls: [{ ...add, id: "own" }],
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
      },
      { text: "done", finishReason: "length" },
    ],
  },
  "a refusal": { responses: [{ refusal: "I will not." }] },
  "too many steps": {
    responses: [{ toolCalls: [add] }, { toolCalls: [add] }],
    options: { maxSteps: 2 },
  },
  "a model that fails": {
    responses: [{ toolCalls: [add] }, { error: { status: 401, message: "no key" } }],
  },
  "a script that is too short": { responses: [{ toolCalls: [add] }] },
};

describe("runInline() and a supervisor", () => {
  test.each(Object.entries(cases))("tell the model the same: %s", async (_, given) => {
    const inline = await inlineRun(given);
    const real = await realRun(given);
    expect(inline.messages).toEqual(real.messages);
    expect(inline.requests).toEqual(real.requests);
    expect(inline.calls).toEqual(real.calls);
    expect(inline.outcome).toEqual(real.outcome);
  });
});

async function inlineRun({ responses, decide, options }: Case) {
  const run = await runInline({
    tools: [...calculator, ...moody],
    responses,
    ...(decide && { decide }),
    ...options,
  });
  const { status, error } = run;
  return {
    messages: run.messages,
    requests: run.requests.map(({ messages, tools }) => ({ messages, tools })),
    calls: run.calls.map(({ toolCallId, name, end, decision }) => ({
      toolCallId,
      name,
      result: end.result,
      code: end.error?.code,
      decision: given(decision),
    })),
    outcome: { status, code: error?.code, message: error?.message, result: resultOf(run) },
  };
}

async function realRun({ responses, decide, options }: Case) {
  const { session, supervisor } = await startScripted(responses, { repeat: false });
  const tools = [toolsOf("calculator"), toolsOf("moody")];
  const worker = session.createWorker({ tools, ...options });
  const host: WorkerHost = decide ? { getToolConfirmation: async () => decide() } : {};
  const job = session.run(worker, { prompt: "go" }, { id: "job-1", host });
  const outcome = await job.outcome;
  const decided = await eventsOf(job, "confirmation-decided");
  const started = await outcomesOf(job);
  const { status, error } = outcome;
  const order = worker.transcript.flatMap((message) =>
    message.role === "assistant" ? (message.toolCalls ?? []) : [],
  );
  return {
    messages: worker.transcript,
    requests: (await supervisor.scripted("main").calls()).map(({ request }) => ({
      messages: request.messages,
      tools: request.tools,
    })),
    calls: order.map(({ id, name }) => {
      const end = started.find(({ toolCallId }) => toolCallId === id);
      const decision = decided.find(({ toolCallId }) => toolCallId === id)?.decision;
      const policy = options?.approvals === "deny" && name === "divide" ? "denied" : undefined;
      return {
        toolCallId: id,
        name,
        result: end?.result,
        code: end?.error?.code,
        decision: given(decision ?? policy),
      };
    }),
    outcome: { status, code: error?.code, message: error?.message, result: resultOf(outcome) },
  };
}

/** Of a run that has completed; of another, what there is of it. */
function resultOf(outcome: { readonly result?: unknown; readonly partial?: unknown }): unknown {
  return outcome.result ?? outcome.partial;
}

function given<T>(value: T | undefined): T | "none" {
  return value ?? "none";
}
