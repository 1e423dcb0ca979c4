import { describe, expect, test } from "vitest";
import { documentOf, operationsOf } from "../../support/described-app.ts";
import { rawRequest } from "../../support/raw-http.ts";
import { OTHER_TOKEN, TOKEN } from "../../support/server-app.ts";
import type { DescribedApp } from "../../support/server-sessions.ts";
import { makeJob, makeWorker, serveDescribed } from "../../support/server-sessions.ts";
import { callsOf, guarded, reachesEvent } from "../../support/tools.ts";

/** What each route would take, were the id known. */
const BODIES: { readonly [route: string]: object } = {
  "post /api/workers/{id}/jobs": { prompt: "go" },
  "post /api/workers/{id}/steer": { text: "go" },
  "post /api/jobs/{id}/cancel": {},
  "post /api/confirmations/{id}": { approve: true },
};

type Route = { readonly method: string; readonly path: string };

async function ask(
  { url }: DescribedApp,
  { method, path }: Route,
  id: string,
  token: string,
): Promise<string> {
  const json = BODIES[`${method} ${path}`];
  const body = json === undefined ? "" : JSON.stringify(json);
  const {
    status,
    headers,
    body: answer,
  } = await rawRequest(url, {
    method: method.toUpperCase(),
    path: path.replace("{id}", id),
    headers: [
      ["host", "localhost"],
      ["authorization", `Bearer ${token}`],
      ...(json === undefined ? [] : ([["content-type", "application/json"]] as const)),
      ["content-length", String(body.length)],
    ],
    body,
  });
  const named = [...headers].filter(([name]) => name !== "date");
  // The id is the client's own: it may be repeated to it.
  return JSON.stringify([
    status,
    named,
    answer.replaceAll(JSON.stringify(`"${id}"`).slice(1, -1), "ID"),
  ]);
}

/** A worker, its job and its confirmation, all alice's. */
async function serveAlice() {
  const agents = { helper: guarded([]) };
  const served = await serveDescribed(callsOf({ name: "send", args: { to: "bob" } }), { agents });
  const worker = await makeWorker(served);
  const { id: jobId } = await makeJob(served, worker.id);
  const job = served.sessionOf("alice").job(jobId);
  if (!job) throw new Error("the job is gone");
  const { confirmationId } = await reachesEvent(job, "confirmation-requested");
  const ids = { workers: worker.id, jobs: jobId, confirmations: confirmationId };
  const routes = operationsOf(await documentOf(served)).filter(
    ({ path }) => path.includes("{id}") && path.split("/")[2] !== undefined && kindOf(path) in ids,
  );
  return { served, job, ids, routes };
}

function kindOf(path: string): "workers" | "jobs" | "confirmations" {
  return (path.split("/")[2] ?? "") as "workers" | "jobs" | "confirmations";
}

describe("ids", () => {
  test("of another tenant are answered like those that never were, on every route", async () => {
    const { served, job, ids, routes } = await serveAlice();
    expect(routes.length).toBeGreaterThanOrEqual(8);
    for (const route of routes) {
      const foreign = ids[kindOf(route.path)];
      const unknown = crypto.randomUUID();
      const answer = await ask(served, route, foreign, OTHER_TOKEN);
      expect(answer, `${route.method} ${route.path}`).toBe(
        await ask(served, route, unknown, OTHER_TOKEN),
      );
      expect(answer).toMatch(/^\[404,.*UNKNOWN_(WORKER|JOB|CONFIRMATION)/);
    }
    expect([job.state, job.worker.state]).toEqual(["running", "awaiting-confirmation"]);
  });

  test.each([
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "0",
    "%00",
    "%ff",
    "%E0%A4%A",
    "..%2f..%2fetc",
    "x".repeat(8_000),
    "%F0%9F%A7%B5",
  ])("such as %s are unknown, on every route", async (id) => {
    const { served, routes } = await serveAlice();
    for (const route of routes) {
      expect(await ask(served, route, id, TOKEN), `${route.method} ${route.path}`).toMatch(
        /^\[404,.*UNKNOWN_(WORKER|JOB|CONFIRMATION)/,
      );
    }
  });
});
