import { Agent, request } from "node:http";
import type { EventSourceMessage } from "eventsource-parser";
import { createParser } from "eventsource-parser";
import { nowMs } from "../servers/clock.ts";
import { serveTask } from "./fork-clients.ts";

export type SseTask = {
  readonly url: string;
  readonly token: string;
  readonly jobIds: readonly string[];
  /** How many chunks each job has. */
  readonly chunks: number;
};

/** Of one job: when its stream was open, and when each of its chunks was read. */
export type SseTimes = { readonly openedMs: number; readonly readMs: Float64Array };

serveTask(async ({ url, token, jobIds, chunks }: SseTask): Promise<readonly SseTimes[]> => {
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  return await Promise.all(
    jobIds.map((id) => follow(agent, `${url}/api/jobs/${id}/events`, token, chunks)),
  );
});

/** Follows one job to its end. @throws when an event was lost, doubled or out of place, or the job did not complete. */
async function follow(agent: Agent, url: string, token: string, chunks: number): Promise<SseTimes> {
  const times = new Float64Array(chunks);
  let [seq, read, last, openedMs] = [0, 0, "", 0];
  const look = ({ id, event = "" }: EventSourceMessage): void => {
    if (Number(id) !== seq++) throw new Error(`event ${id} in place of ${seq - 1}`);
    if (event === "chunk") times[read++] = nowMs();
    last = event;
  };
  const parser = createParser({ onEvent: look });
  await new Promise<void>((resolve, reject) => {
    const asked = request(
      url,
      { agent, headers: { authorization: `Bearer ${token}` } },
      (answer) => {
        openedMs = nowMs();
        answer.setEncoding("utf8");
        answer.on("data", (text: string) => parser.feed(text));
        answer.on("end", resolve).on("error", reject);
      },
    );
    asked.on("error", reject).end();
  });
  if (read !== chunks || last !== "completed") {
    throw new Error(`a client has read ${read} chunks of ${chunks}, and at last "${last}"`);
  }
  return { openedMs, readMs: times };
}
