import { describe, expect, test } from "vitest";
import { McpFailures } from "../../../src/supervisor/tools/mcp-failures.ts";
import { mcp } from "../../../src/tools/mcp/descriptor.ts";

describe("McpFailures", () => {
  test("what is in headers, in their parts and in the query is not shown", () => {
    const headers = { Authorization: "Bearer sk-123456", "X-Other": "other-key", "X-Short": "on" };
    const source = mcp({ url: "http://host/mcp?token=in-the-query", headers });
    const said = "Bearer sk-123456, sk-123456, other-key, in-the-query, on and on";
    const { message, details } = new McpFailures(source).failed(said);
    expect(message).toBe('MCP server "host" [secret], [secret], [secret], [secret], on and on');
    expect(details).toEqual({ server: "host" });
  });

  test("what is in the environment is not shown, the longest first", () => {
    const env = { ONE: "secret-key", TWO: "secret-key-of-two" };
    const { message } = new McpFailures(mcp({ command: "c", env })).ofTool("secret-key-of-two!");
    expect(message).toBe("[secret]!");
  });

  test("a tool that has failed without a word is said to have", () => {
    expect(new McpFailures(mcp({ command: "c" })).ofTool("")).toMatchObject({
      code: "TOOL_FAILED",
      message: "the tool has failed without a word",
      details: { server: "c" },
    });
  });
});
