import { describe, expect, onTestFinished, test } from "vitest";
import type { ModelProvider, ModelResponse, ResponseSink } from "../../src/index.ts";
import { HeddleError, openaiProvider, scriptedProvider } from "../../src/index.ts";
import type { ProviderReport, ProviderRule } from "../../src/testing/api.ts";
import { checkProvider } from "../../src/testing/api.ts";
import { NATIVES, nativeProvider } from "../support/ai-sdk.ts";
import { PromptServer } from "../support/prompt-server.ts";

const ADD = {
  name: "add",
  description: "Adds two numbers.",
  parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
};
const PROMPTS = {
  prompt: "hello",
  longPrompt: "never end",
  toolPrompt: "use the tool",
  failingPrompt: "fail",
  tools: [ADD],
};

function failed({ checks }: ProviderReport): readonly unknown[] {
  return checks.filter(({ status }) => status === "failed");
}

function skipped({ checks }: ProviderReport): readonly ProviderRule[] {
  return checks.flatMap(({ name, status }) => (status === "skipped" ? [name] : []));
}

describe("providers of Heddle's own keep the contract", () => {
  test("openaiProvider()", async () => {
    await using server = await PromptServer.start("openai");
    const provider = openaiProvider({ model: "m", apiKey: "sk-test", baseURL: `${server.url}/v1` });
    const report = await checkProvider(provider, { ...PROMPTS, bodies: () => server.bodies });
    expect(failed(report)).toEqual([]);
    expect(report.ok).toBe(true);
    expect(skipped(report)).toEqual(["sends its state back", "keeps others' state out"]);
  });

  test("scriptedProvider()", async () => {
    const provider = scriptedProvider({
      repeat: true,
      responses: [{ text: "hello, you", chunks: 3 }],
    });
    const report = await checkProvider(provider);
    expect(failed(report)).toEqual([]);
    const endless = scriptedProvider({ responses: [{ text: "x".repeat(1_000), endless: true }] });
    const { checks } = await checkProvider(endless, { longPrompt: "go", answerMs: 200 });
    expect(checks).toContainEqual({ name: "waits for room", status: "passed" });
  });

  test("aiSdkProvider()", async () => {
    await using server = await PromptServer.start("anthropic");
    const [anthropic] = NATIVES;
    if (!anthropic) throw new TypeError("there is one");
    const provider = nativeProvider(anthropic, server.url);
    const report = await checkProvider(provider, { ...PROMPTS, bodies: () => server.bodies });
    expect(failed(report)).toEqual([]);
    expect(skipped(report)).toEqual([]);
  });
});

const USAGE = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

function responseOf(text: string, more: Partial<ModelResponse> = {}): ModelResponse {
  return { text, toolCalls: [], finishReason: "stop", usage: USAGE, ...more };
}

type Request = ModelProvider["request"];

function promptIn([...args]: Parameters<Request>): string {
  return String(args[0].messages[0]?.content);
}

/** A provider that keeps the contract. */
const good: Request = async (...args) => {
  const [, sink, signal] = args;
  signal.throwIfAborted();
  const prompt = promptIn(args);
  if (prompt === "fail")
    throw new HeddleError("PROVIDER_FAILED", "no", { details: { retryable: false } });
  if (prompt === "never end") return await endless(sink, signal, true);
  const isDone = args[0].messages.some(({ role }) => role === "tool");
  if (prompt === "use the tool" && !isDone) {
    const call = { id: "1", name: "add", argumentsText: "{}" };
    await sink.write({ type: "tool-call", index: 0, ...call });
    return responseOf("", { toolCalls: [call], finishReason: "tool-calls" });
  }
  await sink.write({ type: "text", text: "hello" });
  signal.throwIfAborted();
  return responseOf("hello");
};

async function endless(sink: ResponseSink, signal: AbortSignal, waits: boolean): Promise<never> {
  for (let i = 0; ; i++) {
    const written = sink.write({ type: "text", text: "x".repeat(10_000) });
    if (waits) await written;
    else written.catch(() => {});
    if (i % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
}

function isOf(prompt: string, args: Parameters<Request>): boolean {
  return promptIn(args) === prompt;
}

/** What is wrong with it, and which rule finds it. */
const BAD: readonly (readonly [what: string, rule: ProviderRule, request: Request])[] = [
  [
    "other words than it streams",
    "streams its text",
    async (...args) => ({ ...(await good(...args)), text: "HELLO" }),
  ],
  [
    "a response of the wrong shape",
    "streams its text",
    async (...args) => ({ ...(await good(...args)), finishReason: "done" as "stop" }),
  ],
  ["no response at all", "streams its text", async () => undefined as never],
  ["a response without anything in it", "counts tokens", async () => ({}) as never],
  [
    "a chunk that is none",
    "streams its text",
    async (...args) => {
      await args[1].write({ type: "words", text: "hello" } as never);
      return await good(...args);
    },
  ],
  [
    "no usage",
    "counts tokens",
    async (...args) => ({
      ...(await good(...args)),
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    }),
  ],
  [
    "writes into the request",
    "leaves the request as it is",
    async (...args) => {
      (args[0].messages as unknown[]).push({ role: "user", content: "more" });
      return await good(...args);
    },
  ],
  [
    "begins what is cancelled",
    "is not begun when it is cancelled",
    async (request, sink) => await good(request, sink, new AbortController().signal),
  ],
  [
    "goes on after a cancel",
    "stops when it is cancelled",
    async (...args) =>
      isOf("never end", args)
        ? await new Promise<never>(keepWriting(args[1]))
        : await good(...args),
  ],
  [
    "does not wait for room",
    "waits for room",
    async (...args) =>
      isOf("never end", args) ? await endless(args[1], args[2], false) : await good(...args),
  ],
  [
    "a call of a tool that there is not",
    "calls tools",
    async (...args) => {
      const response = await good(...args);
      const toolCalls = response.toolCalls.map((call) => ({ ...call, name: "subtract" }));
      return { ...response, toolCalls };
    },
  ],
  [
    "cannot go on after a tool call",
    "goes on with a conversation",
    async (...args) => {
      if (args[0].messages.length > 1) throw new Error("too long for me");
      return await good(...args);
    },
  ],
  [
    "an error without a code",
    "fails with a code",
    async (...args) => {
      if (isOf("fail", args)) throw new Error("no");
      return await good(...args);
    },
  ],
  [
    "an error that does not say whether it passes",
    "fails with a code",
    async (...args) => {
      if (isOf("fail", args)) throw new HeddleError("PROVIDER_FAILED", "no");
      return await good(...args);
    },
  ],
];

function keepWriting(sink: ResponseSink): () => void {
  return () => {
    const timer = setInterval(
      () => void sink.write({ type: "text", text: "x" }).catch(() => {}),
      5,
    );
    onTestFinished(() => clearInterval(timer));
  };
}

describe("checkProvider() finds", () => {
  test("nothing wrong with a provider that keeps the contract", async () => {
    const report = await checkProvider({ request: good }, PROMPTS);
    expect(failed(report)).toEqual([]);
  });

  test.for(BAD)("%s", async ([, rule, request]) => {
    const report = await checkProvider({ request }, { ...PROMPTS, settleMs: 300, answerMs: 3_000 });
    expect(report.ok).toBe(false);
    const check = report.checks.find(({ name }) => name === rule);
    expect(check).toMatchObject({
      status: "failed",
      problems: expect.arrayContaining([expect.any(String)]),
    });
  });

  test("state that is lost, and state that is another's", async () => {
    const bodies: string[] = [];
    const state = { data: { signature: "SIGNED" } };
    const provider = (sends: (text: string) => boolean): ModelProvider => ({
      async request(request, sink, signal) {
        signal.throwIfAborted();
        const text = JSON.stringify(request.messages);
        bodies.push(sends(text) ? "SIGNED" : "");
        await sink.write({ type: "text", text: "hello" });
        return responseOf("hello", { parts: [{ type: "text", text: "hello", state }] });
      },
    });
    const loses = await checkProvider(
      provider(() => false),
      { bodies: () => bodies },
    );
    expect(loses.checks).toContainEqual({
      name: "sends its state back",
      status: "failed",
      problems: ["state is not sent back: SIGNED"],
    });
    const remembers = await checkProvider(
      provider(() => true),
      { bodies: () => bodies },
    );
    expect(remembers.checks).toContainEqual({
      name: "keeps others' state out",
      status: "failed",
      problems: ["state is sent, though the provider was not given it: SIGNED"],
    });
    const right = await checkProvider(
      provider((text) => text.includes("SIGNED")),
      {
        bodies: () => bodies,
      },
    );
    expect(right.ok).toBe(true);
  });

  test("a module that cannot be loaded", async () => {
    const module = new URL("../fixtures/providers/nowhere.ts", import.meta.url);
    const report = await checkProvider({ module });
    expect(report).toMatchObject({ ok: false, checks: [{ name: "loads", status: "failed" }] });
  });
});
