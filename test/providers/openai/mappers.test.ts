import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { ModelResponseChunk } from "../../../src/protocol/model.ts";
import { CallIds } from "../../../src/providers/openai/call-ids.ts";
import { ChatMapper } from "../../../src/providers/openai/chat/mapper.ts";
import type { EventMapper } from "../../../src/providers/openai/event-mapper.ts";
import { ResponsesMapper } from "../../../src/providers/openai/responses/mapper.ts";

const ids = (): CallIds => new CallIds([], () => "made");
const chatMapper = (): ChatMapper => new ChatMapper({ ids: ids(), thinkTags: "reasoning" });
const MAPPERS: readonly (readonly [string, () => EventMapper, readonly string[]])[] = [
  ["ChatMapper", chatMapper, []],
  [
    "ResponsesMapper",
    () => new ResponsesMapper({ ids: ids() }),
    [
      "output_text.delta",
      "output_text.done",
      "refusal.done",
      "reasoning_text.delta",
      "output_item.added",
      "output_item.done",
      "function_call_arguments.delta",
      "reasoning_summary_part.added",
      "completed",
      "incomplete",
      "failed",
    ].map((type) => `response.${type}`),
  ],
];

/** Field names of both APIs, and such as could hit a prototype. */
const FIELDS = [
  "choices",
  "delta",
  "content",
  "refusal",
  "tool_calls",
  "index",
  "id",
  "function",
  "name",
  "arguments",
  "finish_reason",
  "usage",
  "item",
  "item_id",
  "output_index",
  "response",
  "status",
  "error",
  "code",
  "text",
  "summary_index",
  "incomplete_details",
  "__proto__",
  "constructor",
  "toString",
  "valueOf",
];

function chunksOf(
  mapper: EventMapper,
  ...events: readonly unknown[]
): readonly ModelResponseChunk[] {
  const chunks: ModelResponseChunk[] = [];
  for (const event of events) mapper.accept(event, undefined, (chunk) => chunks.push(chunk));
  return chunks;
}

/** What a mapper makes of `events`; a throw of anything but a HeddleError passes. */
function chunksUntilRefused(
  mapper: EventMapper,
  events: readonly unknown[],
): readonly ModelResponseChunk[] {
  const chunks: ModelResponseChunk[] = [];
  try {
    for (const value of events) mapper.accept(value, undefined, (chunk) => chunks.push(chunk));
    mapper.flush((chunk) => chunks.push(chunk));
    mapper.end({ text: "", reasoning: "", toolCalls: [] });
  } catch (error) {
    if (!HeddleError.is(error)) throw error;
  }
  return chunks;
}

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(null, 0, 5, -1, 1e9, "x", "", true, "function_call", "message"),
    fc.array(tie("tree"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...FIELDS), tie("tree"), { maxKeys: 5 }),
  ),
}));
const oddPiece = fc.record({
  index: fc.oneof(fc.nat(3), tree),
  id: fc.oneof(fc.constantFrom("a", "b"), tree),
  function: fc.oneof(fc.record({ name: fc.constant("n"), arguments: fc.string() }), tree),
});
const oddDelta = fc.record({ tool_calls: fc.array(oddPiece), content: tree }, { requiredKeys: [] });
const oddChat = fc.record({ choices: fc.tuple(fc.record({ delta: oddDelta, index: tree })) });

describe.for(MAPPERS)("%s", ([, make, types]) => {
  const odd = fc
    .tuple(tree, fc.constantFrom("x", ...types))
    .map(([value, type]) => ({ type, ...(value as object) }));

  test("whatever JSON comes, it gives well-formed chunks or a HeddleError", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, oddChat, fc.jsonValue())), (events) => {
        const json = JSON.parse(JSON.stringify(events)) as readonly unknown[];
        for (const chunk of chunksUntilRefused(make(), json)) {
          expect(chunk.type === "tool-call" ? chunk.argumentsText : chunk.text).toBeTypeOf(
            "string",
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("ChatMapper", () => {
  const delta = (value: object): object => ({ choices: [{ delta: value }] });

  test("one event can hold reasoning, text, a refusal and tool calls", () => {
    const event = delta({
      reasoning: "a",
      content: "b",
      refusal: "c",
      tool_calls: [{ index: 0, id: "1", function: { name: "n", arguments: "{}" } }],
    });
    expect(chunksOf(chatMapper(), event)).toEqual([
      { type: "reasoning", text: "a" },
      { type: "text", text: "b" },
      { type: "refusal", text: "c" },
      { type: "tool-call", index: 0, id: "1", name: "n", argumentsText: "{}" },
    ]);
  });

  test("empty pieces give no chunks, but the first of a tool call does", () => {
    const piece = { index: 0, id: "1", function: { name: "n", arguments: "" } };
    const chunks = chunksOf(
      chatMapper(),
      delta({ content: "", role: "assistant" }),
      delta({ tool_calls: [piece] }),
      delta({ tool_calls: [piece] }),
    );
    expect(chunks).toEqual([
      { type: "tool-call", index: 0, id: "1", name: "n", argumentsText: "" },
    ]);
  });

  test("a name that comes after the id is passed on once", () => {
    const chunks = chunksOf(
      chatMapper(),
      delta({ tool_calls: [{ index: 0, id: "1" }] }),
      delta({ tool_calls: [{ index: 0, function: { name: "n", arguments: "{" } }] }),
      delta({ tool_calls: [{ index: 0, function: { name: "n", arguments: "}" } }] }),
    );
    expect(chunks).toEqual([
      { type: "tool-call", index: 0, id: "1", argumentsText: "" },
      { type: "tool-call", index: 0, name: "n", argumentsText: "{" },
      { type: "tool-call", index: 0, argumentsText: "}" },
    ]);
  });

  test("a missing id is made up from the prefix and the index", () => {
    const chunks = chunksOf(
      chatMapper(),
      delta({ tool_calls: [{ function: { name: "a" } }, { function: { name: "b" } }] }),
    );
    expect(chunks).toMatchObject([
      { index: 0, id: "made_0", name: "a" },
      { index: 1, id: "made_1", name: "b" },
    ]);
  });

  test("it is complete at [DONE] only", () => {
    const mapper = chatMapper();
    chunksOf(mapper, { choices: [{ finish_reason: "stop" }] });
    expect(mapper.isComplete).toBe(false);
    mapper.acceptDone();
    expect(mapper.isComplete).toBe(true);
  });
});
