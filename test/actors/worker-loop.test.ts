import { describe, expect, test } from "vitest";
import { runWorkerLoop } from "../../src/actors/worker-loop.ts";
import { HeddleError } from "../../src/errors.ts";
import type { ToolOutcome } from "../../src/protocol/job.ts";
import type { Message, ModelResponse, ToolCall } from "../../src/protocol/model.ts";

const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const call = (id: string, name = "add"): ToolCall => ({ id, name, argumentsText: "{}" });
const calling = (...toolCalls: ToolCall[]): ModelResponse => ({
  text: "let me see",
  toolCalls,
  finishReason: "tool-calls",
  usage,
});
const done: ModelResponse = { text: "done", toolCalls: [], finishReason: "stop", usage };

/** A loop whose model answers with `responses`, one after the other. */
class LoopUnderTest {
  readonly asked: Message[][] = [];
  readonly outcomes: ToolOutcome[] = [];
  readonly abort = new AbortController();
  readonly messages: readonly Message[];
  readonly ended: Promise<void>;

  constructor(
    responses: readonly (ModelResponse | Error)[],
    options: {
      messages?: readonly Message[];
      stepsDone?: number;
      maxSteps?: number;
      onAsk?: (loop: LoopUnderTest) => void;
    } = {},
  ) {
    this.messages = options.messages ?? [{ role: "user", content: "hi" }];
    this.ended = runWorkerLoop({
      messages: this.messages,
      stepsDone: options.stepsDone ?? 0,
      maxSteps: options.maxSteps ?? 20,
      signal: this.abort.signal,
      askModel: async (messages) => {
        this.asked.push([...messages]);
        options.onAsk?.(this);
        const response = responses[this.asked.length - 1] ?? done;
        if (response instanceof Error) throw response;
        return response;
      },
      onToolFinished: (outcome) => this.outcomes.push(outcome),
    });
  }
}

describe("runWorkerLoop()", () => {
  test("asks once when the model calls no tool", async () => {
    const loop = new LoopUnderTest([done]);
    await loop.ended;
    expect(loop.asked).toEqual([[{ role: "user", content: "hi" }]]);
    expect(loop.outcomes).toEqual([]);
  });

  test("answers each call of a tool that is not there with an error, in order, and asks again", async () => {
    const loop = new LoopUnderTest([calling(call("a"), call("b", "sub"), call("a"))]);
    await loop.ended;
    expect(loop.outcomes).toEqual([
      { toolCallId: "a", toolName: "add", result: 'There is no tool named "add".', isError: true },
      { toolCallId: "b", toolName: "sub", result: 'There is no tool named "sub".', isError: true },
      { toolCallId: "a", toolName: "add", result: 'There is no tool named "add".', isError: true },
    ]);
    expect(loop.asked).toHaveLength(2);
    expect(loop.asked[1]?.slice(1)).toEqual([
      {
        role: "assistant",
        content: "let me see",
        toolCalls: [call("a"), call("b", "sub"), call("a")],
      },
      ...loop.outcomes.map(({ toolCallId, toolName, result, isError }) => ({
        role: "tool",
        toolCallId,
        toolName,
        content: result,
        isError,
      })),
    ]);
  });

  test("every tool call is reported before the model is asked again", async () => {
    const counts: number[] = [];
    const loop = new LoopUnderTest([calling(call("a"), call("b")), calling(call("c"))], {
      onAsk: ({ outcomes }) => counts.push(outcomes.length),
    });
    await loop.ended;
    expect(counts).toEqual([0, 2, 3]);
  });

  test("a refusal stays in the conversation", async () => {
    const loop = new LoopUnderTest([{ ...calling(call("a")), refusal: "no" }]);
    await loop.ended;
    expect(loop.asked[1]?.[1]).toMatchObject({ role: "assistant", refusal: "no" });
  });

  test("leaves the caller's messages as they are", async () => {
    const loop = new LoopUnderTest([calling(call("a"))]);
    await loop.ended;
    expect(loop.messages).toHaveLength(1);
  });

  test("makes maxSteps model calls, and fails if the last still wants tools", async () => {
    const responses = Array.from({ length: 9 }, (_, i) => calling(call(`${i}`)));
    const loop = new LoopUnderTest(responses, { maxSteps: 3 });
    await expect(loop.ended).rejects.toMatchObject({ code: "MAX_STEPS", details: { maxSteps: 3 } });
    expect(loop.asked).toHaveLength(3);
    expect(loop.outcomes.map(({ toolCallId }) => toolCallId)).toEqual(["0", "1"]);
  });

  test("the last step may be the one that completes", async () => {
    const loop = new LoopUnderTest([calling(call("a")), done], { maxSteps: 2 });
    await loop.ended;
    expect(loop.asked).toHaveLength(2);
  });

  test("ends with what the model call fails with", async () => {
    const error = new HeddleError("PROVIDER_AUTH", "no key");
    const loop = new LoopUnderTest([calling(call("a")), error]);
    await expect(loop.ended).rejects.toBe(error);
  });

  test("aborted before it begins, it asks nothing", async () => {
    const reason = new HeddleError("JOB_CANCELLED", "x");
    const asked: unknown[] = [];
    const ended = runWorkerLoop({
      messages: [],
      stepsDone: 0,
      maxSteps: 5,
      signal: AbortSignal.abort(reason),
      askModel: async (messages) => {
        asked.push(messages);
        return done;
      },
      onToolFinished: () => {},
    });
    await expect(ended).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });

  test("aborted while the model answers, it carries out none of the calls", async () => {
    const reason = new HeddleError("JOB_CANCELLED", "x");
    const loop = new LoopUnderTest([calling(call("a"))], {
      onAsk: ({ abort }) => abort.abort(reason),
    });
    await expect(loop.ended).rejects.toBe(reason);
    expect([loop.asked.length, loop.outcomes]).toEqual([1, []]);
  });

  test("aborted during the last answer, it does not count as done", async () => {
    const reason = new HeddleError("JOB_CANCELLED", "x");
    const loop = new LoopUnderTest([done], { onAsk: ({ abort }) => abort.abort(reason) });
    await expect(loop.ended).rejects.toBe(reason);
  });
});

describe("a loop that goes on after a restart", () => {
  const user: Message = { role: "user", content: "hi" };
  const assistant: Message = { role: "assistant", content: "", toolCalls: [call("a"), call("b")] };
  const result = (toolCallId: string): Message => ({
    role: "tool",
    toolCallId,
    toolName: "add",
    content: "1",
  });

  test("answers the calls that have no result yet, and no other, before it asks", async () => {
    const loop = new LoopUnderTest([], { messages: [user, assistant, result("a")], stepsDone: 1 });
    await loop.ended;
    expect(loop.outcomes.map(({ toolCallId }) => toolCallId)).toEqual(["b"]);
    expect(loop.asked.map((messages) => messages.length)).toEqual([4]);
  });

  test.each([
    ["its input", [user]],
    ["all results", [user, assistant, result("a"), result("b")]],
    ["an answer", [user, { role: "assistant", content: "done" } as const]],
  ])("asks at once behind %s", async (_, messages) => {
    const loop = new LoopUnderTest([], { messages });
    await loop.ended;
    expect([loop.outcomes, loop.asked]).toEqual([[], [messages]]);
  });

  test("steps made before the restart count", async () => {
    const responses = Array.from({ length: 9 }, (_, i) => calling(call(`${i}`)));
    const loop = new LoopUnderTest(responses, { messages: [user], stepsDone: 2, maxSteps: 3 });
    await expect(loop.ended).rejects.toMatchObject({ code: "MAX_STEPS" });
    expect(loop.asked).toHaveLength(1);
  });
});
