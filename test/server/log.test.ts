import { Subject } from "rxjs";
import { describe, expect, test, vi } from "vitest";
import type { Supervisor, SupervisorEvent } from "../../src/index.ts";
import { asTool, HeddleError } from "../../src/index.ts";
import type { ServerOptions } from "../../src/server/api.ts";
import { logSupervisor } from "../../src/server/supervisor-log.ts";
import { keptLog, startTestServer } from "../support/running-server.ts";
import { readEvents, startJob } from "../support/server-client.ts";
import { startTeam } from "../support/teams.ts";

const EXITS = { toolCalls: [{ name: "fault", args: { name: "exit 7" } }] };

type Responses = Parameters<typeof startTestServer>[0];

/** Runs `helper` to its end, and gives what the log says of it. */
async function logOf(responses: Responses, options: Partial<ServerOptions> = {}) {
  const { lines, logger } = keptLog();
  const started = await startTestServer(responses, {}, { logger, ...options });
  const { id } = await startJob({ ...started, url: started.server.url });
  await readEvents(await started.request(`/api/jobs/${id}/events`));
  const ended = (): boolean =>
    lines.some(({ message, job }) => message === "job ended" && job === id);
  await vi.waitFor(() => expect(ended()).toBe(true));
  return { id, lines, ...started };
}

const of = (lines: Awaited<ReturnType<typeof logOf>>["lines"], message: string) =>
  lines.filter((line) => line.message === message);

describe("the log of requests", () => {
  test("says method, route, status, time and tenant, and nothing that a client has written", async () => {
    const { lines, logger } = keptLog();
    const { request, server } = await startTestServer([{ text: "x" }], {}, { logger });
    await request("/api/jobs/secret-id/events?key=secret-query", {
      headers: { "x-secret": "secret-header" },
    });
    await request("/api/workers", { json: { agent: "secret-agent" } });
    await request("/secret-path");
    await fetch(`${server.url}/api/workers`, { method: "POST", body: "secret-body" });
    const ms = expect.any(Number);
    expect(of(lines, "request")).toEqual([
      {
        level: "info",
        message: "request",
        method: "GET",
        route: "/api/jobs/:id/events",
        status: 404,
        ms,
        tenant: "alice",
      },
      expect.objectContaining({ method: "POST", route: "/api/workers", status: 404 }),
      { level: "info", message: "request", method: "GET", status: 404, ms, tenant: "alice" },
      { level: "info", message: "request", method: "POST", route: "/api/workers", status: 401, ms },
    ]);
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  test("a failure of the server's is told with its error; who asks for health is not at level info", async () => {
    const { lines, logger } = keptLog();
    const { app, request } = await startTestServer([{ text: "x" }], {}, { logger });
    const cause = new TypeError("the reason");
    app.get("/healthz", (c) => c.text("ok"));
    app.get("/broken", () => {
      throw new Error("a bug", { cause });
    });
    await request("/healthz");
    expect((await request("/broken")).status).toBe(500);
    const [failed] = of(lines, "the server has failed");
    expect(failed).toMatchObject({ level: "error", err: { message: "a bug", cause } });
    expect(of(lines, "request").map(({ level, status }) => [level, status])).toEqual([
      ["debug", 200],
      ["warn", 500],
    ]);
  });
});

describe("the log of jobs", () => {
  test("says when one begins and how it ends, with its tokens, and no text", async () => {
    const { id, lines } = await logOf([{ text: "a text of the model's" }]);
    const facts = { job: id, tenant: "alice", agent: "helper", worker: expect.any(String) };
    expect(of(lines, "job started")).toMatchObject([{ ...facts, waitedMs: expect.any(Number) }]);
    expect(of(lines, "job ended")).toEqual([
      {
        ...facts,
        level: "info",
        message: "job ended",
        status: "completed",
        steps: 1,
        ms: expect.any(Number),
        tokens: expect.any(Number),
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain("a text of");
  });

  test("why one has failed, by its code", async () => {
    const { lines } = await logOf([{ error: { status: 400, message: "no such thing" } }]);
    expect(of(lines, "job ended")).toMatchObject([
      {
        level: "warn",
        status: "failed",
        code: "PROVIDER_BAD_REQUEST",
        reason: expect.stringContaining("no such thing"),
      },
    ]);
  });

  test("children are told with their parent; one that was cancelled, with how it was stopped", async () => {
    const child = asTool({ name: "child", description: "Helps.", provider: "slow" });
    const { supervisor } = await startTeam([{ name: "child", args: { prompt: "go" } }]);
    const { lines, logger } = keptLog();
    const agents = { helper: { provider: "lead", hostTools: [child] } };
    const started = await startTestServer([{ text: "x" }], {}, { logger, supervisor, agents });
    const { id } = await startJob({ ...started, url: started.server.url });
    await vi.waitFor(() => {
      expect(of(lines, "job started")).toContainEqual(expect.objectContaining({ parent: id }));
    }, 30_000);
    await started.server.close({ drainMs: 0 });
    const ended = of(lines, "job ended");
    expect(ended.map(({ parent }) => parent)).toContain(id);
    expect(ended.find(({ job }) => job === id)).toMatchObject({
      status: "cancelled",
      code: "JOB_CANCELLED",
    });
    expect(of(lines, "job was stopped")).toContainEqual(
      expect.objectContaining({ job: id, how: "cooperative", level: "debug" }),
    );
  });

  test("a thread that has died and what it has died of", async () => {
    const tools = [new URL("../fixtures/tools/faults.ts", import.meta.url)];
    const { id, lines } = await logOf([EXITS, { text: "done" }], {
      agents: { helper: { tools, restart: { maxRestarts: 1 } } },
    });
    expect(of(lines, "job goes on in a new thread")).toMatchObject([
      { level: "warn", job: id, attempt: 1, code: "ACTOR_EXITED" },
    ]);
  });
});

test("what happens to the supervisor is told at its level, until nobody wants to know", () => {
  const events = new Subject<SupervisorEvent>();
  const { lines, logger } = keptLog();
  const stop = logSupervisor({ events$: events } as unknown as Supervisor, logger);
  const error = new HeddleError("GATEWAY_LOST", "it died");
  events.next({ type: "session-opened", session: "alice" });
  events.next({ type: "gateway-lost", gateway: "gateway-1", error, resent: 2, failed: 1 });
  events.next({ type: "gateway-restarted", gateway: "gateway-1" });
  events.next({ type: "actor-unresponsive", workerId: "w", name: "spinner", forMs: 5_000 });
  events.next({ type: "tool-stuck", workerId: "w", name: "spinner", tool: "wait" });
  events.next({ type: "thread-stuck", thread: "actor-1", threadId: 7 });
  events.next({ type: "subscriber-failed", error });
  stop();
  events.next({ type: "gateway-restarted", gateway: "gateway-2" });
  expect(lines).toEqual([
    { level: "debug", message: "session opened", session: "alice" },
    {
      level: "error",
      message: "gateway lost",
      gateway: "gateway-1",
      err: error,
      resent: 2,
      failed: 1,
    },
    { level: "info", message: "gateway restarted", gateway: "gateway-1" },
    { level: "warn", message: "actor unresponsive", worker: "w", name: "spinner", forMs: 5_000 },
    { level: "warn", message: "tool stuck", worker: "w", name: "spinner", tool: "wait" },
    { level: "error", message: "thread stuck", thread: "actor-1", threadId: 7 },
    { level: "error", message: "subscriber failed", err: error },
  ]);
});
