import { setTimeout as delay } from "node:timers/promises";
import type { Asked, Finding } from "./finding.ts";
import { noResponse } from "./problems.ts";
import type { Ended } from "./watched-request.ts";
import { cancelError, requestFor, userSays, WatchedRequest } from "./watched-request.ts";

/** What a provider may hold of what it has read when there is no room any more: a read of its socket, and what its parsers keep. */
const MAX_HELD_CHARS = 524_288;
export async function cutShort(
  { provider, options }: Asked,
  onChunk: (watched: WatchedRequest) => Promise<void>,
): Promise<Finding> {
  const { longPrompt, prompt = "", settleMs, answerMs } = options;
  const watched = new WatchedRequest(requestFor(userSays(longPrompt ?? prompt), options));
  const { promise: cut, resolve } = Promise.withResolvers<"cut">();
  const sent = watched.send(provider, {
    hasRoom: () => false,
    onChunk: (request) => {
      resolve("cut");
      return onChunk(request);
    },
    limitMs: answerMs,
  });
  const first = await Promise.race([cut, sent]);
  if (first !== "cut")
    return first.type === "responded" ? { why: "no chunk came" } : noResponse(first);
  const timer = delay(settleMs, { type: "late" } as const, { ref: false });
  return { problems: endedInTime(await Promise.race([sent, timer]), settleMs) };
}

/** An answer that was whole already may still be given: what counts is that the request ends. */
export function endedInTime(ended: Ended, settleMs: number): readonly string[] {
  return ended.type === "late" ? [`the request has not ended ${settleMs} ms after its cancel`] : [];
}

export async function waitsForRoom({ provider, options }: Asked): Promise<Finding> {
  const { longPrompt, settleMs } = options;
  if (longPrompt === undefined) return { why: "no longPrompt" };
  const watched = new WatchedRequest(requestFor(userSays(longPrompt), options));
  const door = Promise.withResolvers<void>();
  // It may be that nobody waits at it.
  door.promise.catch(() => {});
  const sent = watched.send(provider, {
    hasRoom: () => false,
    onChunk: () => door.promise,
    limitMs: options.answerMs,
  });
  let isOver: boolean = false;
  void sent.finally(() => {
    isOver = true;
  });
  for (let looks = 0, seen = -1; looks < 20 && !isOver; ) {
    await delay(10);
    looks = seen === watched.receivedChars && seen > 0 ? looks + 1 : 0;
    seen = watched.receivedChars;
    if (seen > MAX_HELD_CHARS) break;
  }
  const held = watched.receivedChars;
  watched.abort.abort(cancelError());
  door.reject(cancelError());
  await Promise.race([sent, delay(settleMs, undefined, { ref: false })]);
  if (held > MAX_HELD_CHARS) {
    return {
      problems: [
        `it wrote more than ${MAX_HELD_CHARS} characters though there was no room: await what sink.write() returns`,
      ],
    };
  }
  return isOver && held < MAX_HELD_CHARS && (await sent).type === "responded"
    ? { why: "the answer to longPrompt is too short" }
    : { problems: [] };
}
