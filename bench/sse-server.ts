import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/*
 * A model server of its own process: begins a chat stream for every request, a chunk each 20 ms, and tells its parent when a
 * connection was closed. `/stall` sends nothing at all.
 */
const CHUNK = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "token " } }] })}\n\n`;

const server = createServer((request, response) => {
  request.resume();
  process.send?.({ begun: true });
  const isStalled = request.url?.startsWith("/stall") === true;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  const timer = isStalled ? undefined : setInterval(() => response.write(CHUNK), 20);
  if (!isStalled) response.write(CHUNK);
  response.on("close", () => {
    clearInterval(timer);
    process.send?.({ closedMs: performance.timeOrigin + performance.now() });
  });
});

server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.once("disconnect", () => process.exit(0));
