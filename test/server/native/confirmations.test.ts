import { describe, expect, test } from "vitest";
import { OTHER_TOKEN } from "../../support/server-app.ts";
import type { DescribedApp } from "../../support/server-sessions.ts";
import { makeJob, makeWorker, serveDescribed } from "../../support/server-sessions.ts";
import { callsOf, guarded, reachesEvent } from "../../support/tools.ts";

const SEND = { name: "send", args: { to: "bob", text: "hi" } };

type Waiting = { readonly id: string; readonly jobId: string };

async function serveGuarded(called: unknown[], times = 1): Promise<DescribedApp> {
  const responses = Array.from({ length: times }, () => callsOf(SEND)).flat();
  return await serveDescribed(responses, { agents: { helper: guarded(called) } });
}

/** A job of that worker whose tool call waits. */
async function ask(served: DescribedApp, workerId: string): Promise<Waiting> {
  const { id: jobId } = await makeJob(served, workerId);
  const job = served.sessionOf("alice").job(jobId);
  if (!job) throw new Error("the job is gone");
  const { confirmationId } = await reachesEvent(job, "confirmation-requested");
  return { id: confirmationId, jobId };
}

async function stateOf(served: DescribedApp, jobId: string): Promise<unknown> {
  return await (await served.request(`/api/jobs/${jobId}?wait=60000`)).json();
}

describe("GET /api/confirmations", () => {
  test("lists the tool calls that wait, to their own tenant", async () => {
    const served = await serveGuarded([]);
    const { id: workerId } = await makeWorker(served);
    const { id, jobId } = await ask(served, workerId);
    const listed = await served.request("/api/confirmations");
    expect(await listed.json()).toMatchObject({
      confirmations: [{ confirmationId: id, jobId, workerId, toolName: "send", args: SEND.args }],
    });
    const others = await served.request("/api/confirmations", { token: OTHER_TOKEN });
    expect(await others.json()).toEqual({ confirmations: [] });
  });
});

describe("POST /api/confirmations/:id", () => {
  test.each([
    [{ approve: true }, [SEND.args]],
    [{ edit: { to: "eve" } }, [{ to: "eve" }]],
    [{ deny: "not now" }, []],
  ])("decides by %j", async (json, expected) => {
    const called: unknown[] = [];
    const served = await serveGuarded(called);
    const { id, jobId } = await ask(served, (await makeWorker(served)).id);
    const decided = await served.request(`/api/confirmations/${id}`, { json });
    expect([decided.status, await decided.text()]).toEqual([204, ""]);
    expect(await stateOf(served, jobId)).toMatchObject({ state: "completed" });
    expect(called).toEqual(expected);
    const again = await served.request(`/api/confirmations/${id}`, { json });
    expect([again.status, await again.json()]).toMatchObject([
      404,
      { error: { code: "UNKNOWN_CONFIRMATION" } },
    ]);
  });

  test("remembers for the session, if it is to", async () => {
    const called: unknown[] = [];
    const served = await serveGuarded(called, 2);
    const { id: workerId } = await makeWorker(served);
    const { id, jobId } = await ask(served, workerId);
    const json = { approve: true, remember: "session" };
    expect((await served.request(`/api/confirmations/${id}`, { json })).status).toBe(204);
    await stateOf(served, jobId);
    const next = await makeJob(served, workerId);
    expect(await stateOf(served, next.id)).toMatchObject({ state: "completed" });
    expect(called).toEqual([SEND.args, SEND.args]);
  });

  test.each([
    [{}, "approve"],
    [{ approve: false }, "approve"],
    [{ deny: "" }, "deny"],
    [{ approve: true, deny: "no" }, "deny"],
    [{ approve: true, edit: null }, "edit"],
    [{ edit: { to: 7 } }, "decision.edit"],
    [{ approve: true, remember: "always" }, "remember"],
    [{ yes: true }, "yes"],
  ])("refuses %j, naming %s, and the call goes on waiting", async (json, field) => {
    const called: unknown[] = [];
    const served = await serveGuarded(called);
    const { id, jobId } = await ask(served, (await makeWorker(served)).id);
    const refused = await served.request(`/api/confirmations/${id}`, { json });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: "INVALID_INPUT", details: { field } } },
    ]);
    expect(called).toEqual([]);
    await served.request(`/api/confirmations/${id}`, { json: { approve: true } });
    expect(await stateOf(served, jobId)).toMatchObject({ state: "completed" });
    expect(called).toEqual([SEND.args]);
  });

  test("another tenant cannot decide", async () => {
    const called: unknown[] = [];
    const served = await serveGuarded(called);
    const { id } = await ask(served, (await makeWorker(served)).id);
    const json = { approve: true };
    const refused = await served.request(`/api/confirmations/${id}`, { json, token: OTHER_TOKEN });
    expect(refused.status).toBe(404);
    const listed = await served.request("/api/confirmations");
    expect(await listed.json()).toMatchObject({ confirmations: [{ confirmationId: id }] });
    expect(called).toEqual([]);
  });
});
