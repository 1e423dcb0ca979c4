import { describe, expect, test } from "vitest";
import { mcp } from "../../../src/tools/mcp/descriptor.ts";

describe("a server that was given no name", () => {
  test.each<[name: string, command: string, args: readonly string[]]>([
    ["server-git", "npx", ["-y", "@scope/server-git@1.2.3"]],
    ["server-git", "npx", ["--yes", "server-git", "--key", "sk-secret"]],
    ["mcp-server-fetch", "uvx", ["mcp-server-fetch"]],
    ["git", "node", ["./servers/git/dist/index.js"]],
    ["git", "/usr/bin/node", ["--no-warnings", "/opt/git.mjs"]],
    ["weather", "uv", ["run", "weather.py"]],
    ["node", "node", ["-e", "code('sk-secret')"]],
    ["node", "node", []],
    ["node", "node", ["a b\nc"]],
    ["server", "./bin/server", ["--key", "sk-secret"]],
  ])("is called %s: %s %j", (name, command, args) => {
    expect(mcp({ command, args }).name).toBe(name);
  });
});
