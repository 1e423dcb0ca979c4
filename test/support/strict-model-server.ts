import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";

/** The JSON body of a request, as a server sees it: any field. */
// biome-ignore lint/suspicious/noExplicitAny: a test that reads a wrong field is to fail there.
export type Body = { readonly [name: string]: any };

/** What a server answers: an event stream, or a refusal with a status. */
export type Answer = string | { readonly status: number; readonly body: object };

/** A model server that answers by what it is sent, and can refuse it. */
export class StrictModelServer implements AsyncDisposable {
  readonly #server: Server;
  readonly requests: { readonly body: Body; readonly url: string }[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param answer - is given the body of each request, and how many there were before it. */
  static async start(answer: (body: Body, before: number) => Answer): Promise<StrictModelServer> {
    const server = createServer();
    const made = new StrictModelServer(server);
    server.on("request", async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const body = JSON.parse(Buffer.concat(pieces).toString("utf8")) as Body;
      made.requests.push({ body, url: request.url ?? "" });
      const answered = answer(body, made.requests.length - 1);
      const isStream = typeof answered === "string";
      const type = isStream ? "text/event-stream" : "application/json";
      response.writeHead(isStream ? 200 : answered.status, { "content-type": type });
      response.end(isStream ? answered : JSON.stringify(answered.body));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

export function refusal(message: string, status = 400): Answer {
  return { status, body: { error: { message, type: "invalid_request_error" } } };
}

/** Refuses a conversation in which the assistant's messages are not exactly `expected`. */
export function mustBe(actual: unknown, expected: unknown): Answer | undefined {
  if (isDeepStrictEqual(actual, expected)) return undefined;
  return refusal(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

export function assistantsOf({ messages }: Body): readonly Body[] {
  return messages.filter(({ role }: Body) => role === "assistant");
}
