import { describe, expect, test } from "vitest";
import { OTHER_TOKEN } from "../../support/server-app.ts";
import { readEvents } from "../../support/server-client.ts";
import { makeJob, makeWorker, serveDescribed } from "../../support/server-sessions.ts";
import { firstChunk } from "../../support/supervisors.ts";

const STALLS = [{ stall: true as const }];

describe("POST /api/workers/:id/jobs", () => {
  test("runs a worker on text, images and files", async () => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    const prompt = [
      { type: "text", text: "what is this?" },
      { type: "image", data: "aGk=", mediaType: "image/png", detail: "low" },
      { type: "file", url: "https://example.org/a.pdf", filename: "a.pdf" },
    ];
    const job = await makeJob(served, id, { prompt });
    const ended = await served.request(`/api/jobs/${job.id}?wait=60000`);
    expect(await ended.json()).toMatchObject({
      id: job.id,
      workerId: id,
      agent: "helper",
      state: "completed",
      result: { text: "done", steps: 1, finishReason: "stop" },
    });
    const [call] = await served.supervisor.scripted("main").calls();
    expect(call).toMatchObject({ request: { messages: [{ role: "user", content: prompt }] } });
  });

  test("holds the last response against a JSON Schema", async () => {
    const served = await serveDescribed([{ text: '{"x":1}' }]);
    const { id } = await makeWorker(served);
    const output = { type: "object", properties: { x: { type: "number" } }, required: ["x"] };
    const job = await makeJob(served, id, { output });
    const ended = await served.request(`/api/jobs/${job.id}?wait=60000`);
    expect(await ended.json()).toMatchObject({ result: { output: { x: 1 } } });
  });

  test("a repeated request with the same id answers with the same job, and begins nothing", async () => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id, { id: "order-7" });
    const again = await served.request(`/api/workers/${id}/jobs`, {
      json: { id: "order-7", prompt: "go" },
    });
    expect([again.status, await again.json()]).toMatchObject([200, { id: "order-7" }]);
    expect(job.id).toBe("order-7");
    await served.request("/api/jobs/order-7?wait=60000");
    await served.request(`/api/workers/${id}`, { method: "DELETE" });
    const late = await served.request(`/api/workers/${id}/jobs`, {
      json: { id: "order-7", prompt: "go" },
    });
    expect([late.status, await late.json()]).toMatchObject([200, { state: "completed" }]);
    expect(await served.supervisor.scripted("main").calls()).toHaveLength(1);
  });

  test("an id of another worker's job is taken, one of another tenant's is not", async () => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    await makeJob(served, id, { id: "order-7" });
    const { id: other } = await makeWorker(served);
    const json = { id: "order-7", prompt: "go" };
    const refused = await served.request(`/api/workers/${other}/jobs`, { json });
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { error: { code: "ID_TAKEN", details: { field: "id" } } },
    ]);
    const { id: bobs } = await makeWorker(served, {}, OTHER_TOKEN);
    const begun = await served.request(`/api/workers/${bobs}/jobs`, { json, token: OTHER_TOKEN });
    expect(begun.status).toBe(202);
  });

  test("an id may be the name of something that every object has", async () => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id, { id: "constructor" });
    const ended = await served.request("/api/jobs/constructor?wait=60000");
    expect([job.id, await ended.json()]).toMatchObject(["constructor", { state: "completed" }]);
  });

  test.each([
    [{}, "prompt"],
    [{ prompt: "" }, "prompt"],
    [{ prompt: [] }, "prompt"],
    [{ prompt: [{ type: "text" }] }, "prompt.0.text"],
    [{ prompt: [{ type: "image", data: "aGk=" }] }, "prompt[0].mediaType"],
    [{ prompt: "go", id: "" }, "id"],
    [{ prompt: "go", id: ".." }, "id"],
    [{ prompt: "go", id: "__proto__" }, "id"],
    [{ prompt: "go", id: "x".repeat(129) }, "id"],
    [{ prompt: "go", context: {} }, "context"],
    [{ prompt: "go", output: "object" }, "output"],
    [{ prompt: "go", output: { pattern: "(a+)+$" } }, "output.pattern"],
    [{ prompt: "go", model: { name: "dearest" } }, "model.name"],
    [{ prompt: "go", model: { temperature: 3 } }, "model.temperature"],
    [{ prompt: "go", maxSteps: 0 }, "maxSteps"],
    [{ prompt: "go", maxSteps: 21 }, "maxSteps"],
    [{ prompt: "go", maxSteps: 1e99 }, "maxSteps"],
    [{ prompt: "go", timeouts: { chunkMs: 5 } }, "timeouts.chunkMs"],
    [{ prompt: "go", timeouts: { totalMs: 2 ** 31 } }, "timeouts.totalMs"],
    [{ prompt: "go", budget: { maxToolCalls: -1 } }, "budget.maxToolCalls"],
  ])("refuses %j, naming %s", async (json, field) => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    const response = await served.request(`/api/workers/${id}/jobs`, { json });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: "INVALID_INPUT", details: { field } } },
    ]);
    expect(await (await served.request("/api/jobs")).json()).toEqual({ jobs: [] });
  });

  test("a limit may be lower than the agent's own, or than the supervisor's default, but not higher", async () => {
    const agents = { helper: { timeouts: { totalMs: 60_000 }, budget: { maxToolCalls: 5 } } };
    const served = await serveDescribed(STALLS, { agents }, { defaults: { maxSteps: 3 } });
    const { id } = await makeWorker(served);
    for (const [json, field] of [
      [{ maxSteps: 4 }, "maxSteps"],
      [{ timeouts: { totalMs: 60_001 } }, "timeouts.totalMs"],
      [{ budget: { maxToolCalls: 6 } }, "budget.maxToolCalls"],
    ] as const) {
      const response = await served.request(`/api/workers/${id}/jobs`, {
        json: { prompt: "go", ...json },
      });
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { error: { code: "INVALID_INPUT", details: { field } } },
      ]);
    }
    const job = await makeJob(served, id, { timeouts: { totalMs: 1 }, maxSteps: 3 });
    const ended = await served.request(`/api/jobs/${job.id}?wait=60000`);
    expect(await ended.json()).toMatchObject({ state: "failed", error: { code: "JOB_TIMEOUT" } });
  });

  test("of a worker that the server has not made, nobody knows the limits", async () => {
    const served = await serveDescribed();
    const { id } = served.sessionOf("alice").createWorker();
    const refused = await served.request(`/api/workers/${id}/jobs`, {
      json: { prompt: "go", maxSteps: 1 },
    });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { details: { field: "maxSteps" } } },
    ]);
    await makeJob(served, id);
  });
});

describe("GET /api/jobs", () => {
  test("lists the jobs that have not ended", async () => {
    const served = await serveDescribed(STALLS);
    const { id } = await makeWorker(served);
    const [one, two] = [await makeJob(served, id), await makeJob(served, id)];
    const listed = (await (await served.request("/api/jobs")).json()) as { jobs: { id: string }[] };
    expect(listed.jobs.map((job) => job.id)).toEqual([one.id, two.id]);
    await served.request(`/api/jobs/${one.id}/cancel`, { method: "POST" });
    const left = (await (await served.request("/api/jobs")).json()) as { jobs: { id: string }[] };
    expect(left.jobs.map((job) => job.id)).toEqual([two.id]);
  });
});

describe("GET /api/jobs/:id", () => {
  test("waits for the job's end, and no longer than it is told to", async () => {
    const served = await serveDescribed(STALLS);
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    const early = await served.request(`/api/jobs/${job.id}?wait=5`);
    expect(await early.json()).not.toHaveProperty("endedAtMs");
    const waiting = served.request(`/api/jobs/${job.id}?wait=60000`);
    await served.request(`/api/jobs/${job.id}/cancel`, { json: { reason: "enough" } });
    expect(await (await waiting).json()).toMatchObject({
      state: "cancelled",
      error: { code: "JOB_CANCELLED" },
    });
  });

  test("a HEAD is answered like a GET, without a body, and opens no stream", async () => {
    const served = await serveDescribed(STALLS);
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    const types = ["application/json", "application/json", "text/event-stream; charset=utf-8"];
    const paths = ["/api/workers", `/api/jobs/${job.id}`, `/api/jobs/${job.id}/events`];
    for (const [i, path] of paths.entries()) {
      const head = await served.request(path, { method: "HEAD" });
      const type = head.headers.get("content-type");
      expect([head.status, type, await head.text()]).toEqual([200, types[i], ""]);
    }
    expect(served.app.openStreams).toBe(0);
  });

  test.each(["60001", "-1", "1e3", "soon"])("refuses wait=%s", async (wait) => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    const response = await served.request(`/api/jobs/${job.id}?wait=${wait}`);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: "INVALID_INPUT", details: { field: "query.wait" } } },
    ]);
  });
});

describe("GET /api/jobs/:id/events", () => {
  test("begins at a place, and Last-Event-ID counts before it", async () => {
    const served = await serveDescribed([{ text: "one two three", chunks: 3 }]);
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    await served.request(`/api/jobs/${job.id}?wait=60000`);
    const path = `/api/jobs/${job.id}/events?from=2`;
    const from = await readEvents(await served.request(path));
    expect(from.events[0]?.seq).toBe(2);
    const behind = await readEvents(
      await served.request(path, { headers: { "last-event-id": "3" } }),
    );
    expect(behind.events[0]?.seq).toBe(4);
  });

  test("a client that has had everything is told so, with 204", async () => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    const { lastId = "" } = await readEvents(await served.request(`/api/jobs/${job.id}/events`));
    for (const last of [lastId, "999999999"]) {
      const headers = { "last-event-id": last };
      const again = await served.request(`/api/jobs/${job.id}/events`, { headers });
      expect([again.status, await again.text()]).toEqual([204, ""]);
    }
  });

  test("from behind the end of a job that runs, a stream ends with it", async () => {
    const served = await serveDescribed(STALLS);
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    const stream = await served.request(`/api/jobs/${job.id}/events?from=999999999`);
    await served.request(`/api/jobs/${job.id}/cancel`, { method: "POST" });
    expect((await readEvents(stream)).events).toEqual([]);
  });

  test.each(["-1", "abc", "", "1, 2", "1e2", "99999999999999999"])(
    "refuses a Last-Event-ID of %j",
    async (last) => {
      const served = await serveDescribed();
      const { id } = await makeWorker(served);
      const job = await makeJob(served, id);
      const headers = { "last-event-id": last };
      const response = await served.request(`/api/jobs/${job.id}/events`, { headers });
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { error: { code: "INVALID_INPUT", details: { field: "header.last-event-id" } } },
      ]);
    },
  );
});

describe("POST /api/jobs/:id/cancel", () => {
  test("answers when the job has settled, with how it was stopped", async () => {
    const served = await serveDescribed([{ endless: true, text: "on ", chunksPerSecond: 100 }]);
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    const handle = served.sessionOf("alice").job(job.id);
    if (handle) await firstChunk(handle);
    const json = { reason: "the user has left" };
    const cancelled = await served.request(`/api/jobs/${job.id}/cancel`, { json });
    expect(await cancelled.json()).toMatchObject({ how: "cooperative" });
    expect(handle?.state).toBe("cancelled");
    const { events } = await readEvents(await served.request(`/api/jobs/${job.id}/events`));
    expect(events.at(-1)).toMatchObject({ type: "cancelled", reason: "the user has left" });
    const late = await served.request(`/api/jobs/${job.id}/cancel`, { method: "POST" });
    expect(await late.json()).toEqual({ how: "settled", afterMs: 0 });
  });

  test("refuses a reason that is none", async () => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    const job = await makeJob(served, id);
    const response = await served.request(`/api/jobs/${job.id}/cancel`, { json: { reason: 7 } });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { details: { field: "reason" } } },
    ]);
  });
});
