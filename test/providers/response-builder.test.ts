import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelResponseChunk } from "../../src/protocol/model.ts";
import { ResponseBuilder } from "../../src/providers/response-builder.ts";
import { TextBuffer } from "../../src/providers/text-buffer.ts";
import { anyChunk, textOf } from "../support/arbitraries.ts";

function built(chunks: readonly ModelResponseChunk[]) {
  const builder = new ResponseBuilder();
  for (const chunk of chunks) builder.add(chunk);
  return builder.build({ finishReason: "stop" });
}

describe("ResponseBuilder", () => {
  test("joins each kind of text, whatever is between the pieces", () => {
    fc.assert(
      fc.property(fc.array(anyChunk, { maxLength: 30 }), (chunks) => {
        const joined = (type: string) =>
          chunks.flatMap((chunk) => (chunk.type === type ? [textOf(chunk)] : [])).join("");
        const response = built(chunks);
        expect(response.text).toBe(joined("text"));
        expect(response.reasoning ?? "").toBe(joined("reasoning"));
        expect(response.refusal ?? "").toBe(joined("refusal"));
        const indexes = new Set(
          chunks.flatMap((one) => (one.type === "tool-call" ? [one.index] : [])),
        );
        expect(response.toolCalls).toHaveLength(indexes.size);
        expect(response.toolCalls.map((call) => call.argumentsText).join("").length).toBe(
          joined("tool-call").length,
        );
      }),
    );
  });

  test("joins the pieces of each tool call, in the order of their index", () => {
    const { toolCalls } = built([
      { type: "tool-call", index: 1, id: "b", name: "sub", argumentsText: "" },
      { type: "tool-call", index: 0, id: "a", name: "add", argumentsText: "{" },
      { type: "tool-call", index: 1, argumentsText: "[]" },
      { type: "tool-call", index: 0, argumentsText: "}" },
    ]);
    expect(toolCalls).toEqual([
      { id: "a", name: "add", argumentsText: "{}" },
      { id: "b", name: "sub", argumentsText: "[]" },
    ]);
  });

  test("leaves out what there was none of", () => {
    expect(built([])).toEqual({
      text: "",
      toolCalls: [],
      finishReason: "stop",
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    });
  });

  test("takes usage, model and id as they are given", () => {
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    expect(
      new ResponseBuilder().build({ finishReason: "length", usage, model: "m", id: "i" }),
    ).toMatchObject({ finishReason: "length", usage, model: "m", id: "i" });
  });

  test("tool calls that were handed out are not changed by later pieces", () => {
    const builder = new ResponseBuilder();
    builder.add({ type: "tool-call", index: 0, id: "a", name: "add", argumentsText: "{" });
    const early = builder.toolCalls;
    builder.add({ type: "tool-call", index: 0, argumentsText: "}" });
    expect(early[0]?.argumentsText).toBe("{");
  });
});

describe("TextBuffer", () => {
  test("is the pieces joined, also when there are more than one block holds", () => {
    for (const count of [0, 1, 1_023, 1_024, 1_025, 5_000]) {
      const pieces = Array.from({ length: count }, (_, i) => `é${i}`);
      const buffer = new TextBuffer();
      for (const piece of pieces) buffer.add(piece);
      expect(buffer.toString()).toBe(pieces.join(""));
    }
  });

  test("can be read and added to in turn", () => {
    const buffer = new TextBuffer();
    buffer.add("a");
    expect(buffer.toString()).toBe("a");
    buffer.add("");
    buffer.add("b");
    expect(buffer.toString()).toBe("ab");
  });
});
