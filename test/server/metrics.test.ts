import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN, serveMetered } from "../support/metrics.ts";
import { OTHER_TOKEN } from "../support/server-app.ts";
import { readEvents, startJob } from "../support/server-client.ts";
import { begun, startScripted } from "../support/supervisors.ts";

describe("GET /metrics", () => {
  test("is for operators", async () => {
    const { request } = await serveMetered([{ text: "x" }]);
    for (const token of [undefined, OTHER_TOKEN]) {
      const refusal = await request("/metrics", token === undefined ? {} : { token });
      expect(refusal.status).toBe(403);
      expect(await refusal.json()).toMatchObject({ error: { code: "FORBIDDEN" } });
    }
    const stranger = await request("/metrics", { token: "nobody-knows-this-token" });
    expect(stranger.status).toBe(401);
    const figures = await request("/metrics", { token: OPERATOR_TOKEN });
    expect(figures.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  });

  test("opens no session for who asks, and is there while the server drains", async () => {
    const { app, figures, supervisor } = await serveMetered([{ text: "x" }]);
    const before = supervisor.sessions.size;
    expect((await figures()).sum("heddle_sessions")).toBe(before);
    app.drain();
    expect((await figures()).sum("heddle_sessions")).toBe(before);
  });

  test("every metric has a conventional name, a type and a help, and no label names anybody", async () => {
    const served = await serveMetered([{ text: "x" }]);
    const { id, workerId } = await startJob(served);
    await readEvents(await served.request(`/api/jobs/${id}/events`));
    const { families, text } = await served.figures();
    expect(families.length).toBeGreaterThan(40);
    for (const { name, type, help } of families) {
      expect(name).toMatch(/^heddle_[a-z]+(_[a-z]+)*$/);
      expect(["COUNTER", "GAUGE", "HISTOGRAM"]).toContain(type);
      expect([name, name.endsWith("_total")]).toEqual([name, type === "COUNTER"]);
      if (type === "HISTOGRAM") expect(name).toMatch(/_seconds$/);
      expect(help.length).toBeGreaterThan(10);
    }
    for (const word of [id, workerId, "alice", "ops"]) expect(text).not.toContain(`"${word}"`);
  });

  test("counts nothing twice: read again, only the reading itself has been added", async () => {
    const served = await serveMetered([{ text: "one two three" }]);
    const { id } = await startJob(served);
    await readEvents(await served.request(`/api/jobs/${id}/events`));
    await served.figures();
    const [first, second] = [await served.figures(), await served.figures()];
    const changing = /^heddle_(http_request|process_|event_loop|workers|threads|provider_limit)/;
    const changed = [...second.series].filter(
      ([key, value]) => !changing.test(key) && first.series.get(key) !== value,
    );
    expect(changed).toEqual([]);
    expect([...second.series.keys()]).toEqual([...first.series.keys()]);
    const scrape = { route: "/metrics", status: "200" };
    const requests = [first, second].map(({ sum }) => sum("heddle_http_requests_total", scrape));
    expect(requests).toEqual([1, 2]);
  });

  test("covers the sessions that others have opened, before the app and after it", async () => {
    const { supervisor, session: before } = await startScripted([{ text: "x" }]);
    const { figures } = await serveMetered([], { supervisor });
    const after = supervisor.openSession();
    for (const session of [before, after, after]) await session.run({}, { prompt: "go" }).wait();
    const { sum } = await figures();
    const completed = { agent: "", outcome: "completed" };
    expect(sum("heddle_jobs_ended_total", completed)).toBe(3);
    expect(sum("heddle_job_duration_seconds_count", completed)).toBe(3);
  });

  test("a second app in the process has figures of its own", async () => {
    const one = await serveMetered([{ text: "x" }]);
    const other = await serveMetered([{ text: "x" }]);
    await startJob(one).then(async ({ id }) =>
      readEvents(await one.request(`/api/jobs/${id}/events`)),
    );
    expect((await one.figures()).sum("heddle_jobs_ended_total", { agent: "helper" })).toBe(1);
    expect((await other.figures()).sum("heddle_jobs_ended_total")).toBe(0);
  });

  test("two apps on one supervisor both count all of it, each with its own agents", async () => {
    const one = await serveMetered([{ text: "x" }]);
    const other = await serveMetered([], { supervisor: one.supervisor, agents: { writer: {} } });
    const { id } = await startJob(one);
    await readEvents(await one.request(`/api/jobs/${id}/events`));
    expect((await one.figures()).sum("heddle_jobs_ended_total", { agent: "helper" })).toBe(1);
    expect((await other.figures()).sum("heddle_jobs_ended_total", { agent: "" })).toBe(1);
  });

  test("nothing is counted after close()", async () => {
    const { app, figures, supervisor } = await serveMetered([{ stall: true }]);
    const session = supervisor.openSession({ name: "its-own" });
    const running = session.run({}, { prompt: "go" });
    await begun(running);
    await app.close(0);
    await running.cancel();
    const { sum } = await figures();
    expect(sum("heddle_jobs_ended_total")).toBe(0);
  });

  test("jobs that close() ends are counted", async () => {
    const served = await serveMetered([{ stall: true }]);
    await startJob(served);
    await served.app.close(0);
    const { sum } = await served.figures();
    expect(sum("heddle_jobs_ended_total", { agent: "helper", outcome: "cancelled" })).toBe(1);
  });
});
