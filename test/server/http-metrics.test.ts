import { describe, expect, test, vi } from "vitest";
import { serveMetered } from "../support/metrics.ts";
import { readEvents, startJob } from "../support/server-client.ts";

const REQUESTS = "heddle_http_requests_total";

describe("requests", () => {
  test("by the pattern of their route, method and status", async () => {
    const served = await serveMetered([{ text: "x" }]);
    const { id } = await startJob(served);
    await readEvents(await served.request(`/api/jobs/${id}/events`));
    await served.request("/api/jobs/nobody/events");
    await served.request("/api/workers", { json: { agent: 5 } });
    const { sum } = await served.figures();
    const events = { route: "/api/jobs/:id/events", method: "GET" };
    expect(sum(REQUESTS, { ...events, status: "200" })).toBe(1);
    expect(sum(REQUESTS, { ...events, status: "404" })).toBe(1);
    expect(sum(REQUESTS, { route: "/api/workers", method: "POST", status: "201" })).toBe(1);
    expect(sum(REQUESTS, { route: "/api/workers", method: "POST", status: "400" })).toBe(1);
    expect(sum("heddle_http_request_duration_seconds_count", events)).toBe(2);
  });

  test("that were refused before their route count by it; what is no route has none", async () => {
    const served = await serveMetered([{ text: "x" }]);
    await served.request("/api/workers", { json: {}, token: "nobody-knows-this-token" });
    await served.request("/api/workers", { json: {}, headers: { origin: "https://evil.example" } });
    for (const path of ["/wp-admin.php", "/api/nothing", "/%2e%2e/etc"]) await served.request(path);
    const { sum, text } = await served.figures();
    expect(sum(REQUESTS, { route: "/api/workers", status: "401" })).toBe(1);
    expect(sum(REQUESTS, { route: "/api/workers", status: "403" })).toBe(1);
    expect(sum(REQUESTS, { route: "", status: "404" })).toBe(3);
    expect(text).not.toMatch(/wp-admin|etc"/);
  });
});

describe("streams", () => {
  test("that are open, were delivered, and were left", async () => {
    const served = await serveMetered([{ text: "x" }, { stall: true, text: "y" }]);
    const first = await startJob(served);
    await readEvents(await served.request(`/api/jobs/${first.id}/events`));
    const run = { json: { prompt: "go" } };
    const job = await served.request(`/api/workers/${first.workerId}/jobs`, run);
    const { id } = (await job.json()) as { id: string };
    const open = await served.request(`/api/jobs/${id}/events`);
    const { sum } = await served.figures();
    expect(sum("heddle_http_streams")).toBe(1);
    expect(sum("heddle_http_streams_ended_total", { how: "delivered" })).toBe(1);
    await readEvents(open, (events) => events.length > 0);
    await vi.waitFor(() => expect(served.app.openStreams).toBe(0), { timeout: 30_000 });
    const after = await served.figures();
    expect(after.sum("heddle_http_streams")).toBe(0);
    expect(after.sum("heddle_http_streams_ended_total", { how: "left" })).toBe(1);
    expect(after.sum("heddle_http_streams_ended_total", { how: "cut-off" })).toBe(0);
  });

  test("that were cut off because nobody read them", async () => {
    const text = "x".repeat(6_000_000);
    const limits = { unreadMs: 300 };
    const served = await serveMetered([{ text, chunks: 3_000 }], { limits });
    const { id } = await startJob(served);
    const unread = await served.request(`/api/jobs/${id}/events`);
    await vi.waitFor(() => expect(served.app.openStreams).toBe(0), { timeout: 30_000 });
    const { sum } = await served.figures();
    expect(sum("heddle_http_streams_ended_total", { how: "cut-off" })).toBe(1);
    await unread.body?.cancel().catch(() => {});
  });
});
