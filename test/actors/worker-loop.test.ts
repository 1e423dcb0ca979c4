import { describe, expect, test, vi } from "vitest";
import type { OpenCall } from "../../src/actors/worker-loop.ts";
import { runWorkerLoop } from "../../src/actors/worker-loop.ts";
import { HeddleError } from "../../src/errors.ts";
import type { Message, ModelResponse, ToolCall } from "../../src/protocol/model.ts";
import type { ToolEnd } from "../../src/protocol/tool.ts";

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
  /** Calls as they were begun, and the ids of those that have ended. */
  readonly begun: OpenCall[] = [];
  readonly finished: string[] = [];
  readonly abort = new AbortController();
  readonly messages: readonly Message[];
  readonly ended: Promise<void>;

  constructor(
    responses: readonly (ModelResponse | Error)[],
    options: {
      messages?: readonly Message[];
      stepsDone?: number;
      maxSteps?: number;
      answered?: number[];
      maxParallelToolCalls?: number;
      onAsk?: (loop: LoopUnderTest) => void;
      callTool?: (open: OpenCall) => Promise<ToolEnd>;
    } = {},
  ) {
    this.messages = options.messages ?? [{ role: "user", content: "hi" }];
    this.ended = runWorkerLoop({
      messages: this.messages,
      stepsDone: options.stepsDone ?? 0,
      maxSteps: options.maxSteps ?? 20,
      answered: options.answered ?? [],
      maxParallelToolCalls: options.maxParallelToolCalls ?? 1,
      signal: this.abort.signal,
      askModel: async (messages) => {
        this.asked.push([...messages]);
        options.onAsk?.(this);
        const response = responses[this.asked.length - 1] ?? done;
        if (response instanceof Error) throw response;
        return response;
      },
      callTool: async (open) => {
        this.begun.push(open);
        return (await options.callTool?.(open)) ?? { result: `result of ${open.call.id}` };
      },
      onToolFinished: ({ call: { id } }) => this.finished.push(id),
    });
  }
}

describe("runWorkerLoop()", () => {
  test("asks once when the model calls no tool", async () => {
    const loop = new LoopUnderTest([done]);
    await loop.ended;
    expect(loop.asked).toEqual([[{ role: "user", content: "hi" }]]);
    expect(loop.begun).toEqual([]);
  });

  test("carries out each call, in order, and asks again with the results", async () => {
    const calls = [call("a"), call("b", "sub"), call("a")];
    const error = { code: "TOOL_FAILED", message: "no" } as const;
    const loop = new LoopUnderTest([calling(...calls)], {
      callTool: async ({ index }) => ({ result: `${index}`, ...(index === 1 ? { error } : {}) }),
    });
    await loop.ended;
    expect(loop.begun).toEqual(calls.map((one, index) => ({ call: one, index, step: 1 })));
    expect(loop.asked[1]?.slice(1)).toEqual([
      { role: "assistant", content: "let me see", toolCalls: calls },
      { role: "tool", toolCallId: "a", toolName: "add", content: "0", isError: false },
      { role: "tool", toolCallId: "b", toolName: "sub", content: "1", isError: true },
      { role: "tool", toolCallId: "a", toolName: "add", content: "2", isError: false },
    ]);
  });

  test("carries out as many at once as it may, and gives the results in the order of the calls", async () => {
    const open = new Map<string, () => void>();
    const loop = new LoopUnderTest([calling(call("a"), call("b"), call("c"))], {
      maxParallelToolCalls: 2,
      callTool: ({ call: { id } }) =>
        new Promise((resolve) => open.set(id, () => resolve({ result: id }))),
    });
    await vi.waitFor(() => expect([...open.keys()]).toEqual(["a", "b"]));
    open.get("b")?.();
    await vi.waitFor(() => expect([...open.keys()]).toEqual(["a", "b", "c"]));
    expect(loop.finished).toEqual(["b"]);
    open.get("c")?.();
    open.get("a")?.();
    await loop.ended;
    expect(loop.asked[1]?.slice(2).map(({ content }) => content)).toEqual(["a", "b", "c"]);
  });

  test("ends with what a call rejects with, once the others have ended, and begins no more", async () => {
    const error = new HeddleError("INTERNAL", "x");
    const first = Promise.withResolvers<ToolEnd>();
    const loop = new LoopUnderTest([calling(call("a"), call("b"), call("c"))], {
      maxParallelToolCalls: 2,
      callTool: ({ index }) => (index === 0 ? first.promise : Promise.reject(error)),
    });
    let isOver = false;
    const ended = loop.ended.catch((thrown: unknown) => {
      isOver = true;
      return thrown;
    });
    await vi.waitFor(() => expect(loop.begun).toHaveLength(2));
    expect(isOver).toBe(false);
    first.resolve({ result: "late" });
    expect(await ended).toBe(error);
    expect([loop.begun.length, loop.finished]).toEqual([2, ["a"]]);
  });

  test("every tool call is reported before the model is asked again", async () => {
    const counts: number[] = [];
    const loop = new LoopUnderTest([calling(call("a"), call("b")), calling(call("c"))], {
      onAsk: ({ finished }) => counts.push(finished.length),
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
    expect(loop.finished).toEqual(["0", "1"]);
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
      callTool: async () => ({ result: "" }),
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
    expect([loop.asked.length, loop.begun]).toEqual([1, []]);
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
    const messages = [user, assistant, result("b")];
    const loop = new LoopUnderTest([], { messages, stepsDone: 1, answered: [1] });
    await loop.ended;
    expect(loop.finished).toEqual(["a"]);
    expect(loop.asked[0]?.slice(2)).toMatchObject([{ toolCallId: "a" }, { toolCallId: "b" }]);
  });

  test.each([
    ["its input", [user], []],
    ["all results", [user, assistant, result("a"), result("b")], [0, 1]],
    ["an answer", [user, { role: "assistant", content: "done" } as const], []],
  ])("asks at once behind %s", async (_, messages, answered) => {
    const loop = new LoopUnderTest([], { messages, answered });
    await loop.ended;
    expect([loop.begun, loop.asked]).toEqual([[], [messages]]);
  });

  test("steps made before the restart count", async () => {
    const responses = Array.from({ length: 9 }, (_, i) => calling(call(`${i}`)));
    const loop = new LoopUnderTest(responses, { messages: [user], stepsDone: 2, maxSteps: 3 });
    await expect(loop.ended).rejects.toMatchObject({ code: "MAX_STEPS" });
    expect(loop.asked).toHaveLength(1);
  });
});
