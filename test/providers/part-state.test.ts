import { describe, expect, test } from "vitest";
import type { AssistantMessage, Message, ModelResponse } from "../../src/protocol/model.ts";
import { onlyOwnState, tagState } from "../../src/providers/part-state.ts";

const OWNER = { provider: "main", model: "m1" };
const USAGE = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const RESPONSE: ModelResponse = { text: "a", toolCalls: [], finishReason: "stop", usage: USAGE };

function answered(provider: string, model: string): Message {
  const state = { provider, model, data: { signature: "s" } };
  const parts = [{ type: "text" as const, text: "a", state }];
  return { role: "assistant", content: "a", parts };
}

function statesOf(message: Message | undefined) {
  return (message as AssistantMessage).parts?.map(({ state }) => state);
}

describe("tagState()", () => {
  test("a state is marked with its provider and model, whatever the provider said", () => {
    const data = { signature: "s" };
    const parts = [{ type: "text" as const, text: "a", state: { provider: "else", data } }];
    expect(tagState({ ...RESPONSE, parts }, OWNER).parts).toEqual([
      { type: "text", text: "a", state: { ...OWNER, data } },
    ]);
  });

  test("a response without state is returned as it is", () => {
    expect(tagState(RESPONSE, OWNER)).toBe(RESPONSE);
    const parts = [{ type: "text" as const, text: "a" }];
    const response = { ...RESPONSE, parts };
    expect(tagState(response, OWNER)).toBe(response);
  });

  test("more state than a conversation may keep is left out as a whole, with a warning", () => {
    const parts = [
      { type: "reasoning" as const, text: "r", state: { data: "x".repeat(1_048_576) } },
      { type: "text" as const, text: "a", state: { data: "small" } },
    ];
    const { parts: kept, warnings } = tagState({ ...RESPONSE, parts }, OWNER);
    expect(kept).toEqual([
      { type: "reasoning", text: "r" },
      { type: "text", text: "a" },
    ]);
    expect(warnings).toEqual([expect.stringContaining("at most 1048576 bytes")]);
  });
});

describe("onlyOwnState()", () => {
  test("a state goes back to the provider and the model that made it", () => {
    const messages = [answered("main", "m1")];
    expect(onlyOwnState(messages, OWNER)).toBe(messages);
  });

  test.each([
    ["another provider", "backup", "m1"],
    ["another model", "main", "m2"],
  ])("a state of %s is left out, its part stays", (_, provider, model) => {
    const [message] = onlyOwnState([answered(provider, model)], OWNER);
    expect(message).toMatchObject({ content: "a", parts: [{ type: "text", text: "a" }] });
    expect(statesOf(message)).toEqual([undefined]);
  });

  test("the conversation that was given stays as it was", () => {
    const messages = [answered("backup", "m1")];
    onlyOwnState(messages, OWNER);
    expect(statesOf(messages[0])).toEqual([
      { provider: "backup", model: "m1", data: { signature: "s" } },
    ]);
  });
});
