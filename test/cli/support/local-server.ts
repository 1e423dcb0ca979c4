import { once } from "node:events";
import type { RequestListener, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A model's server that is gone after the test. */
export class LocalServer implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(listener: RequestListener): Promise<LocalServer> {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new LocalServer(server);
  }

  /** The base URL for clients. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/**
 * Answers requests whose body has "quick" in it with "whole"; to others it says "half" and then nothing more.
 *
 * `open` holds the responses that are waiting in that way.
 */
export class HalfServer implements AsyncDisposable {
  readonly open: Set<ServerResponse> = new Set();
  /** How many it has made wait. */
  requests = 0;
  readonly #server: LocalServer;
  #isFinished: boolean = false;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  static async start(): Promise<HalfServer> {
    const half: HalfServer = new HalfServer(
      await LocalServer.start((request, response) => {
        void text(request).then((body) => half.#answer(body, response));
      }),
    );
    return half;
  }

  get url(): string {
    return this.#server.url;
  }

  /** Resolves when clients have closed all that waited. */
  async allClosed(): Promise<void> {
    await Promise.all([...this.open].map((response) => once(response, "close")));
  }

  /** Ends all that wait, well: their text is "half and half". Later requests are answered with "whole". */
  finish(): void {
    this.#isFinished = true;
    for (const response of this.open) {
      response.end(`${event({ content: " and half" })}${event({}, "stop")}data: [DONE]\n\n`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  #answer(body: string, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (this.#isFinished || body.includes("quick")) {
      response.end(`${event({ content: "whole" })}${event({}, "stop")}data: [DONE]\n\n`);
      return;
    }
    this.requests += 1;
    this.open.add(response);
    response.once("close", () => this.open.delete(response));
    response.write(event({ content: "half" }));
  }
}

function event(delta: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  return `data: ${JSON.stringify({ object: "chat.completion.chunk", choices })}\n\n`;
}
