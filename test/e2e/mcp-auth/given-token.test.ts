import { describe, expect, test, vi } from "vitest";
import type { McpTokenAuth } from "../../../src/index.ts";
import { connect, failureOf, open, started } from "../../support/guarded.ts";
import type { GuardedServer } from "../../support/guarded-server.ts";

describe("a token of the host's", () => {
  /** A token that the server knows. */
  async function tokenOf(server: GuardedServer): Promise<string> {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: "robot",
      client_secret: "secret-of-the-robot",
    });
    const response = await fetch(`${server.origin}/token`, { method: "POST", body });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  test("is asked for when one is needed, and again when the server has refused it", async () => {
    const server = await started({ clients: { robot: "secret-of-the-robot" } });
    const token = vi.fn<() => Promise<string>>(() => tokenOf(server));
    const connections = open({});
    const callers = await Promise.all([1, 2].map(() => connect(server, connections, { token })));
    expect(token).toHaveBeenCalledTimes(1);
    server.expire();
    const calls = callers.flatMap((caller) => [caller.call("whoami"), caller.call("whoami")]);
    expect(await Promise.all(calls)).toEqual(Array(4).fill("whoami: robot"));
    expect(token).toHaveBeenCalledTimes(2);
  });

  test.each<[string, McpTokenAuth["token"], RegExp]>([
    ["a text that is refused", "a-wrong-token", /has refused auth\.token/],
    ["the same one again", () => "a-wrong-token", /has given the same one again/],
    ["none", () => undefined as never, /has not returned a bearer token/],
    ["one that no header can have", () => "a\nb", /has not returned a bearer token/],
    ["an error", () => Promise.reject(new Error("vault is sealed")), /failed: vault is sealed/],
  ])("%s: MCP_AUTH_FAILED", async (_, token, message) => {
    const server = await started();
    const failure = await failureOf(server, connect(server, open({}), { token }));
    expect(failure).toMatchObject({
      code: "MCP_AUTH_FAILED",
      message: expect.stringMatching(message),
      details: { server: "guarded" },
    });
    expect(failure.stack).not.toContain("a-wrong-token");
  });

  test("does not widen: a scope that it has not is an error at once", async () => {
    const server = await started({ clients: { robot: "secret-of-the-robot" } });
    const token = await tokenOf(server);
    const caller = await connect(server, open({}), { token });
    expect(await failureOf(server, caller.call("write"))).toMatchObject({
      code: "MCP_AUTH_FAILED",
      message: expect.stringContaining("write"),
    });
  });
});
