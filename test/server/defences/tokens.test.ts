import { describe, expect, test } from "vitest";
import type { Tenant } from "../../../src/server/api.ts";
import { documentOf, operationsOf } from "../../support/described-app.ts";
import { rawRequest } from "../../support/raw-http.ts";
import { serveScripted, TOKEN } from "../../support/server-app.ts";
import { makeJob, makeWorker, serveDescribed } from "../../support/server-sessions.ts";

const OPEN = ["/healthz", "/readyz"];
const CONTEXTUAL = {
  name: "whose",
  parameters: { type: "object", properties: {} },
  execute: (_: unknown, ctx: { context: unknown }) => ctx.context,
} as const;

describe("tokens", () => {
  test.each([
    ["no token", []],
    ["an empty one", [["authorization", "Bearer "]]],
    ["a wrong one", [["authorization", "Bearer a-token-that-is-nobodys"]]],
    ["one with something behind it", [["authorization", `Bearer ${TOKEN} more`]]],
    ["another scheme", [["authorization", `Basic ${TOKEN}`]]],
    ["the token in the URL's place", [["cookie", `token=${TOKEN}`]]],
    [
      "a wrong one before a right one",
      [
        ["authorization", "Bearer a-token-that-is-nobodys"],
        ["authorization", `Bearer ${TOKEN}`],
      ],
    ],
  ] as const)("with %s, no route answers but the open ones", async (_, headers) => {
    const served = await serveScripted([{ text: "done" }]);
    const operations = operationsOf(await documentOf(served));
    expect(operations.length).toBeGreaterThanOrEqual(14);
    for (const { method, path } of operations) {
      if (OPEN.includes(path)) continue;
      const answer = await rawRequest(served.url, {
        method: method.toUpperCase(),
        path: `${path.replaceAll(/\{\w+\}/g, "x")}?token=${TOKEN}`,
        headers: [["host", "localhost"], ...headers],
      });
      expect([answer.status, answer.headers.get("www-authenticate")], `${method} ${path}`).toEqual([
        401,
        "Bearer",
      ]);
      expect(answer.body, `${method} ${path}`).toContain("a valid token is needed");
    }
  });

  test("nor is anybody told which paths there are", async () => {
    const served = await serveScripted([{ text: "done" }]);
    for (const [method, path] of [
      ["GET", "/api/nothing"],
      ["PUT", "/api/workers"],
      ["GET", "/healthz/../api/workers"],
      ["GET", "/healthz/%2e%2e/api/workers"],
      ["GET", "//healthz"],
      ["GET", "/"],
    ] as const) {
      const answer = await rawRequest(served.url, {
        method,
        path,
        headers: [["host", "localhost"]],
      });
      expect(answer.status, `${method} ${path}`).toBe(401);
    }
  });
});

describe("auth as a function", () => {
  test("says whose request it is, also later", async () => {
    const auth = async (request: Request): Promise<Tenant | undefined> => {
      const user = request.headers.get("x-user");
      return user === null ? undefined : { name: user };
    };
    const served = await serveScripted([{ text: "done" }], { auth });
    const json = { agent: "helper" };
    const made = await served.request("/api/workers", { json, headers: { "x-user": "dora" } });
    expect(made.status).toBe(201);
    expect(served.supervisor.inspect().sessions.map(({ name }) => name)).toContain("dora");
    expect((await served.request("/api/workers")).status).toBe(401);
  });

  test.each([
    [
      "throws",
      () => {
        throw new TypeError("the database says hunter2");
      },
    ],
    ["rejects", () => Promise.reject(new TypeError("the database says hunter2"))],
    ["gives a tenant without a name", () => ({ name: "" })],
    ["gives a tenant that no session can be opened for", () => BAD_BUDGET],
  ])("one that %s has failed, and says nothing of why", async (_, auth) => {
    const logged: unknown[] = [];
    const note = (facts: object) => logged.push(facts);
    const logger = { debug: note, info: note, warn: note, error: note };
    const served = await serveScripted([{ text: "done" }], { auth, logger });
    const answer = await served.request("/api/workers");
    expect([answer.status, await answer.json()]).toEqual([
      500,
      { error: { code: "INTERNAL", message: "the server has failed" } },
    ]);
    expect(logged).toContainEqual(expect.objectContaining({ err: expect.any(Error) }));
  });
});

const BAD_BUDGET: Tenant = { name: "dora", budget: { maxTotalTokens: -1 } };

describe('auth "none"', () => {
  test("everybody is the tenant default, and an operator", async () => {
    const served = await serveScripted([{ text: "done" }], { auth: "none" });
    const answer = await fetch(`${served.url}/api/inspect`);
    const shown = (await answer.json()) as { threads?: object; sessions: { name: string }[] };
    expect(shown.threads).toBeDefined();
    expect(shown.sessions.map(({ name }) => name)).toContain("default");
  });
});

describe("a tenant", () => {
  test("has a context, which its tools are told, and which clients cannot choose", async () => {
    const tokens = { [TOKEN]: { name: "alice", context: { userId: 7 } } };
    const served = await serveDescribed(
      [{ toolCalls: [{ name: "whose", args: {} }] }, { text: "done" }],
      { auth: { tokens }, agents: { helper: { hostTools: [CONTEXTUAL] } } },
    );
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    await served.request(`/api/jobs/${job.id}?wait=60000`);
    const shown = await (await served.request(`/api/workers/${id}`)).json();
    expect(shown).toMatchObject({
      transcript: [
        { role: "user" },
        { role: "assistant" },
        { role: "tool", content: '{"userId":7}' },
        { role: "assistant", content: "done" },
      ],
    });
  });

  test("has a budget, and is refused with 429 once it is used up", async () => {
    const tokens = { [TOKEN]: { name: "alice", budget: { maxTotalTokens: 1 } } };
    const served = await serveDescribed([{ text: "done" }], { auth: { tokens } });
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id, { prompt: "a prompt of more than one token" });
    const ended = await served.request(`/api/jobs/${job.id}?wait=60000`);
    expect(await ended.json()).toMatchObject({ error: { code: "BUDGET_TOKENS" } });
  });

  test("is refused a job when its budget is used up", async () => {
    const usage = { inputTokens: 5, outputTokens: 5, totalTokens: 10 };
    const tokens = { [TOKEN]: { name: "alice", budget: { maxTotalTokens: 10 } } };
    const served = await serveDescribed([{ text: "done", usage }], { auth: { tokens } });
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    await served.request(`/api/jobs/${job.id}?wait=60000`);
    const refused = await served.request(`/api/workers/${id}/jobs`, { json: { prompt: "go" } });
    expect([
      refused.status,
      refused.headers.get("retry-after"),
      await refused.json(),
    ]).toMatchObject([
      429,
      "1",
      { error: { code: "BUDGET_TOKENS", details: { scope: "session", limit: 10 } } },
    ]);
  });
});
