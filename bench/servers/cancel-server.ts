import { nowMs } from "./clock.ts";
import { chatEvent, serveChats } from "./model-server.ts";

/*
 * Begins a stream for every request, a chunk each 20 ms, and tells its parent when a request has come and when its connection
 * was closed. Below `/stall` it sends nothing at all.
 */
const CHUNK = chatEvent("token ");

serveChats(({ path }, response) => {
  process.send?.({ begun: 1 });
  const isStalled = path.startsWith("/stall");
  const timer = isStalled ? undefined : setInterval(() => response.write(CHUNK), 20);
  if (!isStalled) response.write(CHUNK);
  response.on("close", () => {
    clearInterval(timer);
    process.send?.({ closedMs: nowMs() });
  });
});
