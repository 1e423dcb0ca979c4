import { createParser } from "eventsource-parser";
import { expect } from "vitest";
import type { JobEvent } from "../../src/index.ts";
import type { ServedApp } from "./server-app.ts";

/** Has `helper` run on a prompt, by HTTP. */
export async function startJob({ request }: ServedApp): Promise<{ id: string; workerId: string }> {
  const made = await request("/api/workers", { json: { agent: "helper" } });
  expect(made.status).toBe(201);
  const { id: workerId } = (await made.json()) as { id: string };
  const job = await request(`/api/workers/${workerId}/jobs`, { json: { prompt: "count" } });
  expect(job.status).toBe(202);
  const { id } = (await job.json()) as { id: string };
  return { id, workerId };
}

/** Reads a stream until `isEnough`, then kills its connection; or to its end. */
export async function readEvents(
  response: Response,
  isEnough: (events: readonly JobEvent[]) => boolean = () => false,
): Promise<{ events: JobEvent[]; lastId: string | undefined }> {
  const events: JobEvent[] = [];
  let lastId: string | undefined;
  const parser = createParser({
    onEvent: ({ id, data }) => {
      lastId = id;
      events.push(JSON.parse(data) as JobEvent);
    },
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const utf8 = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parser.feed(utf8.decode(value, { stream: true }));
    if (!isEnough(events)) continue;
    await reader.cancel();
    break;
  }
  return { events, lastId };
}
