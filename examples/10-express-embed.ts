// Agents in an Express app that is there already, by `heddle` alone: `node examples/10-express-embed.ts`. With OPENAI_API_KEY set it asks a real model.
// `heddle/server` does all of this and more. Here is what it takes where you want routes of your own.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { ErrorRequestHandler, Response } from "express";
import express from "express";
import type { WorkerJob } from "heddle";
import { HeddleError, openaiProvider, Supervisor, scriptedProvider } from "heddle";
import { tryIt } from "./clients/embedded.ts";

/** How long a client may leave its stream unread: while it does, it holds up the job. */
const UNREAD_MS = 30_000;

const numbers = Array.from({ length: 20 }, (_, i) => i + 1).join(" ");
const main = process.env["OPENAI_API_KEY"]
  ? openaiProvider({ model: "gpt-5-mini" })
  : scriptedProvider({
      responses: [
        { text: numbers, chunks: 20, chunksPerSecond: 50 },
        { text: "and on ", chunksPerSecond: 20, endless: true },
      ],
    });

await using supervisor = await Supervisor.start({ providers: { main } });
const session = supervisor.openSession({ name: "express" });
// One conversation; each user of yours would have a session, and as many of them as there are threads of talk.
const worker = session.createWorker({ instructions: "Answer briefly." });
const app = express().use(express.json({ limit: "1mb" }));

app.post("/jobs", (request, response) => {
  const job = session.run(worker, { prompt: request.body?.prompt });
  response.status(202).json({ id: job.id });
});

// A browser's EventSource sends the id of the last event that it has seen by itself, when it connects again.
app.get("/jobs/:id/events", async (request, response) => {
  const last = request.get("last-event-id");
  await send(jobOf(request.params.id), last === undefined ? 0 : Number(last) + 1, response);
});

app.post("/jobs/:id/cancel", async (request, response) => {
  response.json(await jobOf(request.params.id).cancel("its user wants no more"));
});

const onError: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent || !HeddleError.is(error)) return next(error);
  response.status(STATUS[error.code] ?? 500).json({ code: error.code, message: error.message });
};
app.use(onError);

const STATUS: { readonly [code: string]: number } = {
  INVALID_INPUT: 400,
  INVALID_OPTION: 400,
  UNKNOWN_JOB: 404,
  OVERLOADED: 503,
};

const server = app.listen(0, "127.0.0.1");
await once(server, "listening");
await tryIt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
// First what runs, so that its streams end with their terminal event; then who listens.
await supervisor.close({ drainMs: 10_000 });
server.close();

/** A job's events from `from` on, no faster than the client reads. A client that leaves is no longer waited for; the job goes on. */
async function send(job: WorkerJob, from: number, response: Response): Promise<void> {
  const events = job.events({ from });
  const gone = new AbortController();
  response.once("close", () => {
    gone.abort();
    void events.return?.();
  });
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  for await (const event of events) {
    const data = JSON.stringify(event);
    const hasRoom = response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${data}\n\n`);
    if (!hasRoom) await drained(response, gone.signal);
  }
  response.end();
}

/** Resolves when there is room again, or the client has gone; one that does not read is sent away, and may come again. */
async function drained(response: Response, gone: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([gone, AbortSignal.timeout(UNREAD_MS)]);
  try {
    await once(response, "drain", { signal });
  } catch {
    response.destroy();
  }
}

function jobOf(id: string): WorkerJob {
  const job = session.job(id);
  if (job) return job;
  throw new HeddleError("UNKNOWN_JOB", "no such job, or one that is no longer kept");
}
