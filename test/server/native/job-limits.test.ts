import { describe, expect, test } from "vitest";
import { checkLower, limitsOfAgent } from "../../../src/server/native/job-limits.ts";

const OWN = {
  maxSteps: 5,
  timeouts: { totalMs: 1_000 },
  budget: { maxTotalTokens: 100 },
  model: { maxOutputTokens: 50, reasoning: { effort: "medium" }, toolChoice: "auto" },
} as const;

describe("checkLower()", () => {
  test.each([
    [{}],
    [{ maxSteps: 5, timeouts: { totalMs: 1_000 }, budget: { maxTotalTokens: 100 } }],
    [{ budget: { maxToolCalls: 1_000 } }],
    [{ model: { maxOutputTokens: 50, reasoning: { effort: "low" }, toolChoice: "none" } }],
    [{ model: { temperature: 2 } }],
  ] as const)("takes %j", (asked) => {
    expect(() => checkLower(asked, OWN)).not.toThrow();
  });

  test.each([
    [{ maxSteps: 6 }, "maxSteps"],
    [{ timeouts: { totalMs: 1_001 } }, "timeouts.totalMs"],
    [{ budget: { maxTotalTokens: 101 } }, "budget.maxTotalTokens"],
    [{ model: { maxOutputTokens: 51 } }, "model.maxOutputTokens"],
    [{ model: { reasoning: { effort: "high" } } }, "model.reasoning.effort"],
    [{ model: { toolChoice: "required" } }, "model.toolChoice"],
    [{ model: { toolChoice: { tool: "send" } } }, "model.toolChoice"],
  ] as const)("refuses %j, naming %s", (asked, field) => {
    expect(() => checkLower(asked, OWN)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", details: { field } }),
    );
  });

  test("where the agent's own are not known, none can be set", () => {
    expect(() => checkLower({}, undefined)).not.toThrow();
    expect(() => checkLower({ budget: { maxToolCalls: 1 } }, undefined)).toThrow(
      expect.objectContaining({ details: { field: "budget" } }),
    );
  });
});

describe("limitsOfAgent()", () => {
  test("lays an agent's own over the supervisor's, field by field", () => {
    const defaults = { maxSteps: 3, budget: { maxToolCalls: 1, maxTotalTokens: 9 } };
    expect(limitsOfAgent({ budget: { maxToolCalls: 2 } }, defaults)).toMatchObject({
      maxSteps: 3,
      budget: { maxToolCalls: 2, maxTotalTokens: 9 },
    });
    expect(limitsOfAgent({}, {}).maxSteps).toBe(20);
  });
});
