import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AssistantMessage, ModelResponse, ResponsePart } from "../../src/index.ts";
import { ProviderStates } from "../../src/server/provider-state.ts";

const KEY = "a key of the server's own, long enough";
const STATE = { provider: "main", model: "m", data: { signature: "s" } };
const PARTS: readonly ResponsePart[] = [
  { type: "reasoning", text: "hm", state: STATE },
  { type: "text", text: "I look. " },
  { type: "tool-call", index: 0, state: STATE },
  { type: "text", text: "Now." },
];
const RESPONSE = responseOf(PARTS, "call_1");

function responseOf(parts: readonly ResponsePart[], id: string): ModelResponse {
  return {
    text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    toolCalls: [{ id, name: "look", argumentsText: "{}" }],
    finishReason: "tool-calls",
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    parts,
  };
}

/** As a client has it of the response. */
function messageOf({ text, toolCalls }: ModelResponse): AssistantMessage {
  return { role: "assistant", content: text, toolCalls };
}

describe("a sealed response", () => {
  test("is restored as it was, by a server that knows nothing but the key", () => {
    const seal = new ProviderStates(KEY, "alice").seal(RESPONSE);
    const restored = new ProviderStates(KEY, "alice").restore(messageOf(RESPONSE), seal);
    expect(restored.parts).toEqual(PARTS);
  });

  test("is restored without its seal while the server remembers it", () => {
    const states = new ProviderStates(KEY, "alice");
    states.seal(RESPONSE);
    expect(states.restore(messageOf(RESPONSE), undefined).parts).toEqual(PARTS);
    expect(states.restore(messageOf(RESPONSE), "stripped.else").parts).toEqual(PARTS);
  });

  test.each([
    ["another tenant", KEY, "bob"],
    ["a server with another key", `${KEY}!`, "alice"],
  ])("is nothing to %s", (_, key, tenant) => {
    const seal = new ProviderStates(KEY, "alice").seal(RESPONSE);
    const message = messageOf(RESPONSE);
    expect(new ProviderStates(key, tenant).restore(message, seal)).toBe(message);
  });

  test("is nothing once a character of it is changed, whatever a client sends", () => {
    const seal = new ProviderStates(KEY, "alice").seal(RESPONSE) ?? "";
    const message = messageOf(RESPONSE);
    fc.assert(
      fc.property(
        fc.nat(seal.length - 1),
        fc.string({ minLength: 1, maxLength: 3 }),
        (at, text) => {
          const forged = seal.slice(0, at) + text + seal.slice(at + 1);
          fc.pre(forged !== seal);
          expect(new ProviderStates(KEY, "alice").restore(message, forged)).toBe(message);
        },
      ),
    );
  });

  test("gives nothing to a message whose text was edited, or whose calls are others", () => {
    const states = new ProviderStates(KEY, "alice");
    const seal = states.seal(RESPONSE);
    const message = messageOf(RESPONSE);
    const edited = { ...message, content: "I look! Now." };
    const others = { ...message, toolCalls: [] };
    expect(states.restore(edited, seal)).toBe(edited);
    expect(states.restore(others, seal)).toBe(others);
  });

  test("leaves files to the client, and takes them back in their order", () => {
    const file = { type: "file", mediaType: "image/png", data: "aGk=" } as const;
    const drawn = responseOf(
      [
        { ...file, state: STATE },
        { type: "tool-call", index: 0 },
      ],
      "call_2",
    );
    const states = new ProviderStates(KEY, "alice");
    const seal = states.seal(drawn);
    expect(Buffer.from(seal ?? "", "base64url").toString()).not.toContain("aGk=");
    const message = messageOf(drawn);
    expect(states.restore(message, seal, [file]).parts).toEqual(drawn.parts);
    expect(states.restore(message, seal)).toBe(message);
  });

  test("that is too long for the wire is kept on the server alone", () => {
    const state = { ...STATE, data: "x".repeat(100_000) };
    const large = responseOf([{ type: "tool-call", index: 0, state }], "call_3");
    const states = new ProviderStates(KEY, "alice");
    expect(states.seal(large)).toBeUndefined();
    expect(states.restore(messageOf(large), undefined).parts).toEqual(large.parts);
  });

  test("makes room for later ones: a tenant has 8 MiB", () => {
    const state = { ...STATE, data: "x".repeat(1_000_000) };
    const states = new ProviderStates(KEY, "alice");
    const all = Array.from({ length: 10 }, (_, i) =>
      responseOf([{ type: "tool-call", index: 0, state }], `call_${i}`),
    );
    for (const one of all) states.seal(one);
    const kept = all.map((one) => states.restore(messageOf(one), undefined).parts !== undefined);
    expect(kept).toEqual([...Array(4).fill(false), ...Array(6).fill(true)]);
  });

  test("a response without state has no seal", () => {
    const plain = responseOf([{ type: "tool-call", index: 0 }], "call_4");
    expect(new ProviderStates(KEY, "alice").seal(plain)).toBeUndefined();
  });
});
