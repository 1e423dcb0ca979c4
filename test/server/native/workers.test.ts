import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/index.ts";
import { create } from "../../support/behaviours.ts";
import { readEvents } from "../../support/server-client.ts";
import { makeJob, makeWorker, serveDescribed } from "../../support/server-sessions.ts";

type Shown = { id: string; name: string; kind: string };

describe("POST /api/workers", () => {
  test("makes a worker of an agent", async () => {
    const served = await serveDescribed();
    const worker = await makeWorker(served, { name: "Ada" });
    expect(worker).toMatchObject({
      name: "Ada",
      kind: "agent",
      agent: "helper",
      state: "idle",
      messages: 0,
    });
  });

  test("goes on with a conversation", async () => {
    const served = await serveDescribed();
    const transcript: Message[] = [
      { role: "user", content: [{ type: "text", text: "add" }] },
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: "1", name: "add", argumentsText: "{}" }],
      },
      { role: "tool", toolCallId: "1", toolName: "add", content: "3", isError: false },
      { role: "assistant", content: "3" },
    ];
    const { id } = await makeWorker(served, { transcript });
    const job = await makeJob(served, id, { prompt: "and?" });
    await served.request(`/api/jobs/${job.id}?wait=60000`);
    const shown = await served.request(`/api/workers/${id}`);
    expect(await shown.json()).toMatchObject({
      transcript: [
        ...transcript,
        { role: "user", content: "and?" },
        { role: "assistant", content: "done" },
      ],
    });
  });

  test.each([
    [{}, "INVALID_INPUT", "agent"],
    [{ agent: 7 }, "INVALID_INPUT", "agent"],
    [{ agent: "" }, "INVALID_INPUT", "agent"],
    [{ agent: "x".repeat(129) }, "INVALID_INPUT", "agent"],
    [{ agent: "helper", name: "" }, "INVALID_INPUT", "name"],
    [{ agent: "helper", context: { userId: 1 } }, "INVALID_INPUT", "context"],
    [{ agent: "helper", permissions: { net: true } }, "INVALID_INPUT", "permissions"],
    [{ agent: "helper", transcript: {} }, "INVALID_INPUT", "transcript"],
    [{ agent: "helper", transcript: [{ role: "system" }] }, "INVALID_INPUT", "transcript.0.role"],
    [
      { agent: "helper", transcript: [{ role: "user", content: [{ type: "sound" }] }] },
      "INVALID_INPUT",
      "transcript.0.content.0.type",
    ],
    [
      { agent: "helper", transcript: [{ role: "tool", toolCallId: "1", content: "" }] },
      "INVALID_INPUT",
      "transcript.0.toolName",
    ],
  ])("refuses %j with %s, naming %s", async (json, code, field) => {
    const served = await serveDescribed();
    const response = await served.request("/api/workers", { json });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code, details: { field } } });
    expect(await (await served.request("/api/workers")).json()).toEqual({ workers: [] });
  });

  test("refuses a name that is taken, and an agent that there is not", async () => {
    const served = await serveDescribed();
    await makeWorker(served, { name: "Ada" });
    const json = { agent: "helper", name: "Ada" };
    const again = await served.request("/api/workers", { json });
    expect([again.status, await again.json()]).toMatchObject([
      409,
      { error: { code: "NAME_TAKEN", details: { field: "name" } } },
    ]);
    for (const agent of ["nobody", "__proto__", "constructor", "toString"]) {
      const response = await served.request("/api/workers", { json: { agent } });
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { error: { code: "UNKNOWN_AGENT" } },
      ]);
    }
  });

  test("names workers so that nothing tells of those of others", async () => {
    const served = await serveDescribed();
    const [one, two] = [await makeWorker(served), await makeWorker(served)];
    expect(one.name).toMatch(/^helper-[0-9a-f-]{36}$/);
    expect(one.name).not.toBe(two.name);
  });
});

describe("GET /api/workers", () => {
  test("lists the tenant's workers, the oldest first, behaviours among them", async () => {
    const served = await serveDescribed();
    const one = await makeWorker(served, { name: "one" });
    const session = served.sessionOf("alice");
    const counter = create(session, "counter", { name: "counter" });
    const two = await makeWorker(served, { name: "two" });
    const listed = (await (await served.request("/api/workers")).json()) as { workers: Shown[] };
    expect(listed.workers.map(({ id, kind }) => [id, kind])).toEqual([
      [one.id, "agent"],
      [counter.id, "behavior"],
      [two.id, "agent"],
    ]);
  });

  test("a behaviour can be seen, but not run, steered or stopped", async () => {
    const served = await serveDescribed();
    await makeWorker(served);
    const counter = create(served.sessionOf("alice"), "counter");
    const shown = await served.request(`/api/workers/${counter.id}`);
    expect(await shown.json()).toEqual({
      worker: expect.objectContaining({ id: counter.id, kind: "behavior" }),
    });
    for (const refused of [
      await served.request(`/api/workers/${counter.id}/jobs`, { json: { prompt: "count" } }),
      await served.request(`/api/workers/${counter.id}/steer`, { json: { text: "count" } }),
      await served.request(`/api/workers/${counter.id}`, { method: "DELETE" }),
    ]) {
      expect(refused.status).toBe(409);
      expect(await refused.json()).toMatchObject({ error: { code: "NOT_AN_AGENT" } });
    }
    expect(await counter.ask("get", {})).toBe(0);
  });
});

describe("DELETE /api/workers/:id", () => {
  test("answers when the worker is gone, and its job with it", async () => {
    const served = await serveDescribed([{ stall: true }]);
    const { id } = await makeWorker(served);
    const { id: jobId } = await makeJob(served, id);
    const stopped = await served.request(`/api/workers/${id}?graceMs=0`, { method: "DELETE" });
    expect([stopped.status, await stopped.text()]).toEqual([204, ""]);
    expect((await served.request(`/api/workers/${id}`)).status).toBe(404);
    expect(await (await served.request(`/api/jobs/${jobId}`)).json()).toMatchObject({
      state: "cancelled",
      error: { code: "JOB_CANCELLED" },
    });
  });

  test.each(["-1", "1.5", "soon", "", "2147483648", "1&graceMs=2"])(
    "refuses graceMs=%s",
    async (graceMs) => {
      const served = await serveDescribed();
      const { id } = await makeWorker(served);
      const response = await served.request(`/api/workers/${id}?graceMs=${graceMs}`, {
        method: "DELETE",
      });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: { code: "INVALID_INPUT", details: { field: "query.graceMs" } },
      });
      expect((await served.request(`/api/workers/${id}`)).status).toBe(200);
    },
  );
});

describe("POST /api/workers/:id/steer", () => {
  test("adds to the conversation of the next job", async () => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    const told = await served.request(`/api/workers/${id}/steer`, { json: { text: "be brief" } });
    expect(told.status).toBe(204);
    const { id: jobId } = await makeJob(served, id);
    const { events } = await readEvents(await served.request(`/api/jobs/${jobId}/events`));
    expect(events.at(-1)?.type).toBe("completed");
    const [call] = await served.supervisor.scripted("main").calls();
    expect(JSON.stringify(call)).toContain("be brief");
  });

  test("refuses an empty text", async () => {
    const served = await serveDescribed();
    const { id } = await makeWorker(served);
    const told = await served.request(`/api/workers/${id}/steer`, { json: { text: "" } });
    expect([told.status, await told.json()]).toMatchObject([
      400,
      { error: { details: { field: "text" } } },
    ]);
  });
});
