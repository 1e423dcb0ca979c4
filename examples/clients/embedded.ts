// What a client of 10-express-embed.ts and 10-hono-embed.ts does: both serve the same routes.
import type { EventSourceMessage } from "eventsource-parser/stream";
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { JobEvent } from "heddle";

/** Loses its connection in the middle of a job and comes again; then cancels another job. */
export async function tryIt(url: string): Promise<void> {
  const { id } = await post<{ id: string }>(`${url}/jobs`, { prompt: "Count to 20." });
  const first = await read(url, id, "", (events) => events.length === 8);
  say(`first connection: events 0 to ${first.lastId}, then it is lost`);
  const second = await read(url, id, first.lastId);
  say(`second connection: from ${second.events[0]?.seq} to ${second.lastId}`);
  const all = [...first.events, ...second.events];
  say(`${all.filter(({ seq }, i) => seq !== i).length} are missing or came twice`);
  const end = all.at(-1);
  if (end?.type === "completed") say(`completed: ${end.result.text}`);

  const { id: other } = await post<{ id: string }>(`${url}/jobs`, { prompt: "And another." });
  const streamed = read(url, other);
  const { how } = await post<{ how: string }>(`${url}/jobs/${other}/cancel`, {});
  say(`cancelled: ${how}, and its stream ends with ${(await streamed).events.at(-1)?.type}`);
  const unknown = await fetch(`${url}/jobs/none/events`);
  say(`a job that is not there: ${unknown.status}`);
}

/** Reads a job's events, behind the one with `lastId`, to the end, or until it has enough and leaves. */
async function read(
  url: string,
  id: string,
  lastId = "",
  isEnough: (events: readonly JobEvent[]) => boolean = () => false,
): Promise<{ events: JobEvent[]; lastId: string }> {
  const headers = lastId === "" ? {} : { "last-event-id": lastId };
  const response = await fetch(`${url}/jobs/${id}/events`, { headers });
  const events: JobEvent[] = [];
  let last: EventSourceMessage | undefined;
  const stream = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (last of stream ?? []) {
    events.push(JSON.parse(last.data));
    if (isEnough(events)) break;
  }
  return { events, lastId: last?.id ?? "" };
}

async function post<Answer>(url: string, body: object): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
