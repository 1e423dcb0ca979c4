import { expect, test } from "vitest";
import { create } from "../support/behaviours.ts";
import { serveScripted } from "../support/server-app.ts";
import { startJob } from "../support/server-client.ts";

test("a behaviour in a tenant's session is no worker that clients see", async () => {
  const served = await serveScripted([{ text: "x" }]);
  await startJob(served);
  const session = served.supervisor.sessions.get("alice");
  const counter = session && create(session, "counter");
  const response = await served.request(`/api/workers/${counter?.id}/jobs`, {
    json: { prompt: "go" },
  });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { code: "UNKNOWN_WORKER" } });
});
