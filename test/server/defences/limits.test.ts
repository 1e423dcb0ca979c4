import { describe, expect, test } from "vitest";
import type { ServerLimits } from "../../../src/server/api.ts";
import { OTHER_TOKEN, TOKEN } from "../../support/server-app.ts";
import { readEvents } from "../../support/server-client.ts";
import { makeJob, makeWorker, serveDescribed } from "../../support/server-sessions.ts";

const STALLS = [{ stall: true as const }];

async function expectFull(response: Response, limit: keyof ServerLimits, max: number) {
  const { status, headers } = response;
  expect([status, headers.get("retry-after"), await response.json()]).toMatchObject([
    429,
    "1",
    { error: { code: "LIMIT_REACHED", details: { limit, max } } },
  ]);
}

describe("limits", () => {
  test("workersPerSession: one too many is refused, until one is gone; others are not concerned", async () => {
    const served = await serveDescribed(STALLS, { limits: { workersPerSession: 2 } });
    const json = { agent: "helper" };
    const { id } = await makeWorker(served);
    await makeWorker(served);
    await expectFull(await served.request("/api/workers", { json }), "workersPerSession", 2);
    await makeWorker(served, {}, OTHER_TOKEN);
    expect((await served.request(`/api/workers/${id}`, { method: "DELETE" })).status).toBe(204);
    await makeWorker(served);
  });

  test("jobsPerSession: one too many is refused, until one has ended", async () => {
    const served = await serveDescribed(STALLS, { limits: { jobsPerSession: 2 } });
    const { id } = await makeWorker(served);
    const { id: jobId } = await makeJob(served, id);
    await makeJob(served, id, { id: "second" });
    const json = { prompt: "go" };
    const path = `/api/workers/${id}/jobs`;
    await expectFull(await served.request(path, { json }), "jobsPerSession", 2);
    // What was begun before is no new job.
    const again = await served.request(path, { json: { ...json, id: "second" } });
    expect(again.status).toBe(200);
    await served.request(`/api/jobs/${jobId}/cancel`, { method: "POST" });
    await makeJob(served, id);
  });

  test.each([
    ["streamsPerSession", { streamsPerSession: 2 }],
    ["streams", { streams: 2 }],
  ] as const)("%s: one too many is refused, until one has ended", async (limit, limits) => {
    const served = await serveDescribed(STALLS, { limits });
    const { id } = await makeWorker(served);
    const [one, two] = [await makeJob(served, id), await makeJob(served, id)];
    const open = await Promise.all(
      [one, two].map((job) => served.request(`/api/jobs/${job.id}/events`)),
    );
    await expectFull(await served.request(`/api/jobs/${one.id}/events`), limit, 2);
    await expectFull(await served.request(`/api/jobs/${one.id}?wait=60000`), limit, 2);
    expect((await served.request(`/api/jobs/${one.id}`)).status).toBe(200);
    await served.request(`/api/jobs/${one.id}/cancel`, { method: "POST" });
    for (const stream of open.slice(0, 1)) await readEvents(stream);
    const next = await served.request(`/api/jobs/${one.id}/events`);
    expect((await readEvents(next)).events.at(-1)?.type).toBe("cancelled");
    await open[1]?.body?.cancel();
  });

  test("streamsPerSession: those who wait for a job's end are counted, and of one tenant alone", async () => {
    const served = await serveDescribed(STALLS, { limits: { streamsPerSession: 1 } });
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    const events = await served.request(`/api/jobs/${job.id}/events`);
    const full = await served.request(`/api/jobs/${job.id}?wait=60000`);
    await expectFull(full, "streamsPerSession", 1);
    const { id: bobs } = await makeWorker(served, {}, OTHER_TOKEN);
    const made = await served.request(`/api/workers/${bobs}/jobs`, {
      json: { prompt: "go" },
      token: OTHER_TOKEN,
    });
    const { id: bobsJob } = (await made.json()) as { id: string };
    const waited = await served.request(`/api/jobs/${bobsJob}?wait=1`, { token: OTHER_TOKEN });
    expect(waited.status).toBe(200);
    await events.body?.cancel();
  });

  test("sessions: a tenant too many is refused while all others are busy, and takes the place of one that is idle", async () => {
    const served = await serveDescribed(STALLS, { limits: { sessions: 1 } });
    const { id } = await makeWorker(served);
    const refused = await served.request("/api/workers", { token: OTHER_TOKEN });
    await expectFull(refused, "sessions", 1);
    await served.request(`/api/workers/${id}`, { method: "DELETE" });
    // There and back: whoever returns waits until its name is free.
    for (const token of [OTHER_TOKEN, TOKEN, OTHER_TOKEN, TOKEN]) {
      const answer = await served.request("/api/workers", { token });
      expect([answer.status, await answer.json()]).toEqual([200, { workers: [] }]);
    }
  });

  test("a server that is about to stop begins nothing, and shows what there is", async () => {
    const served = await serveDescribed(STALLS);
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id, { id: "first" });
    served.app.drain();
    for (const [path, json, token] of [
      ["/api/workers", { agent: "helper" }, TOKEN],
      [`/api/workers/${id}/jobs`, { prompt: "go" }, TOKEN],
      ["/api/workers", { agent: "helper" }, OTHER_TOKEN],
    ] as const) {
      const refused = await served.request(path, { json, token });
      expect([
        refused.status,
        refused.headers.get("retry-after"),
        await refused.json(),
      ]).toMatchObject([503, "1", { error: { code: "DRAINING" } }]);
    }
    expect((await served.request(`/api/jobs/${job.id}`)).status).toBe(200);
    const again = await served.request(`/api/workers/${id}/jobs`, {
      json: { prompt: "go", id: "first" },
    });
    expect(again.status).toBe(200);
  });
});
