import type { JobEvent } from "../index.ts";

/** How one protocol tells of a job, as server-sent events. It may remember what it has told. */
export type JobEncoder = {
  /** What comes before the first event. */
  readonly head: string;
  /** What is sent for `event`; "" for nothing. */
  encode(event: JobEvent): string;
  /** The protocol ends its stream here, whether or not the job goes on. */
  readonly isOver: boolean;
};

export const SSE_HEADERS: { readonly [name: string]: string } = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  // Proxies such as nginx are not to gather it.
  "x-accel-buffering": "no",
};

/** One server-sent event with JSON in it. */
export function sseData(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
