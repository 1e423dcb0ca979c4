import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";

export type BareServer = AsyncDisposable & { readonly url: string };

/** A route that reads a request's JSON and streams `pieces`, each in a write of its own, and does nothing else. */
export async function serveBare(path: string, pieces: readonly string[]): Promise<BareServer> {
  const utf8 = new TextEncoder();
  const bytes = pieces.map((piece) => utf8.encode(piece));
  const app = new Hono();
  app.post(path, async (c) => {
    await c.req.json();
    let next = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const piece = bytes[next++];
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
    });
    return c.body(stream, 200, { "content-type": "text/event-stream" });
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  const listening = once(server, "listening");
  server.listen(0, "127.0.0.1");
  await listening;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
