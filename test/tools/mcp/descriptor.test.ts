import { describe, expect, test } from "vitest";
import { checkedMcpSource, isMcpSource } from "../../../src/tools/mcp/check.ts";
import type { McpOptions, McpServer } from "../../../src/tools/mcp/descriptor.ts";
import { mcp } from "../../../src/tools/mcp/descriptor.ts";

const server = { command: "node" };

describe("mcp()", () => {
  test("is plain data with its defaults filled in, and shares nothing with what it was given", () => {
    const given = { command: "/usr/bin/some.js", args: ["a"], env: { KEY: "k" }, cwd: "." };
    const source = mcp(given);
    given.args.push("b");
    given.env.KEY = "changed";
    expect(source).toEqual({
      type: "mcp",
      server: { command: "/usr/bin/some.js", args: ["a"], env: { KEY: "k" }, cwd: "." },
      name: "some",
      prefix: "",
      approvals: "hinted",
      connectMs: 30_000,
    });
    expect(structuredClone(source)).toEqual(source);
    expect(isMcpSource(source)).toBe(true);
    expect(checkedMcpSource("tools[0]", source)).toEqual(source);
  });

  test("what it is given of a choice of tools is its own", () => {
    const tools = { include: ["a"], rename: { a: "b" }, needsApproval: { a: true } };
    const source = mcp(server, { tools, optional: true, instructions: false, resources: true });
    tools.include.push("c");
    const kept = { include: ["a"], rename: { a: "b" }, needsApproval: { a: true } };
    expect(source).toMatchObject({ optional: true, instructions: false, resources: true });
    expect(source.tools).toEqual(kept);
    expect(checkedMcpSource("tools[0]", structuredClone(source))).toEqual(source);
  });

  test("is called by its host, where it has a URL", () => {
    const url = new URL("https://tools.example:8443/mcp?key=secret");
    const source = mcp({ url, headers: { Authorization: "Bearer abc" } }, { timeoutMs: 5 });
    expect(source.name).toBe("tools.example:8443");
    expect(source.server).toEqual({ url: url.href, headers: { Authorization: "Bearer abc" } });
    expect(source.timeoutMs).toBe(5);
  });

  test.each<[field: string, server: unknown, options: unknown]>([
    ["server", undefined, {}],
    ["server", {}, {}],
    ["server", { command: "a", url: "http://a" }, {}],
    ["command", { command: "" }, {}],
    ["command", { command: "a\0b" }, {}],
    ["args", { command: "a", args: "b" }, {}],
    ["args", { command: "a", args: [1] }, {}],
    ["env", { command: "a", env: { A: 1 } }, {}],
    ["env", { command: "a", env: { "A=B": "c" } }, {}],
    ["cwd", { command: "a", cwd: "" }, {}],
    ["headers", { command: "a", headers: {} }, {}],
    ["url", { url: "not a url" }, {}],
    ["url", { url: "file:///etc/passwd" }, {}],
    ["url", { url: "http://me:secret@host" }, {}],
    ["headers", { url: "http://a", headers: { "not a name": "b" } }, {}],
    ["headers", { url: "http://a", headers: { a: "secret\nb" } }, {}],
    ["env", { url: "http://a", env: {} }, {}],
    ["name", server, { name: "" }],
    ["name", server, { name: "a\nb" }],
    ["name", server, { name: "x".repeat(65) }],
    ["prefix", server, { prefix: "a.b" }],
    ["prefix", server, { prefix: "x".repeat(33) }],
    ["approvals", server, { approvals: "sometimes" }],
    ["connectMs", server, { connectMs: 0 }],
    ["timeoutMs", server, { timeoutMs: 2_147_483_648 }],
    ["timeout", server, { timeout: 5 }],
    ["optional", server, { optional: "yes" }],
    ["instructions", server, { instructions: 1 }],
    ["resources", server, { resources: null }],
    ["tools", server, { tools: ["a"] }],
    ["tools.only", server, { tools: { only: ["a"] } }],
    ["tools.include", server, { tools: { include: "a" } }],
    ["tools.exclude", server, { tools: { exclude: [""] } }],
    ["tools.rename", server, { tools: { rename: { a: "b.c" } } }],
    ["tools.rename", server, { tools: { rename: { a: "c", b: "c" } } }],
    ["tools.describe", server, { tools: { describe: { a: 1 } } }],
    ["tools.needsApproval", server, { tools: { needsApproval: { a: "yes" } } }],
  ])("refuses a wrong %s, by its name and without its value: %j %j", (field, wrong, options) => {
    const make = () => mcp(wrong as McpServer, options as McpOptions);
    expect(make).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        details: { field },
        message: expect.stringMatching(new RegExp(`^mcp: ${field} `)),
      }),
    );
    expect(make).not.toThrow(/secret/);
  });
});
