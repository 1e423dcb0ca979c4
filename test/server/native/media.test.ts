import { describe, expect, test } from "vitest";
import { OTHER_TOKEN } from "../../support/server-app.ts";
import { makeJob, makeWorker, serveDescribed } from "../../support/server-sessions.ts";

const PNG = "iVBORw0KGgo=";
const DRAWN = {
  finishReason: "stop" as const,
  parts: [
    {
      type: "reasoning" as const,
      text: "hm",
      state: { data: { signature: "secret-of-a-provider" } },
    },
    { type: "file" as const, mediaType: "text/html", data: PNG },
  ],
};

async function drawn() {
  const served = await serveDescribed([DRAWN]);
  const { id } = await makeWorker(served);
  const job = await makeJob(served, id);
  const events = await (await served.request(`/api/jobs/${job.id}/events`)).text();
  const ref = /sha256:[0-9a-f]{64}/.exec(events)?.[0];
  return { served, job, events, ref };
}

describe("GET /api/jobs/:id/events", () => {
  test("names files by reference, and shows no state of a provider", async () => {
    const { events } = await drawn();
    expect(events).toContain('"mediaType":"text/html"');
    expect(events).toContain('"type":"reasoning","text":"hm"');
    expect(events).not.toContain(PNG);
    expect(events).not.toContain("secret-of-a-provider");
  });
});

describe("GET /api/jobs/:id/media/:ref", () => {
  test("gives the bytes, to be saved and never to be shown as a page", async () => {
    const { served, job, ref } = await drawn();
    const response = await served.request(`/api/jobs/${job.id}/media/${ref}`);
    expect(Buffer.from(await response.arrayBuffer()).toString("base64")).toBe(PNG);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": "attachment",
      "x-content-type-options": "nosniff",
    });
  });

  test("is another tenant's business no more than the job is", async () => {
    const { served, job, ref } = await drawn();
    const response = await served.request(`/api/jobs/${job.id}/media/${ref}`, {
      token: OTHER_TOKEN,
    });
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { error: { code: "UNKNOWN_JOB" } },
    ]);
  });

  test.each([`sha256:${"0".repeat(64)}`, "else"])("does not know %s", async (ref) => {
    const { served, job } = await drawn();
    const response = await served.request(`/api/jobs/${job.id}/media/${ref}`);
    const error = { code: "NOT_FOUND" };
    expect([response.status, await response.json()]).toMatchObject([404, { error }]);
  });
});
