import type { Tool as ListedTool } from "@modelcontextprotocol/client";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mcpToolNames, mcpTools } from "../../../src/supervisor/tools/mcp-tool.ts";
import { AWFUL_NAMES } from "../../fixtures/mcp/awful-names.ts";

const view = { prefix: "", approvals: "hinted" } as const;
const inputSchema = { type: "object" } as const;
const nobody = async () => "";

function approvalOf(
  annotations: ListedTool["annotations"],
  approvals: "hinted" | "always" | "never" = "hinted",
): unknown {
  const listed = [{ name: "a", inputSchema, annotations }];
  return mcpTools(listed, { ...view, approvals }, nobody)[0]?.needsApproval;
}

describe("mcpToolNames()", () => {
  test("keeps what is fit, and gives the rest a readable name with a hash", () => {
    const names = mcpToolNames("", AWFUL_NAMES);
    expect(names.get("with_dot")).toBe("with_dot");
    expect(names.get("x".repeat(64))).toBe("x".repeat(64));
    expect(names.get("with.dot")).toMatch(/^with_dot_[0-9a-f]{8}$/);
    expect(names.get("x".repeat(65))).toMatch(/^x{55}_[0-9a-f]{8}$/);
    expect(mcpToolNames("git_", ["a.b", "ok"])).toEqual(
      new Map([
        ["ok", "git_ok"],
        ["a.b", expect.stringMatching(/^git_a_b_[0-9a-f]{8}$/)],
      ]),
    );
  });

  const names = fc.uniqueArray(
    fc.oneof(fc.constantFrom(...AWFUL_NAMES), fc.string({ unit: "binary", maxLength: 80 })),
    { maxLength: 30 },
  );
  const prefixes = fc.stringMatching(/^[a-zA-Z0-9_-]{0,32}$/);

  test("every name is one that models take, no two are alike", () => {
    fc.assert(
      fc.property(prefixes, names, (prefix, given) => {
        const made = [...mcpToolNames(prefix, given).values()];
        expect(made.length).toBe(given.length);
        expect(new Set(made).size).toBe(given.length);
        for (const name of made) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      }),
    );
  });

  test("a name depends neither on the order nor on what else there is", () => {
    fc.assert(
      fc.property(prefixes, names, (prefix, given) => {
        const made = mcpToolNames(prefix, given);
        expect(mcpToolNames(prefix, given.toReversed())).toEqual(made);
        for (const name of given)
          expect(mcpToolNames(prefix, [name]).get(name)).toBe(made.get(name));
      }),
    );
  });

  test("a name that somebody else has on purpose is not taken", () => {
    const taken = mcpToolNames("", ["a.b"]).get("a.b") ?? "";
    const names = mcpToolNames("", ["a.b", taken]);
    expect(names.get(taken)).toBe(taken);
    expect(names.get("a.b")).toMatch(/^a_b_[0-9a-f]{8}$/);
    expect(names.get("a.b")).not.toBe(taken);
  });
});

describe("mcpTools()", () => {
  test("what is not said counts as not read-only, and destructive", () => {
    expect(approvalOf(undefined)).toBe(true);
    expect(approvalOf({})).toBe(true);
    expect(approvalOf({ destructiveHint: true })).toBe(true);
    expect(approvalOf({ destructiveHint: false })).toBe(false);
    expect(approvalOf({ readOnlyHint: true })).toBe(false);
    expect(approvalOf({ readOnlyHint: true, destructiveHint: true })).toBe(false);
    expect(approvalOf({ readOnlyHint: false })).toBe(true);
  });

  test("a source may say it for all tools", () => {
    expect(approvalOf({ readOnlyHint: true }, "always")).toBe(true);
    expect(approvalOf({}, "never")).toBe(false);
  });

  test("of two with the same name the first counts", () => {
    const listed = ["a", "b", "a"].map((name, at) => ({ name, inputSchema, description: `${at}` }));
    const tools = mcpTools(listed, { ...view, timeoutMs: 5 }, nobody);
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ["a", "0"],
      ["b", "1"],
    ]);
    expect(tools[0]).toMatchObject({ timeoutMs: 5, parameters: inputSchema, idempotent: false });
  });

  test("is called by the server's own name for it", async () => {
    const called: unknown[] = [];
    const listed = [{ name: "a.b", inputSchema, title: "Titled" }];
    const [tool] = mcpTools(listed, view, async (name, args) => {
      called.push(name, args);
      return "result";
    });
    const ctx = { signal: new AbortController().signal, progress: () => {} };
    expect(await tool?.execute({ x: 1 }, ctx as never)).toBe("result");
    expect(called).toEqual(["a.b", { x: 1 }]);
    expect(tool?.description).toBe("Titled");
  });
});
