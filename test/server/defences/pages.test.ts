import { describe, expect, test } from "vitest";
import { rawRequest } from "../../support/raw-http.ts";
import { serveScripted, TOKEN } from "../../support/server-app.ts";

type Headers = readonly (readonly [string, string])[];

const AUTHORIZED: Headers = [["authorization", `Bearer ${TOKEN}`]];
const FRIEND = "https://friend.example";

async function serve() {
  return await serveScripted([{ text: "done" }], {
    allowHosts: ["agents.example"],
    allowOrigins: [FRIEND],
  });
}

describe("Host", () => {
  test.each([
    ["localhost"],
    ["localhost:1234"],
    ["127.0.0.1"],
    ["[::1]:80"],
    ["agents.example"],
    ["AGENTS.example:8080"],
  ])("%s is answered", async (host) => {
    const { url } = await serve();
    const headers = [["host", host], ...AUTHORIZED] as const;
    expect((await rawRequest(url, { path: "/api/workers", headers })).status).toBe(200);
  });

  test.each([
    ["evil.example"],
    ["evil.example:80"],
    ["localhost.evil.example"],
    ["127.0.0.1.evil.example"],
    ["evil.example@localhost.evil.example"],
    ["0.0.0.0"],
    [""],
    ["::::"],
  ])("%s is not, whatever its token", async (host) => {
    const { url, supervisor } = await serve();
    const headers = [["host", host], ...AUTHORIZED] as const;
    const answer = await rawRequest(url, { path: "/api/workers", headers });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(supervisor.inspect().sessions.map(({ name }) => name)).not.toContain("alice");
  });

  test("says why, in the form of all refusals", async () => {
    const { url } = await serve();
    const headers = [["host", "evil.example"]] as const;
    const answer = await rawRequest(url, { path: "/api/workers", headers });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      403,
      { error: { code: "HOST_NOT_ALLOWED" } },
    ]);
  });

  test("given twice is refused, whichever is first", async () => {
    const { url } = await serve();
    const statusOf = async (...hosts: readonly string[]) => {
      const headers = [...hosts.map((host) => ["host", host] as const), ...AUTHORIZED];
      return (await rawRequest(url, { path: "/api/workers", headers })).status;
    };
    expect([
      await statusOf("evil.example", "localhost"),
      await statusOf("localhost", "evil.example"),
    ]).toEqual([403, 403]);
  });
});

describe("Origin", () => {
  test.each([
    ["https://evil.example"],
    ["null"],
    ["http://localhost.evil.example"],
    ["http://localhost:1"],
    ["https://friend.example.evil.example"],
    ["http://friend.example"],
    ["*"],
    [""],
  ])("%s is refused, also with a token", async (origin) => {
    const { url } = await serve();
    const headers = [["host", "localhost"], ["origin", origin], ...AUTHORIZED] as const;
    const answer = await rawRequest(url, { path: "/api/workers", headers });
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      403,
      { error: { code: "ORIGIN_NOT_ALLOWED" } },
    ]);
    expect(answer.headers.has("access-control-allow-origin")).toBe(false);
  });

  test.each([["http://localhost"], ["https://localhost"], [FRIEND]])(
    "%s is answered by its name",
    async (origin) => {
      const { url } = await serve();
      const headers = [["host", "localhost"], ["origin", origin], ...AUTHORIZED] as const;
      const answer = await rawRequest(url, { path: "/api/workers", headers });
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([
        200,
        origin,
      ]);
      expect(answer.headers.get("vary")).toContain("origin");
      expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
    },
  );

  test("is answered also where the request is refused, so that the page can read why", async () => {
    const { url } = await serve();
    const origin = ["origin", FRIEND] as const;
    for (const [method, path, headers, status] of [
      ["GET", "/api/workers", [], 401],
      ["GET", "/api/workers/x", AUTHORIZED, 404],
      ["PUT", "/api/workers", AUTHORIZED, 405],
      ["GET", "/api/nothing", AUTHORIZED, 404],
    ] as const) {
      const all = [["host", "localhost"], origin, ...headers] as const;
      const answer = await rawRequest(url, { method, path, headers: all });
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([
        status,
        FRIEND,
      ]);
    }
  });

  test("a preflight is answered without a token, to those who may come", async () => {
    const { url } = await serve();
    const preflight = (origin: string) =>
      rawRequest(url, {
        method: "OPTIONS",
        path: "/api/workers",
        headers: [
          ["host", "localhost"],
          ["origin", origin],
          ["access-control-request-method", "DELETE"],
          ["access-control-request-headers", "authorization,last-event-id"],
        ],
      });
    const allowed = await preflight(FRIEND);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(FRIEND);
    expect(allowed.headers.get("access-control-allow-methods")).toBe("GET, POST, DELETE");
    expect(allowed.headers.get("access-control-allow-headers")).toContain("last-event-id");
    const refused = await preflight("https://evil.example");
    expect(refused.status).toBe(403);
    expect([...refused.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual(
      [],
    );
  });
});
