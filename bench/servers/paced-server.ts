import type { ServerResponse } from "node:http";
import { nowMs, stampOf } from "./clock.ts";
import { chatEvent, LAST_EVENTS, serveChats } from "./model-server.ts";

/*
 * A crowd of streams at the pace of a model: told "go" by its parent, it sends each its next chunk every 50 ms, evenly spread
 * over all, with the chunk's number and the time in its text, which is as short as a token. The model "warm" is answered at once, with no more than its end.
 */
const EVERY_MS = 50;

const open: ServerResponse[] = [];
let expected = Number.NaN;
let chunks = 0;

serveChats((request, response) => {
  if (request.model === "warm") {
    response.end(`${chatEvent("warm")}${LAST_EVENTS}`);
    return;
  }
  chunks = request.chunks;
  open.push(response);
  tellWhenAllAreOpen();
});
process.on("message", (message: { readonly expect?: number }) => {
  if (message.expect === undefined) send(nowMs(), 0);
  else {
    expected = message.expect;
    tellWhenAllAreOpen();
  }
});

function tellWhenAllAreOpen(): void {
  if (open.length === expected) process.send?.({ allOpen: 1 });
}

/** Counted from the start, so a late timer is made up for and the rate holds. */
function send(startMs: number, sent: number): void {
  const total = open.length * chunks;
  const due = Math.floor(((nowMs() - startMs) / EVERY_MS) * open.length);
  let next = sent;
  for (; next < Math.min(due, total); next++) {
    const index = Math.floor(next / open.length);
    const response = open[next % open.length] as ServerResponse;
    response.write(chatEvent(stampOf(index, nowMs())));
    if (index === chunks - 1) response.end(LAST_EVENTS);
  }
  if (next < total) setTimeout(() => send(startMs, next), 1);
}
