import { describe, expect, test } from "vitest";
import { finishReason } from "../../../src/providers/openai/finish-reason.ts";

describe("finishReason()", () => {
  test.for([
    ["stop", "stop"],
    ["length", "length"],
    ["tool_calls", "tool-calls"],
    ["function_call", "tool-calls"],
    ["content_filter", "content-filter"],
  ] as const)("%s is known to everybody", ([word, reason]) => {
    expect(finishReason(word)).toEqual({ reason, raw: undefined });
  });

  test.for([
    ["STOP", "stop"],
    ["end_turn", "stop"],
    ["eos_token", "stop"],
    ["COMPLETE", "stop"],
    ["MAX_TOKENS", "length"],
    ["model_context_window_exceeded", "length"],
    ["tool_use", "tool-calls"],
    ["SAFETY", "content-filter"],
    ["content_filter: RECITATION", "content-filter"],
    ["content_filter: a word that is new", "content-filter"],
    ["sensitive", "content-filter"],
    ["guardrail_intervened", "content-filter"],
    ["refusal", "refusal"],
    ["network_error", "error"],
    ["MALFORMED_FUNCTION_CALL", "error"],
    ["function_call_filter: MALFORMED_FUNCTION_CALL", "error"],
    ["insufficient_system_resource", "error"],
    ["a word that is new", "other"],
    ["constructor", "other"],
    ["__proto__", "other"],
  ] as const)("%s is kept as the server wrote it", ([word, reason]) => {
    expect(finishReason(word)).toEqual({ reason, raw: word });
  });
});
