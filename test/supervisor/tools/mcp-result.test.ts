import type { CallToolResult } from "@modelcontextprotocol/client";
import { describe, expect, test } from "vitest";
import { mcpResult, wordsOfResult } from "../../../src/supervisor/tools/mcp-result.ts";
import { resultEnd } from "../../../src/tools/tool-end.ts";

const PNG = "iVBORw0KGgo=";
const image = { type: "image", data: PNG, mimeType: "image/png" } as const;
const text = (value: string) => ({ type: "text", text: value }) as const;

function words(
  content: CallToolResult["content"],
  structuredContent?: CallToolResult["structuredContent"],
) {
  return wordsOfResult({ content, structuredContent });
}

describe("structured content", () => {
  test.each<
    [what: string, content: CallToolResult["content"], structured: object, expected: string]
  >([
    ["alone", [], { a: 1 }, '{"a":1}'],
    ["beside an empty text", [text("")], { a: 1 }, '{"a":1}'],
    ["that is the text", [text('{"a":1}')], { a: 1 }, '{"a":1}'],
    [
      "that is in the text, written otherwise",
      [text("a is 1.5, and b is x")],
      { a: 1.5, b: "x" },
      "a is 1.5, and b is x",
    ],
    ["that the text does not say", [text("Done.")], { id: "x7" }, 'Done.\n{"id":"x7"}'],
    ["beside an image", [image], { answer: 42 }, '[image: image/png, 8 bytes]\n{"answer":42}'],
    ["that holds the image again", [image], { content: [image] }, "[image: image/png, 8 bytes]"],
    ["that is empty", [], {}, "{}"],
  ])("%s is told once", (_, content, structured, expected) => {
    expect(words(content, structured as Record<string, unknown>)).toBe(expected);
  });

  test("never holds long base64 as text", () => {
    const data = "A".repeat(4_000);
    expect(words([], { shot: data, url: `data:image/png;base64,${data}` })).toBe(
      '{"shot":"[3000 bytes of base64]","url":"data:image/png;base64,[3000 bytes of base64]"}',
    );
  });
});

describe("mcpResult()", () => {
  test("gives words alone where nothing else is there that models take", () => {
    const audio = { type: "audio", data: "AAAA", mimeType: "audio/wav" } as const;
    const svg = { ...image, mimeType: "image/svg+xml" };
    expect(mcpResult({ content: [text("a"), audio, svg] })).toBe(
      "a\n[audio: audio/wav, 3 bytes]\n[image: image/svg+xml, 8 bytes]",
    );
  });

  test("gives images and documents as parts, in their order", () => {
    const pdf = { uri: "a://b/c.pdf", blob: PNG, mimeType: "application/pdf" };
    const content = [text("one"), image, text(""), { type: "resource" as const, resource: pdf }];
    expect(mcpResult({ content, structuredContent: { more: "yes" } })).toEqual([
      text("one"),
      { type: "image", mediaType: "image/png", data: PNG },
      { type: "file", mediaType: "application/pdf", data: PNG, filename: "c.pdf" },
      text('{"more":"yes"}'),
    ]);
  });

  test("its texts are cut as any result", () => {
    const made = mcpResult({ content: [text("x".repeat(50)), image, text("y".repeat(50))] });
    const { result, content } = resultEnd(made, { maxBytes: 60, maxMediaBytes: 100 });
    expect(result).toMatch(/^x{50}\n\[image: .*\n… \d+ bytes more were left out$/);
    expect(content).toEqual([
      text("x".repeat(50)),
      { type: "image", mediaType: "image/png", data: PNG },
      text(`${"y".repeat(10)}\n… 40 bytes more were left out`),
    ]);
  });
});
