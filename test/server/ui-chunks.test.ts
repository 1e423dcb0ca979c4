import type { UIMessageChunk as TheirChunk, UIMessage } from "ai";
import { readUIMessageStream } from "ai";
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { JobEvent, ToolCall } from "../../src/index.ts";
import type { UIMessageChunk } from "../../src/server/api.ts";
import { toUIMessageStream } from "../../src/server/api.ts";
import { UIChunks } from "../../src/server/ui/ui-chunks.ts";
import { collect, startScripted } from "../support/supervisors.ts";
import { guarded, reachesEvent, toolsOf } from "../support/tools.ts";
import { checkedChunk } from "../support/ui-chat.ts";

type Body = JobEvent extends infer E
  ? E extends JobEvent
    ? Omit<E, "seq" | "atMs">
    : never
  : never;

const USAGE = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const ERROR = { code: "TOOL_FAILED", message: "boom" } as const;

function chunksOf(bodies: readonly Body[]): UIMessageChunk[] {
  const chunks = new UIChunks({ jobId: "job" });
  const events = bodies.map((body, seq) => ({ ...body, seq, atMs: 0 }) as JobEvent);
  return [chunks.start(), ...events.flatMap((event) => chunks.map(event))];
}

/** The message as the SDK's own client makes it of the chunks; what goes wrong there is thrown. */
async function messageOf(stream: ReadableStream<TheirChunk>): Promise<UIMessage> {
  const errors: unknown[] = [];
  const messages = await collect(
    readUIMessageStream({ stream, onError: (error) => errors.push(error) }),
  );
  expect(errors).toEqual([]);
  const last = messages.at(-1);
  if (!last) throw new Error("no message has come");
  return last;
}

function text(value: string): Body {
  return { type: "chunk", chunk: { type: "text", text: value } };
}

function response(said: string, toolCalls: readonly ToolCall[] = []): Body {
  const finishReason = toolCalls.length > 0 ? "tool-calls" : "stop";
  return { type: "response", response: { text: said, toolCalls, finishReason, usage: USAGE } };
}

function completed(said: string): Body {
  const result = { text: said, usage: USAGE, steps: 1, finishReason: "stop" } as const;
  return { type: "completed", result };
}

const restarted: Body = { type: "restarted", attempt: 1, failure: ERROR };

/** What becomes of one call, in the order in which a job says it. */
function fateOf(call: ToolCall, fate: string, n: string): Body[] {
  const named = { toolCallId: call.id, toolName: call.name };
  const ids = { confirmationId: n, jobId: "job", workerId: "w", workerName: "w" };
  const { confirmationId } = ids;
  const ask: Body = { type: "confirmation-requested", ...named, ...ids, args: {} };
  const decide = (decision: "approved" | "denied" | "edited" | "expired" | "cancelled"): Body => {
    const args = decision === "edited" ? { args: { edited: true } } : {};
    return { type: "confirmation-decided", ...named, confirmationId, decision, ...args };
  };
  const start: Body = { type: "tool-started", ...named, args: { edited: true } };
  const progress: Body = { type: "tool-progress", ...named, progress: { n } };
  const end: Body = { type: "tool-finished", ...named, result: '{"a": 1}', isError: false };
  const fail: Body = { type: "tool-finished", ...named, result: "no", isError: true, error: ERROR };
  switch (fate) {
    case "fine":
      return [start, progress, end];
    case "fails":
      return [start, fail];
    case "approved":
    case "edited":
      return [ask, decide(fate), start, progress, end];
    case "remembered":
      return [decide("denied"), fail];
    default:
      return [ask, decide(fate as "denied" | "expired" | "cancelled"), fail];
  }
}

const anyCall = fc.record({
  id: fc.constantFrom("c1", "c2", ""),
  name: fc.constantFrom("add", "send"),
  argumentsText: fc.constantFrom("", "{}", '{"a":[1]}', "{", "7", '{"__proto__":{"a":1}}'),
  fate: fc.constantFrom(
    ...["fine", "fails", "approved", "edited", "remembered", "denied", "expired", "cancelled"],
  ),
});

const anyStep = fc.record({
  /** Of a response that was cut off by a restart; undefined: it was not. */
  lost: fc.option(fc.string({ maxLength: 5 }), { nil: undefined }),
  reasoning: fc.string({ maxLength: 5 }),
  texts: fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
  calls: fc.array(anyCall, { maxLength: 3 }),
});

const anyEnd = fc.constantFrom("completed", "cancelled", "failed", "cut off");

/** Logs as jobs write them. */
const anyLog = fc.tuple(fc.array(anyStep, { maxLength: 4 }), anyEnd).map(([steps, end]) => {
  const bodies: Body[] = [{ type: "started" }];
  for (const [n, { lost, reasoning, texts, calls }] of steps.entries()) {
    if (lost !== undefined) bodies.push(text(lost), ...pieces(calls.slice(0, 1)), restarted);
    bodies.push({ type: "chunk", chunk: { type: "reasoning", text: reasoning } });
    bodies.push(...texts.map(text), ...pieces(calls), response(texts.join(""), calls));
    bodies.push(...calls.flatMap((call, i) => fateOf(call, call.fate, `${n}/${i}`)));
  }
  if (end === "cut off")
    bodies.push(text("and"), ...pieces([{ id: "c9", name: "add", argumentsText: "{" }]));
  return { bodies: [...bodies, endOf(end)], steps };
});

function pieces(calls: readonly ToolCall[]): Body[] {
  return calls.flatMap(({ id, name, argumentsText }, index): Body[] => [
    { type: "chunk", chunk: { type: "tool-call", index, id, name, argumentsText: "" } },
    { type: "chunk", chunk: { type: "tool-call", index, argumentsText } },
  ]);
}

function endOf(end: string): Body {
  if (end === "completed") return completed("done");
  if (end === "failed") return { type: "failed", error: ERROR, partial: { usage: USAGE } };
  return { type: "cancelled", reason: "enough", partial: {} };
}

describe("a job's log as UI message chunks", () => {
  test("they are the SDK's own, by their types", () => {
    expectTypeOf<UIMessageChunk>().toExtend<TheirChunk>();
  });

  test("any log: each chunk is valid, the SDK's client takes all of them, and everything has an end", async () => {
    const property = fc.asyncProperty(anyLog, async ({ bodies, steps }) => {
      const chunks = chunksOf(bodies);
      for (const chunk of chunks) await checkedChunk(JSON.parse(JSON.stringify(chunk)));
      // An error of the job is reported as one by the client.
      const told = chunks.filter(({ type }) => type !== "error") as TheirChunk[];
      const message = await messageOf(ReadableStream.from(told));
      const shown = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
      const sent = steps.flatMap(({ texts }) => texts).join("");
      expect(shown.join("").replace(/and$/, "")).toBe(sent.replace(/and$/, ""));
      const calls = message.parts.filter((part) => part.type === "dynamic-tool");
      expect(calls.filter(({ state }) => /^(input|approval)-/.test(state))).toEqual([]);
      expect(new Set(calls.map(({ toolCallId }) => toolCallId)).size).toBe(calls.length);
      const texts = message.parts.filter(({ type }) => type === "text" || type === "reasoning");
      expect(texts.filter((part) => "state" in part && part.state !== "done")).toEqual([]);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test("a response that is asked for anew takes the place of what had come of it", async () => {
    const bodies = [
      text("first"),
      response("first", [{ id: "c", name: "add", argumentsText: "{}" }]),
      { type: "tool-finished", toolCallId: "c", toolName: "add", result: "1", isError: false },
      text("I was ab"),
      restarted,
      text("I was about to"),
      response("I was about to"),
      completed("I was about to"),
    ] satisfies Body[];
    const { parts } = await messageOf(ReadableStream.from(chunksOf(bodies) as TheirChunk[]));
    expect(parts).toMatchObject([
      { type: "step-start" },
      { type: "text", text: "first" },
      { type: "dynamic-tool", output: 1 },
      { type: "step-start" },
      { type: "text", text: "I was about to" },
    ]);
  });

  test("a number that JavaScript cannot hold, and names that reach prototypes, stay texts", () => {
    const results = ["12345678901234567890", '{"__proto__":1}', "[1]", "42"];
    const calls = results.map((_, i) => ({ id: `c${i}`, name: "add", argumentsText: "{}" }));
    const ends = results.map(
      (result, i): Body => ({
        type: "tool-finished",
        toolCallId: `c${i}`,
        toolName: "add",
        result,
        isError: false,
      }),
    );
    const outputs = chunksOf([response("", calls), ...ends]).flatMap((chunk) =>
      chunk.type === "tool-output-available" ? [chunk.output] : [],
    );
    expect(outputs).toEqual(["12345678901234567890", '{"__proto__":1}', [1], 42]);
  });
});

describe("toUIMessageStream()", () => {
  test("streams a job as a message, with or without its reasoning", async () => {
    const { session } = await startScripted([
      { reasoning: "hm", toolCalls: [{ name: "add", args: { a: 1, b: 2 } }] },
      { text: "3" },
    ]);
    const job = session.run({ tools: [toolsOf("calculator")] }, { prompt: "add" });
    const message = await messageOf(toUIMessageStream(job) as ReadableStream<TheirChunk>);
    expect(message.id).toBe(job.id);
    expect(message.parts.map(({ type }) => type)).toEqual([
      "step-start",
      "reasoning",
      "dynamic-tool",
      "step-start",
      "text",
    ]);
    const options = { messageId: "mine", sendReasoning: false };
    const other = await messageOf(toUIMessageStream(job, options) as ReadableStream<TheirChunk>);
    expect(other.id).toBe("mine");
    expect(other.parts).toEqual(message.parts.filter(({ type }) => type !== "reasoning"));
  });

  test("ends where approvals are waited for, and goes on behind that", async () => {
    const { session } = await startScripted([
      { text: "so", toolCalls: [{ name: "send", args: { to: "bob" } }] },
      { text: "done" },
    ]);
    session.confirmations$.subscribe();
    const job = session.run(guarded([]), { prompt: "send it" });
    const first = await collect(toUIMessageStream(job));
    expect(first.at(-1)).toMatchObject({ type: "finish", finishReason: "tool-calls" });
    const { seq, confirmationId } = await reachesEvent(job, "confirmation-requested");
    session.decide(confirmationId, { approve: true });
    const second = await collect(toUIMessageStream(job, { from: seq + 1 }));
    expect(second.slice(0, 3).map(({ type }) => type)).toEqual([
      "start",
      "tool-approval-response",
      "tool-output-available",
    ]);
    const both = [...first, ...second] as TheirChunk[];
    const whole = await messageOf(toUIMessageStream(job) as ReadableStream<TheirChunk>);
    expect((await messageOf(ReadableStream.from(both))).parts).toEqual(whole.parts);
  });

  test("leaving it cancels nothing", async () => {
    const { session } = await startScripted([{ text: "one two three", chunks: 3 }]);
    const job = session.run({}, { prompt: "count" });
    const reader = toUIMessageStream(job).getReader();
    await reader.read();
    await reader.cancel();
    expect((await job.wait()).text).toBe("one two three");
  });

  test("refuses a place that is none, before anything is read", async () => {
    const { session } = await startScripted([{ text: "hello" }]);
    const job = session.run({}, { prompt: "hi" });
    expect(() => toUIMessageStream(job, { from: -1 })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });
});
