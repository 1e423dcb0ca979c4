import type { IncomingMessage, ServerResponse } from "node:http";
import { text as textOf } from "node:stream/consumers";
import { LocalServer } from "../cli/support/local-server.ts";
import { END, events, text, usage } from "../e2e/wire/bytes.ts";

/** A request as the server has seen it, in milliseconds of its process. */
export type SeenRequest = { readonly atMs: number; readonly prompt: string; wasRefused: boolean };

/** How a request is answered: with its prompt, or with 429 and this `retry-after-ms`. */
export type Answer = "echo" | { readonly retryAfterMs: number };

/** Asked for each request, and told of those before it. */
export type Decide = (
  request: SeenRequest,
  before: readonly SeenRequest[],
) => Answer | Promise<Answer>;

/** A model server that counts, and refuses what a test says. */
export class CountingServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #server: LocalServer;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  static async start(decide: Decide): Promise<CountingServer> {
    const server: CountingServer = new CountingServer(
      await LocalServer.start((request, response) => {
        void server.#serve(request, response, decide);
      }),
    );
    return server;
  }

  get url(): string {
    return this.#server.url;
  }

  get refusals(): readonly SeenRequest[] {
    return this.requests.filter(({ wasRefused }) => wasRefused);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async #serve(request: IncomingMessage, response: ServerResponse, decide: Decide): Promise<void> {
    const atMs = performance.now();
    const { messages } = JSON.parse(await textOf(request));
    const seen: SeenRequest = { atMs, prompt: messages.at(-1).content, wasRefused: false };
    const before = [...this.requests];
    this.requests.push(seen);
    const answer = await decide(seen, before);
    if (answer === "echo") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(events(text(seen.prompt), usage(3, 4)) + END);
      return;
    }
    seen.wasRefused = true;
    response.writeHead(429, { "retry-after-ms": String(answer.retryAfterMs) });
    response.end(JSON.stringify({ error: { message: "slow down", type: "rate_limit_error" } }));
  }
}
