import { describe, expect, test } from "vitest";
import { checkedMcpSource, isMcpSource } from "../../../src/tools/mcp/check.ts";
import type { McpOptions, McpServer } from "../../../src/tools/mcp/descriptor.ts";
import { mcp } from "../../../src/tools/mcp/descriptor.ts";

const server = { command: "node" };
const SIGN_IN = { type: "authorization-code", redirectUrl: "http://127.0.0.1:1/back" };
const CLIENT = { type: "client-credentials", clientId: "a" };

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

  test("an auth is copied, with its functions as they are", () => {
    const token = () => "t";
    const url = "https://tools.example/mcp";
    expect(mcp({ url, auth: { token } }).server).toEqual({ url, auth: { token } });
    const redirectUrl = new URL("http://127.0.0.1:1/back");
    const auth = { type: "authorization-code", redirectUrl, scope: "a b", signInMs: 5 } as const;
    const source = mcp({ url, auth });
    const copy = { ...auth, redirectUrl: redirectUrl.href };
    expect(source.server).toEqual({ url, auth: copy });
    expect(checkedMcpSource("tools[0]", source)).toEqual(source);
  });

  test.each<[field: string, auth: unknown]>([
    ["auth", "secret"],
    ["auth.type", {}],
    ["auth.type", { type: "password" }],
    ["auth.token", { token: "" }],
    ["auth.token", { token: "secret with blanks" }],
    ["auth.scope", { token: "secret", scope: "a" }],
    ["auth.redirectUrl", { type: "authorization-code" }],
    ["auth.redirectUrl", { type: "authorization-code", redirectUrl: "javascript:alert(1)" }],
    ["auth.redirectUrl", { type: "authorization-code", redirectUrl: "http://a/#b" }],
    ["auth.clientSecret", { ...SIGN_IN, clientSecret: "secret" }],
    ["auth.issuer", { ...SIGN_IN, issuer: "https://a" }],
    ["auth.issuer", { ...SIGN_IN, clientId: "a", issuer: "a" }],
    ["auth.clientId", { ...SIGN_IN, clientId: "" }],
    ["auth.clientMetadataUrl", { ...SIGN_IN, clientMetadataUrl: "http://a/b" }],
    ["auth.clientMetadataUrl", { ...SIGN_IN, clientMetadataUrl: "https://a" }],
    ["auth.clientMetadataUrl", { ...SIGN_IN, clientId: "a", clientMetadataUrl: "https://a/b" }],
    ["auth.clientName", { ...SIGN_IN, clientName: "x".repeat(65) }],
    ["auth.signInMs", { ...SIGN_IN, signInMs: 0 }],
    ["auth.privateKey", { ...SIGN_IN, privateKey: "secret" }],
    ["auth.clientId", { type: "client-credentials", clientSecret: "secret" }],
    ["auth", { type: "client-credentials", clientId: "a" }],
    ["auth", { ...CLIENT, clientSecret: "secret", privateKey: "secret" }],
    ["auth.algorithm", { ...CLIENT, privateKey: "secret" }],
    ["auth.algorithm", { ...CLIENT, clientSecret: "secret", algorithm: "ES256" }],
    ["auth.assertion", { type: "cross-app-access", clientId: "a", clientSecret: "secret" }],
  ])("refuses a wrong %s, without its value: %j", (field, auth) => {
    const make = () => mcp({ url: "https://a", auth } as McpServer);
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION", details: { field } }));
    expect(make).not.toThrow(/secret\b(?! )/);
  });

  test("refuses an auth next to a header that says the same", () => {
    const headers = { authorization: "Bearer secret" };
    expect(() => mcp({ url: "https://a", headers, auth: { token: "secret" } })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field: "auth" } }),
    );
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
