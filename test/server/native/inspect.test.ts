import { describe, expect, test } from "vitest";
import type { Inspection } from "../../../src/index.ts";
import { OTHER_TOKEN, TOKEN } from "../../support/server-app.ts";
import { makeJob, makeWorker, serveDescribed } from "../../support/server-sessions.ts";

const OPERATOR = "a-token-for-the-operator";
const AUTH = {
  tokens: {
    [TOKEN]: "alice",
    [OTHER_TOKEN]: "bob",
    [OPERATOR]: { name: "carol", isOperator: true },
  },
};

async function serveBusy() {
  const served = await serveDescribed([{ stall: true }], { auth: AUTH });
  for (const token of [TOKEN, OTHER_TOKEN]) {
    const { id } = await makeWorker(served, {}, token);
    await served.request(`/api/workers/${id}/jobs`, { json: { prompt: "go" }, token });
  }
  return served;
}

describe("GET /api/inspect", () => {
  test("shows an operator everything", async () => {
    const served = await serveBusy();
    const response = await served.request("/api/inspect", { token: OPERATOR });
    const shown = (await response.json()) as Inspection;
    const { threads, gateways, providers, sessions } = served.supervisor.inspect();
    expect(shown.threads.max).toBe(threads.max);
    expect(shown.gateways).toHaveLength(gateways.length);
    expect(shown.providers.map(({ name }) => name)).toEqual(providers.map(({ name }) => name));
    expect(shown.sessions.map(({ name }) => name)).toEqual(sessions.map(({ name }) => name));
    expect(sessions.map(({ name }) => name)).toEqual(expect.arrayContaining(["alice", "bob"]));
  });

  test("shows a tenant its own session, and nothing that tells of others", async () => {
    const served = await serveBusy();
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    const response = await served.request("/api/inspect");
    const text = await response.text();
    const shown = JSON.parse(text) as Inspection;
    expect(Object.keys(shown)).toEqual(["sessions"]);
    expect(shown.sessions.map(({ name }) => name)).toEqual(["alice"]);
    expect(shown.sessions[0]?.jobs.map((one) => one.id)).toContain(job.id);
    expect(text).not.toContain("bob");
    expect(text).not.toContain("threadId");
  });
});
