import type { OpenAPIHono } from "@hono/zod-openapi";
import { createRoute, z } from "@hono/zod-openapi";
import type { WorkerJob } from "../../index.ts";
import { HeddleError } from "../../index.ts";
import type { AppEnv, AppParts } from "../app-env.ts";
import { events, json, jsonBody, refused } from "../app-env.ts";
import type { TenantDesk } from "../tenant-desk.ts";
import { EventEncoder } from "./event-encoder.ts";
import { IdParam, wholeNumber } from "./inputs.ts";
import { JobInputShape, jobInput, jobLimits, runOptions } from "./job-input.ts";
import { checkLower, limitsOfAgent } from "./job-limits.ts";
import { JobShape, jobShape } from "./shapes.ts";

const MAX_WAIT_MS = 60_000;
const SEQ = wholeNumber(Number.MAX_SAFE_INTEGER);

const createJob = createRoute({
  method: "post",
  path: "/api/workers/{id}/jobs",
  summary: "Runs a worker on an input.",
  description:
    "With an `id`, the request can be repeated: while the job is known, the same worker and id answer with it, whatever else is asked, and begin nothing. Under another worker the id is refused (409, `ID_TAKEN`). What limits the job (`maxSteps`, `timeouts`, `budget`, `model.maxOutputTokens`, `model.reasoning`) can only be lower than the agent's own.",
  request: { params: IdParam, ...jsonBody(JobInputShape) },
  responses: {
    200: json("The job that was begun by this request before.", JobShape),
    202: json("The job, queued or running.", JobShape),
    ...refused,
  },
});

const listJobs = createRoute({
  method: "get",
  path: "/api/jobs",
  summary: "The tenant's jobs that have not ended, the oldest first.",
  responses: { 200: json("The jobs.", z.object({ jobs: z.array(JobShape) })), ...refused },
});

const getJob = createRoute({
  method: "get",
  path: "/api/jobs/{id}",
  summary: "A job that runs, or that has ended and is still kept.",
  request: {
    params: IdParam,
    query: z.object({
      wait: wholeNumber(MAX_WAIT_MS).optional().openapi({
        description:
          "How long the answer may wait for the job's end, in ms. Meanwhile it counts as a stream.",
      }),
    }),
  },
  responses: { 200: json("The job, as it is then.", JobShape), ...refused },
});

const getEvents = createRoute({
  method: "get",
  path: "/api/jobs/{id}/events",
  summary:
    "The job's log as server-sent events: from its beginning, or from a place, or from behind `Last-Event-ID`, which counts before `from`.",
  request: {
    params: IdParam,
    query: z.object({
      from: SEQ.optional().openapi({ description: "The `seq` of the first event." }),
    }),
    headers: z.object({ "last-event-id": SEQ.optional() }),
  },
  responses: {
    200: events("Every event, its `seq` as its id. Ends after the terminal event."),
    204: { description: "The job has ended, and there is nothing from that place on." },
    ...refused,
  },
});

const getMedia = createRoute({
  method: "get",
  path: "/api/jobs/{id}/media/{ref}",
  summary: "The bytes of an image or a file that the job's events name by `ref`.",
  description:
    "They come from tools and models, so they are for saving: `content-disposition: attachment`.",
  request: {
    params: z.object({
      id: z.string().min(1),
      ref: z.string().min(1),
    }),
  },
  responses: {
    200: {
      description: "The bytes.",
      content: {
        "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) },
      },
    },
    ...refused,
  },
});

const cancelJob = createRoute({
  method: "post",
  path: "/api/jobs/{id}/cancel",
  summary:
    "Stops a job and all that runs underneath it. Answered when nothing of it runs any more.",
  request: {
    params: IdParam,
    body: {
      required: false,
      content: {
        "application/json": {
          schema: z.strictObject({ reason: z.string().min(1).max(1_024).optional() }),
        },
      },
    },
  },
  responses: {
    200: json(
      "How it was stopped: `settled` if it had ended.",
      z
        .object({
          how: z.enum(["cooperative", "terminated", "stuck", "settled"]),
          afterMs: z.number(),
        })
        .openapi("Cancelled"),
    ),
    ...refused,
  },
});

export function jobRoutes(app: OpenAPIHono<AppEnv>, { supervisor, views }: AppParts): void {
  app.openapi(createJob, async (c) => {
    const desk = c.get("desk");
    const { id } = c.req.valid("param");
    const input = c.req.valid("json");
    const known = input.id === undefined ? undefined : knownJob(desk, input.id, id);
    if (known) return c.json(await jobShape(desk, known), 200);
    const worker = desk.worker(id);
    const agent = desk.agentOf(id);
    const own =
      agent === undefined ? undefined : limitsOfAgent(desk.agent(agent), supervisor.defaults);
    checkLower(jobLimits(input), own);
    const job = desk.run(worker, jobInput(input), runOptions(input));
    return c.json(await jobShape(desk, job), 202);
  });
  app.openapi(listJobs, async (c) => {
    const desk = c.get("desk");
    const jobs = [...desk.session.jobs.values()].map((job) => jobShape(desk, job));
    return c.json({ jobs: await Promise.all(jobs) }, 200);
  });
  app.openapi(getJob, async (c) => {
    const desk = c.get("desk");
    const job = desk.job(c.req.valid("param").id);
    const wait = Number(c.req.valid("query").wait ?? 0);
    if (wait > 0) {
      views.checkRoom(desk);
      await ended(job, wait, desk.openStream(), c.req.raw.signal);
    }
    return c.json(await jobShape(desk, job), 200);
  });
  app.openapi(getEvents, async (c) => {
    const desk = c.get("desk");
    const job = desk.job(c.req.valid("param").id);
    const last = c.req.valid("header")["last-event-id"];
    const from = last === undefined ? Number(c.req.valid("query").from ?? 0) : Number(last) + 1;
    if (await isOver(job, from)) return c.body(null, 204);
    return views.respond(c, { desk, job, encoder: new EventEncoder(), from });
  });
  app.openapi(getMedia, (c) => {
    const { id, ref } = c.req.valid("param");
    const media = c.get("desk").job(id).media(ref);
    if (!media) throw new HeddleError("NOT_FOUND", `the job's log names no "${ref}"`);
    return c.body(Buffer.from(media.data, "base64"), 200, {
      "content-type": "application/octet-stream",
      "content-disposition": "attachment",
      "x-content-type-options": "nosniff",
    });
  });
  app.openapi(cancelJob, async (c) => {
    const job = c.get("desk").job(c.req.valid("param").id);
    return c.json(await job.cancel(c.req.valid("json").reason), 200);
  });
}

/** The job that a repeated request has begun. @throws {HeddleError} `ID_TAKEN` when it is another worker's. */
function knownJob(desk: TenantDesk, id: string, workerId: string): WorkerJob | undefined {
  const job = desk.session.job(id);
  if (!job || job.worker.id === workerId) return job;
  throw new HeddleError("ID_TAKEN", `another worker has a job with the id "${id}"`, {
    details: { field: "id" },
  });
}

/** Resolves when the job has ended, `ms` are over, or the client has left. */
async function ended(
  job: WorkerJob,
  ms: number,
  release: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const leave = () => resolve();
  signal.addEventListener("abort", leave);
  void job.outcome.then(leave);
  await promise;
  signal.removeEventListener("abort", leave);
  clearTimeout(timer);
  release();
}

/** A client that has had everything is told so, or it would come back for ever. */
async function isOver(job: WorkerJob, from: number): Promise<boolean> {
  if (job.times.endedAtMs === undefined) return false;
  const events = job.events({ from });
  const { done } = await events.next();
  await events.return?.();
  return done === true;
}
