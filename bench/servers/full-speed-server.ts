import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tokensOf } from "../tokens.ts";
import type { ChatRequest } from "./model-server.ts";
import { chatEvent, LAST_EVENTS, serveChats } from "./model-server.ts";

/*
 * Streams as fast as it is read, at next to no cost: bodies are made once, and written to the socket as they are. Each event is
 * an HTTP chunk of its own, as it is with a model. Below `/endless` a stream has no end; asked by its parent, the server tells how
 * many bytes of such streams the network has taken.
 */
const ENDLESS_EVENTS = 500;

const bodies = new Map<number, Buffer>();
const endless: Socket[] = [];

serveChats((request, response) => {
  if (request.path.startsWith("/endless")) void answerEndlessly(response);
  else answer(request, response);
});
process.on("message", () => {
  const bytes = endless.map((socket) => socket.bytesWritten - socket.writableLength);
  process.send?.({ writtenBytes: bytes.reduce((sum, written) => sum + written, 0) });
});

function answer({ chunks }: ChatRequest, response: ServerResponse): void {
  response.socket?.write(bodyOf(chunks));
  response.end(LAST_EVENTS);
}

async function answerEndlessly(response: ServerResponse): Promise<void> {
  const { socket } = response;
  if (!socket) return;
  endless.push(socket);
  const body = bodyOf(ENDLESS_EVENTS);
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  while (!closed.signal.aborted) {
    if (!socket.write(body)) await once(socket, "drain", closed).catch(() => {});
  }
}

function bodyOf(chunks: number): Buffer {
  const known = bodies.get(chunks);
  if (known) return known;
  const body = Buffer.from(tokensOf(chunks).map(framed).join(""));
  bodies.set(chunks, body);
  return body;
}

/** In HTTP's chunked encoding. */
function framed(token: string): string {
  const event = chatEvent(token);
  return `${event.length.toString(16)}\r\n${event}\r\n`;
}
