import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { serveApp, serveScripted } from "../support/server-app.ts";
import { startSupervisor } from "../support/supervisors.ts";

const execute = promisify(execFile);

/** Runs a program to its own end. */
async function run(name: string): Promise<string> {
  const program = new URL(`../fixtures/programs/${name}.ts`, import.meta.url);
  const { stdout } = await execute(process.execPath, [program.pathname], { timeout: 50_000 });
  return stdout;
}

async function codeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } };
  return error.code;
}

describe("GET /healthz and /readyz", () => {
  test("need no token, and no name that the server is known by", async () => {
    const { app, request, supervisor } = await serveScripted([{ text: "x" }]);
    const before = supervisor.sessions.size;
    const health = await request("/healthz", { headers: { authorization: "" } });
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
    const readiness = await request("/readyz", { headers: { authorization: "" } });
    expect([readiness.status, await readiness.json()]).toEqual([200, { status: "ready" }]);
    for (const [path, status] of [
      ["/healthz", 200],
      ["/readyz", 200],
      ["/metrics", 403],
    ] as const) {
      const byAddress = await app.request(`http://10.0.0.7:8080${path}`);
      expect([path, byAddress.status]).toEqual([path, status]);
    }
    expect(supervisor.sessions.size).toBe(before);
  });

  test("while it drains the server is healthy and not ready", async () => {
    const { app, request } = await serveScripted([{ text: "x" }]);
    app.drain();
    const readiness = await request("/readyz");
    expect([readiness.status, await codeOf(readiness)]).toEqual([503, "DRAINING"]);
    expect(readiness.headers.get("retry-after")).toBe("1");
    expect((await request("/healthz")).status).toBe(200);
  });

  test("once its supervisor is closed it is not ready", async () => {
    const { request, supervisor } = await serveScripted([{ text: "x" }]);
    expect(supervisor.state).toBe("running");
    const closing = supervisor.close();
    expect(supervisor.state).toBe("closed");
    const readiness = await request("/readyz");
    expect([readiness.status, await codeOf(readiness)]).toEqual([503, "SUPERVISOR_CLOSED"]);
    await closing;
    expect((await request("/healthz")).status).toBe(200);
  });

  test("while a gateway is down it is not ready; it is again when that is back", async () => {
    const mine = {
      module: new URL("../fixtures/providers/loads-once.ts", import.meta.url),
      options: new Int32Array(new SharedArrayBuffer(8)),
    };
    const supervisor = await startSupervisor({ providers: { mine } });
    const { request } = await serveApp({ supervisor, agents: { helper: {} } });
    const session = supervisor.openSession();
    const lost = await session.run({}, { prompt: "go" }).outcome;
    expect(lost.error).toMatchObject({ code: "GATEWAY_LOST" });
    expect(supervisor.state).toBe("gateway-down");
    const readiness = await request("/readyz");
    expect([readiness.status, await codeOf(readiness)]).toEqual([503, "GATEWAY_LOST"]);
    expect(await session.run({}, { prompt: "go" }).wait()).toMatchObject({ text: "back again" });
    expect((await request("/readyz")).status).toBe(200);
  });
});

test("all of it is in the OpenAPI document", async () => {
  const { app } = await serveScripted([{ text: "x" }]);
  const { paths } = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "t", version: "1" },
  });
  for (const path of ["/healthz", "/readyz", "/metrics"])
    expect(Object.keys(paths?.[path] ?? {})).toEqual(["get"]);
});

describe("a program with an app", () => {
  test("that has not installed prom-client has all but metrics", async () => {
    expect(JSON.parse(await run("app-without-metrics"))).toEqual({
      healthz: 200,
      workers: 201,
      metrics: 501,
      code: "SERVER_NOT_INSTALLED",
    });
  });

  test("that does not close it ends by itself: what counts keeps nothing alive", async () => {
    expect(await run("app-left-open")).toMatch(/^200 jobs_ended 1\n$/);
  });
});
