import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a bench's model servers are told in a request's body: how many chunks to answer with, which are the server's own to choose. */
export type ChatRequest = {
  readonly path: string;
  readonly model: string;
  readonly chunks: number;
};

/** The body of a stream's event, as OpenAI's servers send it. */
export function chatEvent(content: string, finishReason: "stop" | null = null): string {
  return `data: ${JSON.stringify({
    id: "chatcmpl-0123456789abcdef",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "bench",
    choices: [{ index: 0, delta: { content }, finish_reason: finishReason }],
  })}\n\n`;
}

/** How every stream ends. */
export const LAST_EVENTS = `${chatEvent("", "stop")}data: [DONE]\n\n`;

/**
 * Serves chat streams in a process of its own, which `forkServer` has started: tells its parent its port, and ends with it.
 *
 * Headers are sent at once. `answer` sends the body.
 */
export function serveChats(answer: (request: ChatRequest, response: ServerResponse) => void): void {
  const server = createServer((message, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    void requestOf(message).then((request) => answer(request, response));
  });
  // A crowd connects all at once.
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
  server.keepAliveTimeout = 600_000;
  process.once("disconnect", () => process.exit(0));
}

async function requestOf(message: IncomingMessage): Promise<ChatRequest> {
  const { model, max_tokens: chunks = 0 } = JSON.parse(await text(message));
  return { path: message.url ?? "", model, chunks };
}
