import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { describe, expect, test } from "vitest";
import type { ModelResponse, ModelResponseChunk } from "../../../src/protocol/model.ts";
import { StreamMapper } from "../../../src/providers/ai-sdk/stream-mapper.ts";
import { checkResponse } from "../../../src/providers/check-response.ts";

type Part = Exclude<LanguageModelV4StreamPart, { type: "error" }>;

const FINISH: Part = {
  type: "finish",
  finishReason: { unified: "stop", raw: "end_turn" },
  usage: {
    inputTokens: { total: 10, noCache: 3, cacheRead: 5, cacheWrite: 2 },
    outputTokens: { total: 7, text: 4, reasoning: 3 },
  },
};

function mapped(...parts: readonly Part[]): {
  response: ModelResponse;
  chunks: readonly ModelResponseChunk[];
} {
  const mapper = new StreamMapper([]);
  const chunks = parts.flatMap((part) => mapper.accept(part) ?? []);
  const response = mapper.end();
  checkResponse(response);
  return { response, chunks };
}

const text = (id: string, delta: string): Part => ({ type: "text-delta", id, delta });
const meta = (value: string) => ({ providerMetadata: { p: { value } } });

describe("the metadata of a part", () => {
  test.for<readonly [string, readonly (string | undefined)[], string]>([
    ["only at the start", ["a", undefined, undefined], "a"],
    ["only with a piece", [undefined, "b", undefined], "b"],
    ["only at the end", [undefined, undefined, "c"], "c"],
    ["everywhere: the last counts, all of it", ["a", "b", "c"], "c"],
  ])("%s", ([, [start, piece, end], expected]) => {
    for (const kind of ["text", "reasoning"] as const) {
      const at = (value: string | undefined) => (value === undefined ? {} : meta(value));
      const { response } = mapped(
        { type: `${kind}-start`, id: "1", ...at(start) },
        { type: `${kind}-delta`, id: "1", delta: "words", ...at(piece) },
        { type: `${kind}-end`, id: "1", ...at(end) },
        FINISH,
      );
      expect(response.parts).toEqual([
        { type: kind, text: "words", state: { data: { p: { value: expected } } } },
      ]);
    }
  });

  test("of a call is that of the whole call", () => {
    const { response } = mapped(
      { type: "tool-input-start", id: "1", toolName: "add", ...meta("not this") },
      { type: "tool-call", toolCallId: "1", toolName: "add", input: "{}", ...meta("this") },
      FINISH,
    );
    expect(response.parts).toEqual([
      { type: "tool-call", index: 0, state: { data: { p: { value: "this" } } } },
    ]);
  });

  test("may have fields that JSON does not", () => {
    const providerMetadata = { p: { kept: 1, lost: undefined as never } };
    const { response } = mapped({ type: "text-start", id: "1", providerMetadata }, FINISH);
    expect(response.parts?.[0]?.state).toEqual({ data: { p: { kept: 1 } } });
  });
});

describe("the parts of a response", () => {
  test("are left out where text and calls say it all", () => {
    const { response } = mapped(
      { type: "text-start", id: "1" },
      text("1", "Hello"),
      { type: "tool-call", toolCallId: "1", toolName: "add", input: '{"a":1}' },
      FINISH,
    );
    expect(response).toEqual({
      text: "Hello",
      toolCalls: [{ id: "1", name: "add", argumentsText: '{"a":1}' }],
      finishReason: "stop",
      usage: {
        inputTokens: 10,
        outputTokens: 7,
        totalTokens: 17,
        cachedInputTokens: 5,
        cacheWriteInputTokens: 2,
        reasoningTokens: 3,
      },
    });
  });

  test("stand in the order in which they began, and a thought that nobody sees is one of them", () => {
    const { response, chunks } = mapped(
      { type: "reasoning-start", id: "1" },
      { type: "reasoning-end", id: "1", ...meta("signed") },
      { type: "text-start", id: "2" },
      text("2", "A"),
      { type: "tool-call", toolCallId: "c", toolName: "add", input: "{}" },
      { type: "text-start", id: "3" },
      text("3", "B"),
      FINISH,
    );
    expect(response.parts).toEqual([
      { type: "reasoning", text: "", state: { data: { p: { value: "signed" } } } },
      { type: "text", text: "A" },
      { type: "tool-call", index: 0 },
      { type: "text", text: "B" },
    ]);
    expect(response.text).toBe("AB");
    expect(chunks.map(({ type }) => type)).toEqual(["text", "tool-call", "text"]);
  });

  test("files, sources, and what only the provider knows", () => {
    const { response, chunks } = mapped(
      {
        type: "file",
        mediaType: "image/png",
        data: { type: "data", data: new Uint8Array([1, 2]) },
      },
      { type: "source", sourceType: "url", id: "s", url: "https://a.example", title: "A" },
      { type: "custom", kind: "openai.compaction", ...meta("opaque") },
      { type: "tool-input-start", id: "w", toolName: "web_search", providerExecuted: true },
      { type: "tool-input-delta", id: "w", delta: '{"q":1}' },
      {
        type: "tool-call",
        toolCallId: "w",
        toolName: "web_search",
        input: '{"q":1}',
        providerExecuted: true,
      },
      { type: "tool-result", toolCallId: "w", toolName: "web_search", result: { hits: 2 } },
      FINISH,
    );
    expect(chunks).toEqual([]);
    expect(response.toolCalls).toEqual([]);
    expect(response.parts).toMatchObject([
      { type: "file", mediaType: "image/png", data: "AQI=" },
      { type: "source", url: "https://a.example", title: "A" },
      { type: "custom", kind: "openai.compaction", state: { data: { type: "custom" } } },
      {
        type: "custom",
        kind: "tool-call",
        state: { data: { type: "tool-call", input: { q: 1 }, providerExecuted: true } },
      },
      {
        type: "custom",
        kind: "tool-result",
        state: { data: { type: "tool-result", output: { type: "json", value: { hits: 2 } } } },
      },
    ]);
  });
});

describe("calls", () => {
  test("what was streamed and what was not are given to readers once", () => {
    const { chunks, response } = mapped(
      { type: "tool-input-start", id: "a", toolName: "add" },
      { type: "tool-input-delta", id: "a", delta: '{"a"' },
      { type: "tool-input-start", id: "b", toolName: "add" },
      { type: "tool-call", toolCallId: "b", toolName: "add", input: "{}" },
      { type: "tool-call", toolCallId: "a", toolName: "add", input: '{"a":1}' },
      FINISH,
    );
    const joined = ["", ""];
    for (const chunk of chunks) {
      if (chunk.type === "tool-call") joined[chunk.index] += chunk.argumentsText;
    }
    expect(joined).toEqual(['{"a":1}', "{}"]);
    expect(response.toolCalls.map(({ id }) => id)).toEqual(["a", "b"]);
    // They were whole the other way round.
    expect(response.parts).toEqual([
      { type: "tool-call", index: 1 },
      { type: "tool-call", index: 0 },
    ]);
  });

  test("one that was cut off is kept as far as it came", () => {
    const { response } = mapped(
      { type: "tool-input-start", id: "a", toolName: "add" },
      { type: "tool-input-delta", id: "a", delta: '{"a"' },
      { ...FINISH, finishReason: { unified: "length", raw: "max_tokens" } },
    );
    expect(response).toMatchObject({
      finishReason: "length",
      toolCalls: [{ argumentsText: '{"a"' }],
    });
  });
});

describe("the end of a response", () => {
  test.for<readonly [string, readonly Part[]]>([
    ["no end at all", []],
    ["interrupted", [{ ...FINISH, finishReason: { unified: "interrupted", raw: undefined } }]],
    [
      "no reason of the server's",
      [{ ...FINISH, finishReason: { unified: "other", raw: undefined } }],
    ],
  ])("is missing: %s", ([, parts]) => {
    expect(() => mapped(...parts)).toThrow(
      expect.objectContaining({ code: "PROVIDER_TRUNCATED", details: { retryable: true } }),
    );
  });

  test("a reason that nobody knows keeps the server's word for it", () => {
    const { response } = mapped({
      ...FINISH,
      finishReason: { unified: "other", raw: "MALFORMED" },
    });
    expect(response).toMatchObject({ finishReason: "other", rawFinishReason: "MALFORMED" });
  });

  test("warnings are said in words, and a pause of the server's own tools is one", () => {
    const { response } = mapped(
      {
        type: "stream-start",
        warnings: [
          { type: "unsupported", feature: "seed" },
          { type: "unsupported", feature: "topK", details: "too high" },
          { type: "other", message: "hm" },
        ],
      },
      { ...FINISH, finishReason: { unified: "stop", raw: "pause_turn" } },
    );
    expect(response.warnings).toEqual([
      "seed is not supported",
      "topK is not supported: too high",
      "hm",
      expect.stringContaining("pause_turn"),
    ]);
  });

  test("a ping is no part of it", () => {
    expect(mapped({ type: "ping" }, FINISH).chunks).toEqual([]);
  });
});
