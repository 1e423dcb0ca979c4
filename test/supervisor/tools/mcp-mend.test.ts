import { describe, expect, test } from "vitest";
import { leftOutOf, mendedResult } from "../../../src/supervisor/tools/mcp-mend.ts";

const PNG = "iVBORw0KGgo=";

function mended(method: string, result: object) {
  return mendedResult(method, result) as { readonly [name: string]: unknown };
}

function block(content: unknown): unknown {
  const [only] = mended("tools/call", { content: [content] })["content"] as unknown[];
  return only;
}

describe("mendedResult()", () => {
  test("leaves alone what it does not know, what is no result yet, and what is no list", () => {
    const result = { tools: [7] };
    expect(mendedResult("server/discover", result)).toBe(result);
    const asking = { resultType: "input_required", inputRequests: {} };
    expect(mendedResult("tools/call", asking)).toBe(asking);
    expect(mendedResult("tools/list", "no")).toBe("no");
    expect(mended("tools/list", { tools: "no" })).toMatchObject({ tools: "no" });
    expect(mendedResult("toString", result)).toBe(result);
  });

  test.each([[""], [null], [7], [undefined]])("a list ends with the cursor %j", (nextCursor) => {
    expect(mended("tools/list", { tools: [], nextCursor })).not.toHaveProperty("nextCursor");
  });

  test("a cursor that is one is kept", () => {
    expect(mended("tools/list", { tools: [], nextCursor: "2" })).toMatchObject({ nextCursor: "2" });
  });

  test.each([
    [
      { type: "object", properties: {} },
      { type: "object", properties: {} },
    ],
    [{}, { type: "object" }],
    [{ properties: { a: true } }, { type: "object", properties: { a: true } }],
    [{ type: ["object", "null"] }, { type: "object" }],
    [{ type: "object", properties: null, required: null }, { type: "object" }],
    [
      { $schema: "x", anyOf: [{ required: ["a"] }] },
      { type: "object", anyOf: [{ required: ["a"] }] },
    ],
  ])("the schema %j is made fit", (inputSchema, fit) => {
    const { tools } = mended("tools/list", { tools: [{ name: "a", inputSchema }] });
    expect(tools).toEqual([{ name: "a", annotations: {}, inputSchema: fit }]);
  });

  test.each([
    [null],
    ["object"],
    [[]],
    [{ type: "string" }],
    [{ type: ["null"] }],
    [{ properties: [] }],
    [{ properties: { a: 1 } }],
  ])("a tool with the schema %j is left out", (inputSchema) => {
    const page = mended("tools/list", { tools: [{ name: "a", inputSchema }] });
    expect(page["tools"]).toEqual([]);
    expect(leftOutOf(page)).toEqual([expect.stringContaining('a tool "a" that is left out')]);
  });

  test("of annotations only hints are kept that are true or false", () => {
    const annotations = { readOnlyHint: true, destructiveHint: "no", title: 7 };
    const { tools } = mended("tools/list", {
      tools: [{ name: "a", inputSchema: {}, annotations }],
    });
    expect(tools).toMatchObject([{ annotations: { readOnlyHint: true } }]);
  });

  test.each([
    [{ type: "video", data: PNG }, '[content of a kind that is not known here: "video"]'],
    [{ type: "note", text: "said" }, '[content of a kind that is not known here: "note"]\nsaid'],
    [{ type: "image", data: "not base64!", mimeType: "image/png" }, "[image that cannot be read]"],
    [{ type: "image", data: PNG }, "[image that cannot be read]"],
    [{ type: "text" }, "[text that cannot be read]"],
    [{ type: "resource", resource: { uri: "a://b" } }, "[resource that cannot be read]"],
    [null, '[content of a kind that is not known here: "undefined"]'],
  ])("the content %j is told in words", (content, text) => {
    expect(block(content)).toEqual({ type: "text", text });
  });

  test("content that is good is kept, without what is odd beside it", () => {
    expect(block({ type: "text", text: "a", annotations: 7 })).toEqual({ type: "text", text: "a" });
    const image = { type: "image", data: PNG, mimeType: "image/png" };
    expect(block({ ...image, _meta: 1 })).toEqual(image);
    expect(block({ type: "resource_link", uri: "a://b" })).toEqual({
      type: "resource_link",
      uri: "a://b",
      name: "a://b",
    });
  });

  test("a result may lack content, and have structured content of any type", () => {
    expect(mended("tools/call", { structuredContent: [1] })).toMatchObject({
      content: [],
      structuredContent: { result: [1] },
    });
    expect(mended("tools/call", { content: null, structuredContent: null })).toEqual({
      resultType: "complete",
      content: [],
    });
  });

  test("of resources and prompts what has no name is left out", () => {
    const resources = mended("resources/list", { resources: [{ uri: "a://b", name: "b" }, {}] });
    expect(resources["resources"]).toEqual([{ uri: "a://b", name: "b" }]);
    expect(leftOutOf(resources)).toHaveLength(1);
    const prompts = mended("prompts/list", { prompts: [{ name: "p", arguments: [{}, null] }, 1] });
    expect(prompts["prompts"]).toEqual([{ name: "p", arguments: [] }]);
    const { contents } = mended("resources/read", { contents: [{ uri: "a://b", text: "t" }, 5] });
    expect(contents).toEqual([{ uri: "a://b", text: "t" }]);
  });
});
