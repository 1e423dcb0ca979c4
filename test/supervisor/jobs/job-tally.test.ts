import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { WireError } from "../../../src/protocol/error.ts";
import type { Message, ModelResponse, ToolCall } from "../../../src/protocol/model.ts";
import type { ToolEnd } from "../../../src/protocol/tool.ts";
import { JobTally } from "../../../src/supervisor/jobs/job-tally.ts";

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const call = (id: string, name = "add"): ToolCall => ({ id, name, argumentsText: "{}" });

function response(more: Partial<ModelResponse> = {}): ModelResponse {
  return { text: "", toolCalls: [], finishReason: "stop", usage, ...more };
}

const error: WireError = { code: "TOOL_FAILED", message: "no" };
const end = (id: string): ToolEnd => ({ result: `result of ${id}` });

let tally: JobTally;

beforeEach(() => {
  tally = new JobTally();
});

const rolesOf = (messages: readonly Message[]) =>
  messages.map((message) =>
    message.role === "tool" ? `tool ${message.toolCallId}` : message.role,
  );

/** Whether a model's server would take it: after each assistant message exactly the results of its calls, in order. */
function expectValid(messages: readonly Message[]): void {
  let expected: string[] = [];
  for (const message of messages) {
    if (message.role === "tool") expect(message.toolCallId).toBe(expected.shift());
    else expect(expected).toEqual([]);
    if (message.role === "assistant") expected = (message.toolCalls ?? []).map(({ id }) => id);
  }
  expect(expected).toEqual([]);
}

describe("JobTally.messages()", () => {
  test("are the responses and tool results, in order", () => {
    tally.response(response({ text: "let me see", toolCalls: [call("a"), call("b")] }));
    tally.tool(0, end("a"));
    tally.tool(1, { ...end("b"), error });
    tally.response(response({ text: "done" }));
    expect(tally.messages("")).toEqual([
      { role: "assistant", content: "let me see", toolCalls: [call("a"), call("b")] },
      { role: "tool", toolCallId: "a", toolName: "add", content: "result of a", isError: false },
      { role: "tool", toolCallId: "b", toolName: "add", content: "result of b", isError: true },
      { role: "assistant", content: "done" },
    ]);
  });

  test("a call without a result gets one that says so", () => {
    tally.response(response({ toolCalls: [call("a"), call("b")] }));
    tally.tool(1, end("b"));
    const messages = tally.messages("");
    expect(rolesOf(messages)).toEqual(["assistant", "tool a", "tool b"]);
    expect(messages[1]).toMatchObject({
      isError: true,
      content: expect.stringMatching("not carried out"),
    });
    expect(messages[2]).toMatchObject({ isError: false, content: "result of b" });
  });

  test("results that come in another order are put into that of the calls", () => {
    tally.response(response({ toolCalls: [call("a"), call("b")] }));
    tally.tool(1, end("b"));
    tally.tool(0, end("a"));
    expect(rolesOf(tally.messages(""))).toEqual(["assistant", "tool a", "tool b"]);
  });

  test("a response before the results of the last one leaves no call unanswered", () => {
    tally.response(response({ toolCalls: [call("a")] }));
    tally.response(response({ text: "went on" }));
    expect(rolesOf(tally.messages(""))).toEqual(["assistant", "tool a", "assistant"]);
  });

  test("text that was cut off stays, marked", () => {
    tally.response(response({ toolCalls: [call("a")] }));
    tally.tool(0, end("a"));
    expect(tally.messages("half a sen").at(-1)).toEqual({
      role: "assistant",
      content: "half a sen",
      interrupted: true,
    });
  });

  test("an empty response leaves no message, a refusal does", () => {
    tally.response(response({ reasoning: "hm" }));
    tally.response(response({ refusal: "no" }));
    expect(tally.messages("")).toEqual([{ role: "assistant", content: "", refusal: "no" }]);
  });

  test("nothing that happened is nothing", () => {
    expect(tally.messages("")).toEqual([]);
  });

  test("any mix of responses, results and inventions gives a history that a server takes", () => {
    const anyId = fc.constantFrom("a", "b", "c", "");
    const anyResponse = fc
      .record({
        text: fc.constantFrom("", "text"),
        toolCalls: fc.array(
          anyId.map((id) => call(id)),
          { maxLength: 4 },
        ),
      })
      .map((more) => response(more));
    const anyOutcome = fc.integer({ min: -1, max: 5 });
    const steps = fc.array(fc.oneof(anyResponse, anyOutcome), { maxLength: 20 });
    fc.assert(
      fc.property(steps, fc.constantFrom("", "cut of"), (mix, openText) => {
        tally = new JobTally();
        for (const one of mix) {
          if (typeof one === "number") tally.tool(one, end(String(one)));
          else tally.response(one);
        }
        const messages = tally.messages(openText);
        expectValid(messages);
        const interrupted = messages.filter((one) => one.role === "assistant" && one.interrupted);
        expect(interrupted).toHaveLength(openText === "" ? 0 : 1);
      }),
    );
  });
});

describe("JobTally.completed()", () => {
  test("is what was done: a call without a result has none", () => {
    tally.response(response({ toolCalls: [call("a"), call("b")] }));
    tally.tool(0, end("a"));
    expect(rolesOf(tally.completed())).toEqual(["assistant", "tool a"]);
    tally.tool(1, end("b"));
    expect(tally.completed()).toEqual(tally.messages(""));
  });

  test("the job is complete when the last response calls no tool", () => {
    expect(tally.isComplete).toBe(false);
    tally.response(response({ toolCalls: [call("a")] }));
    expect(tally.isComplete).toBe(false);
    tally.response(response({ text: "done" }));
    expect(tally.isComplete).toBe(true);
  });
});

describe("JobTally.tool()", () => {
  test("takes one result for each call of the last response, and no other", () => {
    expect(tally.tool(0, end("a"))).toBeUndefined();
    tally.response(response({ toolCalls: [call("a")] }));
    expect(tally.tool(1, end("invented"))).toBeUndefined();
    const outcome = { toolCallId: "a", toolName: "add", result: "result of a", isError: false };
    expect(tally.tool(0, end("a"))).toEqual(outcome);
    expect(tally.tool(0, { result: "again" })).toBeUndefined();
    expect(tally.messages("")[1]).toMatchObject({ content: "result of a" });
  });

  test("calls that share an id are told apart by their place", () => {
    tally.response(response({ toolCalls: [call("x", "add"), call("x", "sub")] }));
    expect(tally.tool(1, end("x"))).toMatchObject({ toolName: "sub" });
    expect(tally.answered).toEqual([1]);
    expect(tally.tool(0, end("x"))).toMatchObject({ toolName: "add" });
    expect(tally.answered).toEqual([0, 1]);
  });
});

describe("JobTally.result()", () => {
  test("is the last response's text, with the usage given", () => {
    tally.response(response({ text: "one", toolCalls: [call("a")], finishReason: "tool-calls" }));
    tally.response(response({ text: "two", finishReason: "length" }));
    expect(tally.result(usage)).toEqual({
      text: "two",
      usage,
      steps: 2,
      finishReason: "length",
    });
  });

  test("has the output that the last response was found to be, also undefined, and no earlier one", () => {
    tally.response(response({ text: "1" }));
    expect([tally.hasOutput, "output" in tally.result(usage)]).toEqual([false, false]);
    tally.accept(1);
    expect([tally.hasOutput, tally.result(usage).output]).toEqual([true, 1]);
    tally.response(response({ text: "2" }));
    expect([tally.hasOutput, "output" in tally.result(usage)]).toEqual([false, false]);
    tally.accept(undefined);
    expect([tally.hasOutput, "output" in tally.result(usage)]).toEqual([true, true]);
  });

  test("a job never finishes with tool calls", () => {
    tally.response(response({ finishReason: "tool-calls" }));
    expect(tally.result(usage).finishReason).toBe("stop");
  });
});

describe("JobTally.partial()", () => {
  test("is what had arrived, or else the last response", () => {
    expect(tally.partial("", usage)).toMatchObject({ text: "", steps: 0 });
    tally.response(response({ text: "whole" }));
    expect(tally.partial("", usage)).toMatchObject({ text: "whole", steps: 1 });
    expect(tally.partial("half", usage)).toEqual({ text: "half", usage, steps: 1 });
  });
});
