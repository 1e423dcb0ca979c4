import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";

/** What a model says in one response, in its order. */
export type Block =
  | { readonly type: "thinking"; readonly text: string; readonly signature: string }
  | { readonly type: "redacted"; readonly data: string }
  | { readonly type: "text"; readonly text: string; readonly signature?: string }
  | {
      readonly type: "call";
      readonly id: string;
      readonly name: string;
      readonly input: object;
      readonly signature?: string;
    };

export type Body = { readonly [name: string]: unknown };

/** How a company's servers talk, and what they want back. */
export type Dialect = {
  readonly contentType: string;
  /** A whole response, as its events. */
  events(blocks: readonly Block[]): readonly (string | Buffer)[];
  /** What of the conversation came from the model, one entry for each response. */
  responsesIn(body: Body): readonly unknown[];
  /** How `blocks` must come back. */
  expected(blocks: readonly Block[]): unknown;
  refusal(message: string): Body;
};

type Turns = readonly (readonly Block[])[];

/**
 * A model's server that gives one response after the other, and refuses a conversation that has lost what must come back: signatures,
 * hidden thoughts, their order. As the real ones do.
 */
export class ThinkingServer implements AsyncDisposable {
  readonly bodies: Body[] = [];
  readonly paths: string[] = [];
  readonly #server: Server;
  readonly #dialect: Dialect;
  readonly #turns: Turns;

  private constructor(dialect: Dialect, turns: Turns) {
    this.#dialect = dialect;
    this.#turns = turns;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(dialect: Dialect, turns: Turns): Promise<ThinkingServer> {
    const server = new ThinkingServer(dialect, turns);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await textOf(request)) as Body;
    this.bodies.push(body);
    this.paths.push(request.url ?? "");
    const { contentType, responsesIn, expected, refusal, events } = this.#dialect;
    const came = responsesIn(body);
    const wanted = this.#turns.slice(0, came.length).map(expected);
    if (!isDeepStrictEqual(came, wanted)) {
      const message = `lost: ${JSON.stringify(wanted)} came back as ${JSON.stringify(came)}`;
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify(refusal(message)));
      return;
    }
    response.writeHead(200, { "content-type": contentType });
    for (const event of events(this.#turns[came.length] ?? [])) response.write(event);
    response.end();
  }
}
