import { describe, test } from "vitest";
import type { Step } from "../../support/broken-server.ts";
import { DONE, delta, events, finish, stream, toolCall } from "./bytes.ts";
import type { Expected } from "./play.ts";
import { expectOutcome, play } from "./play.ts";

type Case = readonly [name: string, script: readonly Step[], expected: Expected];

const CASES: readonly Case[] = [
  [
    "an index that is a number as text",
    stream(
      events(
        toolCall({ index: "0", id: "c", name: "a", args: "{" }),
        toolCall({ index: "0", args: "}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    { toolCalls: [{ id: "c", name: "a", argumentsText: "{}" }] },
  ],
  [
    "whole calls that all have index 0, without ids, in one event, of Gemini",
    stream(
      events(
        delta({
          tool_calls: [
            { index: 0, id: "", function: { name: "a", arguments: '{"n":1}' } },
            { index: 0, id: "", function: { name: "b", arguments: '{"n":2}' } },
          ],
        }),
        finish("stop"),
      ),
      DONE,
    ),
    {
      toolCalls: [
        { name: "a", argumentsText: '{"n":1}' } as never,
        { name: "b", argumentsText: '{"n":2}' } as never,
      ],
    },
  ],
  [
    "whole calls of one tool that all have index 0, without ids, in an event each",
    stream(
      events(
        toolCall({ index: 0, name: "a", args: '{"n":1}' }),
        toolCall({ index: 0, name: "a", args: '{"n":2}' }),
        finish("stop"),
      ),
      DONE,
    ),
    {
      toolCalls: [
        { name: "a", argumentsText: '{"n":1}' } as never,
        { name: "a", argumentsText: '{"n":2}' } as never,
      ],
    },
  ],
  [
    "calls without arguments that all have index 0, with ids",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "a", args: "" }),
        toolCall({ index: 0, id: "c2", name: "a", args: "" }),
        finish("stop"),
      ),
      DONE,
    ),
    {
      toolCalls: [
        { id: "c1", name: "a", argumentsText: "" },
        { id: "c2", name: "a", argumentsText: "" },
      ],
    },
  ],
  [
    "a new id and the name with every piece",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "a", args: "" }),
        toolCall({ index: 0, id: "c2", name: "a", args: '{"n"' }),
        toolCall({ index: 0, id: "c3", name: "a", args: ":1}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    { toolCalls: [{ id: "c1", name: "a", argumentsText: '{"n":1}' }] },
  ],
  [
    "a whole call that is sent once more at the end",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "a", args: '{"n"' }),
        toolCall({ index: 0, args: ":1}" }),
        toolCall({ index: 0, id: "c1", name: "a", args: '{"n":1}' }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    { toolCalls: [{ id: "c1", name: "a", argumentsText: '{"n":1}' }] },
  ],
  [
    "a name behind whole arguments",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "a", args: "{}" }),
        toolCall({ index: 0, name: "a", args: "" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    { toolCalls: [{ id: "c1", name: "a", argumentsText: "{}" }] },
  ],
  [
    "a name in pieces, of Mistral",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "read_", args: "" }),
        toolCall({ index: 0, name: "file", args: "{" }),
        toolCall({ index: 0, args: "}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    { toolCalls: [{ id: "c1", name: "read_file", argumentsText: "{}" }] },
  ],
  [
    "a name that grows",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "read", args: "" }),
        toolCall({ index: 0, name: "read_file", args: "{}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    { toolCalls: [{ id: "c1", name: "read_file", argumentsText: "{}" }] },
  ],
  [
    "one id for two calls",
    stream(
      events(
        toolCall({ index: 0, id: "c1", name: "a", args: "{}" }),
        toolCall({ index: 1, id: "c1", name: "a", args: "{}" }),
        finish("tool_calls"),
      ),
      DONE,
    ),
    {
      toolCalls: [
        { id: "c1", name: "a", argumentsText: "{}" },
        { id: "c1_1", name: "a", argumentsText: "{}" },
      ],
    },
  ],
  [
    "an empty function_call, of servers in Go",
    stream(
      events(delta({ content: "4", function_call: { name: "", arguments: "" } }), finish("stop")),
      DONE,
    ),
    { text: "4", toolCalls: [], finishReason: "stop" },
  ],
  [
    "calls of a message in place of deltas",
    stream(
      events({
        choices: [
          {
            message: {
              content: null,
              tool_calls: [
                { id: "c1", function: { name: "a", arguments: "{}" } },
                { id: "c2", function: { name: "b", arguments: { n: 1 } } },
              ],
            },
            finish_reason: "tool_calls",
          },
        ],
      }),
      DONE,
    ),
    {
      toolCalls: [
        { id: "c1", name: "a", argumentsText: "{}" },
        { id: "c2", name: "b", argumentsText: '{"n":1}' },
      ],
    },
  ],
];

describe("tool calls of servers that are nearly compatible", () => {
  test.for(CASES)("%s", async ([, script, expected]) => {
    expectOutcome(await play(script), expected);
  });
});
