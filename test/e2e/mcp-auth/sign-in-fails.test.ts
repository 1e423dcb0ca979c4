import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { McpHost } from "../../../src/index.ts";
import { mcp } from "../../../src/index.ts";
import { browse, connect, failureOf, host, open, signal, started } from "../../support/guarded.ts";

describe("signing in fails", () => {
  test.each<[string, McpHost, string, RegExp]>([
    ["nobody can be asked", {}, "MCP_AUTH_REQUIRED", /wants somebody to sign in.*mcp\.authorize/],
    [
      "they refuse",
      {
        authorize: async (page) => {
          const back = new URL(await browse(page));
          back.searchParams.delete("code");
          back.searchParams.set("error", "access_denied");
          back.searchParams.set("error_description", "not today");
          return back;
        },
      },
      "MCP_AUTH_FAILED",
      /access_denied \(not today\)/,
    ],
    [
      "the answer is to another question",
      {
        authorize: async (page) => {
          const back = new URL(await browse(page));
          back.searchParams.set("state", "another");
          return back;
        },
      },
      "MCP_AUTH_FAILED",
      /its state is another one/,
    ],
    [
      "the code is another one",
      {
        authorize: async (page) => {
          const back = new URL(await browse(page));
          back.searchParams.set("code", "code-of-somebody-else");
          return back;
        },
      },
      "MCP_AUTH_FAILED",
      /could not be signed in to: unknown: \[secret\]/,
    ],
    [
      "what comes back is no URL",
      { authorize: () => "done" },
      "MCP_AUTH_FAILED",
      /not returned a URL/,
    ],
    [
      "the host's function fails",
      { authorize: () => Promise.reject(new TypeError("no browser here")) },
      "MCP_AUTH_FAILED",
      /no browser here/,
    ],
  ])("%s", async (_, mcpHost, code, message) => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => void vi.restoreAllMocks());
    const server = await started();
    const failure = await failureOf(server, connect(server, open(mcpHost)));
    expect(failure).toMatchObject({
      code,
      message: expect.stringMatching(message),
      details: { server: "guarded" },
    });
  });

  test("a page that is no web page is shown to nobody", async () => {
    const server = await started({ page: "file:///bin/sh" });
    const person = host();
    expect(await failureOf(server, connect(server, open(person)))).toMatchObject({
      code: "MCP_AUTH_FAILED",
    });
    expect(person.authorize).not.toHaveBeenCalled();
  });

  test("a server that wants a token, and none is configured", async () => {
    const server = await started();
    const source = mcp({ url: server.url }, { name: "guarded" });
    const failure = await failureOf(server, open({}).toolsOf(source, signal));
    expect(failure).toMatchObject({
      code: "MCP_AUTH_REQUIRED",
      message: expect.stringContaining("give mcp() an auth"),
      details: { server: "guarded", status: 401 },
    });
  });

  test("a server that echoes the token: no error shows it", async () => {
    const server = await started();
    const caller = await connect(server, open(host()));
    expect(await failureOf(server, caller.call("echo"))).toMatchObject({
      code: "MCP_FAILED",
      message: expect.stringContaining("[secret]"),
    });
  });
});
