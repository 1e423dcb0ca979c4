import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { McpAuth } from "../../../src/index.ts";
import { connect, failureOf, open, started } from "../../support/guarded.ts";

describe("the client's own credentials", () => {
  test("are sent to no other authorization server than theirs", async () => {
    const server = await started({ clients });
    const elsewhere = { ...auth, issuer: "https://elsewhere.example" };
    const failure = await failureOf(server, connect(server, open({}), elsewhere));
    expect(failure).toMatchObject({ code: "MCP_AUTH_FAILED" });
    expect(server.granted).toEqual([]);
  });

  const clients = { robot: "secret-of-the-robot" };
  const auth: McpAuth = {
    type: "client-credentials",
    clientId: "robot",
    clientSecret: clients.robot,
  };

  test("give a token, and another one when that is refused, once for all calls", async () => {
    const server = await started({ clients });
    const caller = await connect(server, open({}), auth);
    server.expire();
    const calls = Array.from({ length: 5 }, () => caller.call("whoami"));
    expect(await Promise.all(calls)).toEqual(Array(5).fill("whoami: robot"));
    expect(server.granted).toEqual(["client_credentials", "client_credentials"]);
    expect(await caller.call("write")).toBe("write: robot");
  });

  test("that are wrong are shown nowhere, though the server repeats them", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const server = await started({ clients });
    const wrong = { ...auth, clientSecret: "wrong-secret-of-the-robot" };
    const failure = await failureOf(server, connect(server, open({}), wrong));
    expect(failure).toMatchObject({
      code: "MCP_AUTH_FAILED",
      message: expect.stringContaining("no such client, with [secret]"),
      details: { server: "guarded", oauthError: "invalid_client" },
    });
    expect(JSON.stringify(warn.mock.calls) + failure.stack).not.toContain("wrong-secret");
  });
});
