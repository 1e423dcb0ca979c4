import { describe, expect, onTestFinished, test } from "vitest";
import { mcp } from "../../../src/index.ts";
import { ASKED_FOR, AskingServer } from "../../support/asking-server.ts";
import { OTHER_TOKEN } from "../../support/server-app.ts";
import { makeJob, makeWorker, serveDescribed } from "../../support/server-sessions.ts";
import { callsOf, reachesEvent } from "../../support/tools.ts";

async function ask() {
  const server = await AskingServer.start();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const tools = [mcp({ url: server.url }, { name: "asking" })];
  const responses = callsOf({ name: "ask", args: {} });
  const served = await serveDescribed(responses, { agents: { helper: { tools } } });
  const { id: jobId } = await makeJob(served, (await makeWorker(served)).id);
  const job = served.sessionOf("alice").job(jobId);
  if (!job) return expect.unreachable("the job is gone");
  const { confirmationId: id } = await reachesEvent(job, "elicitation-requested");
  return { served, job, id };
}

describe("what an MCP server asks, over HTTP", () => {
  test("is listed to its own tenant, and answered", async () => {
    const { served, job, id } = await ask();
    const elicitation = { server: "asking", message: "Who is you?\nSay it.", schema: ASKED_FOR };
    expect(await (await served.request("/api/confirmations")).json()).toMatchObject({
      confirmations: [{ confirmationId: id, jobId: job.id, toolName: "ask", elicitation }],
    });
    const others = await served.request("/api/confirmations", { token: OTHER_TOKEN });
    expect(await others.json()).toEqual({ confirmations: [] });
    const json = { accept: { name: "Ada" } };
    expect((await served.request(`/api/confirmations/${id}`, { json })).status).toBe(204);
    const { result } = await reachesEvent(job, "tool-finished");
    expect(JSON.parse(result)).toMatchObject({ action: "accept", content: { name: "Ada" } });
  });

  test.each([
    [{ deny: "no" }, "decline"],
    [{ cancel: true }, "cancel"],
  ])("%j", async (json, action) => {
    const { served, job, id } = await ask();
    expect((await served.request(`/api/confirmations/${id}`, { json })).status).toBe(204);
    const { result } = await reachesEvent(job, "tool-finished");
    expect(JSON.parse(result)).toEqual({ action });
  });

  test.each([
    [{ accept: {} }, "decision.accept"],
    [{ accept: { name: "Ada", more: 1 } }, "decision.accept.more"],
    [{ accept: "Ada" }, "accept"],
    [{ cancel: false }, "cancel"],
    [{ edit: {} }, "decision"],
  ])("refuses %j, naming %s, and it goes on waiting", async (json, field) => {
    const { served, job, id } = await ask();
    const refused = await served.request(`/api/confirmations/${id}`, { json });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: "INVALID_INPUT", details: { field } } },
    ]);
    const accepted = { json: { accept: { name: "Ada" } } };
    expect((await served.request(`/api/confirmations/${id}`, accepted)).status).toBe(204);
    await reachesEvent(job, "tool-finished");
  });
});
