import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import type { Message } from "../../index.ts";
import type { AppEnv } from "../app-env.ts";
import { json, jsonBody, refused } from "../app-env.ts";
import { given } from "../given.ts";
import { isAgent } from "../tenant-desk.ts";
import { IdParam, MessageShape, wholeNumber } from "./inputs.ts";
import { WorkerShape, workerShape } from "./shapes.ts";

const MAX_MS = 2_147_483_647;

const createWorker = createRoute({
  method: "post",
  path: "/api/workers",
  summary: "Makes a worker of an agent: a conversation of its own.",
  request: jsonBody(
    z.strictObject({
      agent: z.string().min(1).max(128),
      name: z
        .string()
        .min(1)
        .max(128)
        .optional()
        .openapi({ description: "Unique among the tenant's workers. Left out: a random one." }),
      transcript: z.array(MessageShape).optional().openapi({
        description: "A conversation to go on with, in place of the agent's own.",
      }),
    }),
  ),
  responses: { 201: json("The worker.", WorkerShape), ...refused },
});

const listWorkers = createRoute({
  method: "get",
  path: "/api/workers",
  summary: "All workers of the tenant, the oldest first. There are no more than the server allows.",
  responses: {
    200: json("The workers.", z.object({ workers: z.array(WorkerShape) })),
    ...refused,
  },
});

const getWorker = createRoute({
  method: "get",
  path: "/api/workers/{id}",
  summary: "A worker, and its conversation as its next job will get it.",
  request: { params: IdParam },
  responses: {
    200: json(
      "The worker. A behaviour has no conversation.",
      z.object({ worker: WorkerShape, transcript: z.array(MessageShape).optional() }),
    ),
    ...refused,
  },
});

const stopWorker = createRoute({
  method: "delete",
  path: "/api/workers/{id}",
  summary: "Cancels the worker's jobs and ends it. Answered when it is gone.",
  request: {
    params: IdParam,
    query: z.object({
      graceMs: wholeNumber(MAX_MS).optional().openapi({
        description:
          "How long its running job may take to stop, in ms, before its thread is ended. It can only shorten the agent's own.",
      }),
    }),
  },
  responses: { 204: { description: "It is gone." }, ...refused },
});

const steerWorker = createRoute({
  method: "post",
  path: "/api/workers/{id}/steer",
  summary:
    "Adds a user's message before the next model call of the running job, or else of the next job.",
  request: { params: IdParam, ...jsonBody(z.strictObject({ text: z.string().min(1) })) },
  responses: { 204: { description: "It is kept for that call." }, ...refused },
});

export function workerRoutes(app: OpenAPIHono<AppEnv>): void {
  app.openapi(createWorker, (c) => {
    const desk = c.get("desk");
    const { agent, name, transcript } = c.req.valid("json");
    const worker = desk.createWorker(agent, given({ name, transcript }));
    return c.json(workerShape(desk, worker), 201);
  });
  app.openapi(listWorkers, (c) => {
    const desk = c.get("desk");
    const workers = [...desk.session.workers.values()].map((worker) => workerShape(desk, worker));
    return c.json({ workers }, 200);
  });
  app.openapi(getWorker, (c) => {
    const desk = c.get("desk");
    const worker = desk.anyWorker(c.req.valid("param").id);
    const conversation: { transcript?: Message[] } = isAgent(worker)
      ? { transcript: [...worker.transcript] }
      : {};
    return c.json({ worker: workerShape(desk, worker), ...conversation }, 200);
  });
  app.openapi(stopWorker, async (c) => {
    const worker = c.get("desk").worker(c.req.valid("param").id);
    const { graceMs } = c.req.valid("query");
    await worker.stop(graceMs === undefined ? {} : { graceMs: Number(graceMs) });
    return c.body(null, 204);
  });
  app.openapi(steerWorker, async (c) => {
    const worker = c.get("desk").worker(c.req.valid("param").id);
    await worker.tell("steer", c.req.valid("json"));
    return c.body(null, 204);
  });
}
