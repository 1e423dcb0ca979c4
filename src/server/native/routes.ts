import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import type { AppEnv, AppParts } from "../app-env.ts";
import { events, json, jsonBody, refused } from "../app-env.ts";
import { EventEncoder } from "./event-encoder.ts";
import { JobShape, jobShape, WorkerShape, workerShape } from "./shapes.ts";

const Id = z.object({ id: z.string() });

const createWorker = createRoute({
  method: "post",
  path: "/api/workers",
  summary: "Makes a worker of an agent.",
  request: jsonBody(
    z.strictObject({ agent: z.string(), name: z.string().min(1).max(128).optional() }),
  ),
  responses: { 201: json("The worker.", WorkerShape), ...refused },
});

const createJob = createRoute({
  method: "post",
  path: "/api/workers/{id}/jobs",
  summary: "Runs a worker on an input.",
  request: {
    params: Id,
    ...jsonBody(z.strictObject({ prompt: z.string().min(1) })),
  },
  responses: { 202: json("The job, queued or running.", JobShape), ...refused },
});

const getEvents = createRoute({
  method: "get",
  path: "/api/jobs/{id}/events",
  summary:
    "The job's log as server-sent events, from its beginning or from behind `Last-Event-ID`.",
  request: {
    params: Id,
    headers: z.object({ "last-event-id": z.coerce.number().int().min(0).optional() }),
  },
  responses: {
    200: events("Every event, its `seq` as its id. Ends after the terminal event."),
    ...refused,
  },
});

/** Heddle's own API. */
export function nativeRoutes(app: OpenAPIHono<AppEnv>, { views }: AppParts): void {
  app.openapi(createWorker, (c) => {
    const desk = c.get("desk");
    const { agent, name } = c.req.valid("json");
    const worker = desk.createWorker(agent, name === undefined ? {} : { name });
    return c.json(workerShape(desk, worker), 201);
  });
  app.openapi(createJob, async (c) => {
    const desk = c.get("desk");
    const { prompt } = c.req.valid("json");
    const job = desk.run(desk.worker(c.req.valid("param").id), { prompt });
    return c.json(await jobShape(desk, job), 202);
  });
  app.openapi(getEvents, (c) => {
    const desk = c.get("desk");
    const job = desk.job(c.req.valid("param").id);
    const { "last-event-id": last } = c.req.valid("header");
    const from = last === undefined ? 0 : last + 1;
    return views.respond(c, { desk, job, encoder: new EventEncoder(), from });
  });
}
