// The same in a Hono app: `node examples/10-hono-embed.ts`. With OPENAI_API_KEY set it asks a real model.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { WorkerJob } from "heddle";
import { HeddleError, openaiProvider, Supervisor, scriptedProvider } from "heddle";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { tryIt } from "./clients/embedded.ts";

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
const session = supervisor.openSession({ name: "hono" });
// One conversation; each user of yours would have a session, and as many of them as there are threads of talk.
const worker = session.createWorker({ instructions: "Answer briefly." });
const app = new Hono();

app.post("/jobs", async (c) => {
  const { prompt } = await c.req.json();
  return c.json({ id: session.run(worker, { prompt }).id }, 202);
});

// A write resolves when the client has read so far, so the job is read no faster than that. Whoever leaves only detaches. Whoever stays and does not
// read holds the job up: 10-express-embed.ts sends them away after a while, and so does heddle/server.
app.get("/jobs/:id/events", (c) => {
  const last = c.req.header("last-event-id");
  const from = last === undefined ? 0 : Number(last) + 1;
  const events = jobOf(c.req.param("id")).events({ from });
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => void events.return?.());
    for await (const event of events) {
      const data = JSON.stringify(event);
      await stream.writeSSE({ id: String(event.seq), event: event.type, data });
    }
  });
});

app.post("/jobs/:id/cancel", async (c) => {
  return c.json(await jobOf(c.req.param("id")).cancel("its user wants no more"));
});

app.onError((error, c) => {
  const { code, message } = HeddleError.is(error) ? error : new HeddleError("INTERNAL", "a bug");
  const status = code === "UNKNOWN_JOB" ? 404 : code.startsWith("INVALID_") ? 400 : 500;
  return c.json({ code, message }, status);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
await once(server, "listening");
await tryIt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
await supervisor.close({ drainMs: 10_000 });
server.close();

function jobOf(id: string): WorkerJob {
  const job = session.job(id);
  if (job) return job;
  throw new HeddleError("UNKNOWN_JOB", "no such job, or one that is no longer kept");
}
