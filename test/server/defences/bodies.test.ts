import { describe, expect, test } from "vitest";
import type { RawRequest } from "../../support/raw-http.ts";
import { chunkedBody, rawRequest } from "../../support/raw-http.ts";
import type { ServedApp } from "../../support/server-app.ts";
import { serveScripted, TOKEN } from "../../support/server-app.ts";
import { serveDescribed } from "../../support/server-sessions.ts";

const MB = 1_048_576;
const HEADERS = [
  ["host", "localhost"],
  ["authorization", `Bearer ${TOKEN}`],
] as const;
const JSON_TYPE = ["content-type", "application/json"] as const;

/** A request for a worker, of exactly so many bytes. */
function bodyOf(sizeBytes: number): string {
  const [head, tail] = ['{"agent":"helper","name":"', '"}'];
  return head + "x".repeat(sizeBytes - head.length - tail.length) + tail;
}

function post(served: ServedApp, request: Omit<RawRequest, "path">) {
  const headers = [...HEADERS, ...(request.headers ?? [])];
  return rawRequest(served.url, { method: "POST", path: "/api/workers", ...request, headers });
}

describe("a body", () => {
  test("of 1 MiB is read, however its length is told", async () => {
    const served = await serveScripted([{ text: "done" }]);
    const body = bodyOf(MB);
    const told = await post(served, {
      headers: [JSON_TYPE, ["content-length", String(MB)]],
      body,
    });
    const chunked = await post(served, {
      headers: [JSON_TYPE, ["transfer-encoding", "chunked"]],
      body: chunkedBody([body.slice(0, 700_000), body.slice(700_000)]),
    });
    // It is read, and then its name is too long.
    for (const { status, body: answer } of [told, chunked]) {
      expect([status, JSON.parse(answer)]).toMatchObject([
        400,
        { error: { details: { field: "name" } } },
      ]);
    }
  });

  test("in chunks is read like any other", async () => {
    const served = await serveScripted([{ text: "done" }]);
    const made = await post(served, {
      headers: [JSON_TYPE, ["transfer-encoding", "chunked"]],
      body: chunkedBody(['{"agent":', '"helper","name":"Ada"', "}"]),
    });
    expect([made.status, JSON.parse(made.body)]).toMatchObject([201, { name: "Ada" }]);
  });

  test("whose told length is a byte more is refused before it is sent", async () => {
    const served = await serveScripted([{ text: "done" }]);
    const refused = await post(served, {
      headers: [JSON_TYPE, ["content-length", String(MB + 1)]],
    });
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      413,
      { error: { code: "BODY_TOO_LARGE", details: { bodyBytes: MB } } },
    ]);
  });

  test("that turns out to be a byte longer is refused before it has ended", async () => {
    const served = await serveScripted([{ text: "done" }]);
    const part = bodyOf(MB + 1);
    const refused = await post(served, {
      headers: [JSON_TYPE, ["transfer-encoding", "chunked"]],
      // Its last chunk never comes.
      body: `${part.length.toString(16)}\r\n${part}\r\n`,
    });
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      413,
      { error: { code: "BODY_TOO_LARGE" } },
    ]);
  });

  test("whose length is told twice, in two ways, is refused", async () => {
    const served = await serveScripted([{ text: "done" }]);
    const refused = await post(served, {
      headers: [JSON_TYPE, ["content-length", "5"], ["transfer-encoding", "chunked"]],
      body: chunkedBody(['{"agent":"helper"}']),
    });
    expect(refused.status).toBe(400);
    expect((await served.request("/api/workers")).status).toBe(200);
    expect(await (await served.request("/api/workers")).json()).toEqual({ workers: [] });
  });

  test("that has the limit of the server's own", async () => {
    const served = await serveScripted([{ text: "done" }], { limits: { bodyBytes: 64 } });
    const json = { agent: "helper", name: "a name that takes the body past its limit" };
    expect((await served.request("/api/workers", { json })).status).toBe(413);
    expect((await served.request("/api/workers", { json: { agent: "helper" } })).status).toBe(201);
  });
});

describe("JSON", () => {
  test.each([
    ["nothing", ""],
    ["half of it", '{"agent":"hel'],
    ["something else", "agent=helper"],
    ["a lone surrogate's half escape", '{"agent":"\\uD8'],
    ["NaN", '{"agent":NaN}'],
    ["two of them", '{"agent":"helper"}{"agent":"helper"}'],
    ["no object", '"helper"'],
    ["an array", '["helper"]'],
    ["null", "null"],
    ["a field of every object's", '{"agent":"helper","constructor":{"prototype":{"x":1}}}'],
  ])("that is %s is refused with 400", async (_, body) => {
    const served = await serveDescribed();
    const headers = { "content-type": "application/json" };
    const refused = await served.request("/api/workers", { method: "POST", body, headers });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: "INVALID_INPUT" } },
    ]);
    expect(await (await served.request("/api/workers")).json()).toEqual({ workers: [] });
  });

  test("cannot reach the prototype of anything", async () => {
    const served = await serveDescribed();
    const headers = { "content-type": "application/json" };
    const body = '{"agent":"helper","__proto__":{"name":"Eve","isAdmin":true}}';
    const made = await served.request("/api/workers", { method: "POST", body, headers });
    expect(await made.text()).not.toContain('"Eve"');
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  test("may be 100 levels deep, and no deeper, whatever it is for", async () => {
    const served = await serveDescribed();
    const made = await served.request("/api/workers", { json: { agent: "helper" } });
    const { id } = (await made.json()) as { id: string };
    const headers = { "content-type": "application/json" };
    const send = (path: string, depth: number) => {
      const deep = "[".repeat(depth - 1) + "]".repeat(depth - 1);
      const body = `{"prompt":"[{[{[{[{","output":{"enum":${deep.slice(1, -1)}}}`;
      return served.request(path, { method: "POST", body, headers });
    };
    expect((await send(`/api/workers/${id}/jobs`, 100)).status).toBe(202);
    for (const path of ["/api/workers", `/api/workers/${id}/jobs`, "/api/confirmations/x"]) {
      for (const depth of [101, 100_000]) {
        const refused = await send(path, depth);
        expect([refused.status, await refused.json()]).toMatchObject([
          400,
          { error: { code: "INVALID_INPUT", details: { maxDepth: 100 } } },
        ]);
      }
    }
  });

  test.each(["1e400", "-1e400", "99999999999999999999", "1.5", "-0.1", '"5"', "true", "[5]"])(
    "with %s where a count is wanted is refused",
    async (number) => {
      const served = await serveDescribed();
      const made = await served.request("/api/workers", { json: { agent: "helper" } });
      const { id } = (await made.json()) as { id: string };
      const headers = { "content-type": "application/json" };
      const body = `{"prompt":"go","budget":{"maxTotalTokens":${number}}}`;
      const refused = await served.request(`/api/workers/${id}/jobs`, {
        method: "POST",
        body,
        headers,
      });
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { error: { code: "INVALID_INPUT", details: { field: "budget.maxTotalTokens" } } },
      ]);
    },
  );

  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])(
    "that is called %j is refused with 415",
    async (type) => {
      const served = await serveScripted([{ text: "done" }]);
      const body = '{"agent":"helper"}';
      const headers = [
        ["content-length", String(body.length)],
        ["content-type", type],
      ] as const;
      const refused = await post(served, {
        headers: type === "" ? headers.slice(0, 1) : headers,
        body,
      });
      expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
        415,
        { error: { code: "UNSUPPORTED_MEDIA_TYPE" } },
      ]);
      expect(await (await served.request("/api/workers")).json()).toEqual({ workers: [] });
    },
  );

  test("may say how it is encoded", async () => {
    const { request } = await serveDescribed();
    const headers = { "content-type": "application/json; charset=utf-8" };
    expect((await request("/api/workers", { json: { agent: "helper" }, headers })).status).toBe(
      201,
    );
  });
});

describe("a path", () => {
  test("that is known answers other methods with 405, and with those that it takes", async () => {
    const { request } = await serveDescribed();
    for (const [method, path, allow] of [
      ["PUT", "/api/workers", "POST, GET, HEAD"],
      ["PATCH", "/api/workers/x", "GET, HEAD, DELETE"],
      ["GET", "/api/workers/x/jobs", "POST"],
      ["DELETE", "/api/jobs/x", "GET, HEAD"],
      ["OPTIONS", "/api/jobs/x/cancel", "POST"],
      ["POST", "/api/openapi.json", "GET, HEAD"],
    ] as const) {
      const refused = await request(path, { method });
      expect([refused.status, refused.headers.get("allow")], `${method} ${path}`).toEqual([
        405,
        allow,
      ]);
      expect(await refused.json()).toMatchObject({ error: { code: "METHOD_NOT_ALLOWED" } });
    }
  });

  test.each([
    "/",
    "/api",
    "/api/",
    "/api/workers/",
    "/api/worker",
    "/API/workers",
    "/api/workers/x/jobs/y",
    "/api/workers/x/__proto__",
  ])("%s, which there is not, answers with 404", async (path) => {
    const served = await serveScripted([{ text: "done" }]);
    const refused = await rawRequest(served.url, { path, headers: HEADERS });
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      404,
      { error: { code: "NOT_FOUND" } },
    ]);
  });
});
