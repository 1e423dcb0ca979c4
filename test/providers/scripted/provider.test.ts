import { describe, expect, test } from "vitest";
import type {
  ModelRequest,
  ModelResponse,
  ModelResponseChunk,
} from "../../../src/protocol/model.ts";
import { createProvider } from "../../../src/providers/scripted/provider.ts";
import type { Script, ScriptedResponse } from "../../../src/providers/scripted/script.ts";
import { textOf } from "../../support/arbitraries.ts";
import { turn } from "../../support/fake-clock.ts";

const TEXT = "The quick brown fox jumps over the lazy dog.";

function requestOf(callIndex = 0): ModelRequest {
  const origin = { workerId: "w", workerName: "worker", jobId: "j", callIndex };
  return { messages: [{ role: "user", content: "hi" }], settings: {}, origin };
}

/** Plays one call to its end, or to where it fails. */
class Played {
  readonly chunks: ModelResponseChunk[] = [];
  readonly abort = new AbortController();
  readonly response: Promise<ModelResponse>;

  constructor(script: Script, callIndex = 0, onWrite: () => Promise<void> = async () => {}) {
    const write = (chunk: ModelResponseChunk) => {
      this.chunks.push(chunk);
      return onWrite();
    };
    const { signal } = this.abort;
    this.response = createProvider(script).request(requestOf(callIndex), { write }, signal);
  }

  get texts(): string[] {
    return this.chunks.map(textOf);
  }
}

const play = (response: ScriptedResponse, more: Partial<Script> = {}) =>
  new Played({ responses: [response], ...more });

describe("an answer", () => {
  test("its chunks are its text, cut the same for the same seed", async () => {
    const [a, b, other] = [
      play({ text: TEXT }),
      play({ text: TEXT }),
      play({ text: TEXT }, { seed: 9 }),
    ];
    expect(await a.response).toMatchObject({ text: TEXT, finishReason: "stop", model: "scripted" });
    await Promise.all([b.response, other.response]);
    expect(a.texts.join("")).toBe(TEXT);
    expect(b.texts).toEqual(a.texts);
    expect(other.texts).not.toEqual(a.texts);
  });

  test("comes in as many chunks as asked for", async () => {
    const played = play({ text: TEXT, chunks: 5 });
    await played.response;
    expect(played.texts).toHaveLength(5);
  });

  test("has its reasoning before and its refusal behind its text", async () => {
    const played = play({ reasoning: "hm", text: "a", refusal: "no" });
    expect(await played.response).toMatchObject({
      reasoning: "hm",
      text: "a",
      refusal: "no",
      finishReason: "refusal",
    });
    expect(played.chunks.map(({ type }) => type)).toEqual(["reasoning", "text", "refusal"]);
  });

  test("calls tools, with ids that tell the calls apart", async () => {
    const played = new Played(
      {
        responses: [{ toolCalls: [{ name: "add", args: { a: 1 } }, { name: "now" }] }],
        repeat: true,
      },
      3,
    );
    expect(await played.response).toMatchObject({
      finishReason: "tool-calls",
      toolCalls: [
        { id: "call_3_0", name: "add", argumentsText: '{"a":1}' },
        { id: "call_3_1", name: "now", argumentsText: "{}" },
      ],
    });
    expect(played.chunks[0]).toEqual({
      type: "tool-call",
      index: 0,
      id: "call_3_0",
      name: "add",
      argumentsText: "",
    });
  });

  test("sends arguments as they are, JSON or not", async () => {
    const played = play({ toolCalls: [{ id: "mine", name: "add", argumentsText: "{oops" }] });
    expect((await played.response).toolCalls).toEqual([
      { id: "mine", name: "add", argumentsText: "{oops" },
    ]);
  });

  test("has the usage and the reason that the script says, or an estimate", async () => {
    const usage = { inputTokens: 9, outputTokens: 8, totalTokens: 17 };
    expect(await play({ text: "a", usage, finishReason: "length" }).response).toMatchObject({
      usage,
      finishReason: "length",
    });
    const estimate = (await play({ text: "x".repeat(40) }).response).usage;
    expect(estimate.outputTokens).toBe(10);
    expect(estimate.totalTokens).toBe(estimate.inputTokens + 10);
  });

  test("waits for room before the next chunk", async () => {
    const gate = Promise.withResolvers<void>();
    const played = new Played({ responses: [{ text: TEXT, chunks: 4 }] }, 0, () => gate.promise);
    await turn();
    expect(played.chunks).toHaveLength(1);
    gate.resolve();
    await played.response;
    expect(played.chunks).toHaveLength(4);
  });

  test("with a rate it takes its time", async () => {
    const startMs = performance.now();
    await play({ text: TEXT, chunks: 5, chunksPerSecond: 200 }).response;
    expect(performance.now() - startMs).toBeGreaterThan(10);
  });

  test("stops between two chunks once it is aborted", async () => {
    const played = play({ text: TEXT, chunks: 10, chunksPerSecond: 0.001 });
    await turn();
    played.abort.abort(new Error("enough"));
    await expect(played.response).rejects.toThrow();
    expect(played.chunks).toHaveLength(1);
  });
});

describe("a script", () => {
  const script = { responses: [{ text: "one" }, { text: "two" }] };

  test("is played by position, one response per call of a worker", async () => {
    expect((await new Played(script, 0).response).text).toBe("one");
    expect((await new Played(script, 1).response).text).toBe("two");
  });

  test("that is at its end fails with SCRIPT_EXHAUSTED", async () => {
    await expect(new Played(script, 2).response).rejects.toMatchObject({
      code: "SCRIPT_EXHAUSTED",
      details: { callIndex: 2, responses: 2 },
    });
  });

  test("begins again if it says so", async () => {
    expect((await new Played({ ...script, repeat: true }, 5).response).text).toBe("two");
  });

  test("reports the calls it has had, the last 10,000 of them", async () => {
    const provider = createProvider({ responses: [{ text: "a" }], repeat: true });
    const sink = { write: async () => {} };
    const { signal } = new AbortController();
    for (let i = 0; i < 10_001; i++) await provider.request(requestOf(i), sink, signal);
    const { calls, responses } = provider.report();
    expect([calls.length, responses]).toEqual([10_000, 1]);
    expect(calls[0]).toMatchObject({ callIndex: 1, workerName: "worker", request: requestOf(1) });
  });

  test("reports when each call came, in Unix time", async () => {
    const provider = createProvider({ responses: [{ text: "a" }] });
    const before = performance.timeOrigin + performance.now();
    await provider.request(requestOf(), { write: async () => {} }, new AbortController().signal);
    const after = performance.timeOrigin + performance.now();
    const atMs = provider.report().calls[0]?.atMs ?? 0;
    expect([before <= atMs, atMs <= after]).toEqual([true, true]);
  });
});

describe("a scripted failure", () => {
  const codes: readonly (readonly [number, string, boolean])[] = [
    [400, "PROVIDER_BAD_REQUEST", false],
    [401, "PROVIDER_AUTH", false],
    [403, "PROVIDER_AUTH", false],
    [404, "PROVIDER_NOT_FOUND", false],
    [408, "PROVIDER_UNAVAILABLE", true],
    [409, "PROVIDER_UNAVAILABLE", true],
    [429, "PROVIDER_RATE_LIMITED", true],
    [500, "PROVIDER_UNAVAILABLE", true],
    [503, "PROVIDER_UNAVAILABLE", true],
  ];
  test.each(codes)(
    "with status %i fails as a server's would: %s",
    async (status, code, retryable) => {
      await expect(play({ error: { status, message: "so" } }).response).rejects.toMatchObject({
        code,
        message: "so",
        details: { status, retryable },
      });
    },
  );

  test("comes after its text", async () => {
    const played = play({ text: TEXT, error: { status: 500, message: "" } });
    await expect(played.response).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    expect(played.texts.join("")).toBe(TEXT);
  });

  test("its text comes in as many chunks as asked for, at their rate", async () => {
    const startMs = performance.now();
    const error = { status: 500, message: "" };
    const played = play({ text: TEXT, chunks: 5, chunksPerSecond: 200, error });
    await expect(played.response).rejects.toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    expect(played.texts).toHaveLength(5);
    expect(performance.now() - startMs).toBeGreaterThan(10);
  });
});

describe("a stall", () => {
  test("sends its text and then nothing, until it is aborted", async () => {
    const played = play({ stall: true, text: "half" });
    await turn();
    expect(played.texts.join("")).toBe("half");
    played.abort.abort(new Error("enough"));
    await expect(played.response).rejects.toThrow("enough");
  });

  test.each([
    ["stall", { text: "a", stall: false }],
    ["error", { text: "a", error: undefined }],
  ])("a %s that is not meant is none", async (_, response) => {
    expect((await play(response as ScriptedResponse).response).text).toBe("a");
  });
});

describe("an endless answer", () => {
  test("goes on until it is aborted", async () => {
    let writes = 0;
    const reached = Promise.withResolvers<void>();
    const played = new Played(
      { responses: [{ text: "ab", chunks: 2, endless: true }] },
      0,
      async () => {
        writes += 1;
        if (writes === 1_000) reached.resolve();
        if (writes % 100 === 0) await turn();
      },
    );
    await reached.promise;
    played.abort.abort(new Error("enough"));
    await expect(played.response).rejects.toThrow("enough");
    expect(played.texts.slice(0, 4)).toEqual(["a", "b", "a", "b"]);
  });
});
