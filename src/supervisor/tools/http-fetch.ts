import type { IncomingMessage } from "node:http";
import { pipeline, Readable, Transform } from "node:stream";
import { describe, HeddleError } from "../../errors.ts";
import { Network } from "../../network/network.ts";
import type { NetworkOptions } from "../../network/options.ts";
import { wantsCredentials } from "../../network/problems.ts";
import { unpacked } from "../../network/unpack.ts";
import { MAX_MESSAGE_BYTES } from "./mcp-transport.ts";

type Body = ConstructorParameters<typeof Response>[0];

/**
 * As `fetch`, as far as an MCP client needs it, over `node:http`: there a socket that only waits for notifications need not keep the
 * process alive, and none is left when its request has ended. A connection is not used again: a request that finds it just closed could not be told
 * from one that was carried out. Redirects are not followed.
 *
 * What fails on the way rejects with `MCP_SERVER_LOST`; a body or an event that is too long breaks off.
 */
export class HttpFetch {
  readonly #network: Network;

  /** @throws {HeddleError} `INVALID_OPTION` when a file that the options name cannot be used. */
  constructor(options: NetworkOptions = {}) {
    this.#network = new Network("mcp: ", options, process.env, { keepAlive: false });
  }

  readonly fetch = (given: string | URL, init: RequestInit = {}): Promise<Response> => {
    const { method = "GET", signal } = init;
    return new Promise((resolve, reject) => {
      const url = new URL(given);
      const request = this.#network.request(url, {
        method,
        headers: Object.fromEntries(new Headers(init.headers)),
        ...(signal ? { signal } : {}),
      });
      if (isListening(init)) request.on("socket", (socket) => socket.unref());
      const failed = (error: Error) =>
        this.#network.problemOf(error, url)?.message ?? wordsOf(error);
      request.on("error", (error) => reject(signal?.aborted ? error : lost(failed(error))));
      request.on("response", (response) => {
        try {
          if (response.statusCode === 407) {
            throw new HeddleError("MCP_FAILED", wantsCredentials(this.#network.proxyFor(url)));
          }
          resolve(responseOf(response));
        } catch (error) {
          response.destroy();
          reject(HeddleError.is(error) ? error : lost(wordsOf(error)));
        }
      });
      request.end(init.body ?? undefined);
    });
  };
}

/** Whether the answer is a stream of notifications, which may never come. */
function isListening({ method = "GET", headers }: RequestInit): boolean {
  return method === "GET" || new Headers(headers).get("mcp-method") === "subscriptions/listen";
}

function responseOf(response: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = "" } = response;
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  if ([204, 205, 304].includes(status)) {
    response.resume();
    return new Response(null, { status, statusText, headers });
  }
  const isEvents = headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  const content = unpacked(response);
  if (content === undefined) {
    const packing = headers.get("content-encoding");
    throw new HeddleError("MCP_FAILED", `the server has packed its answer as ${packing}, unasked`);
  }
  headers.delete("content-encoding");
  headers.delete("content-length");
  // An error of either of the two ends both, and is told by the body.
  const bounded = pipeline(content, bound(isEvents), () => {});
  const body = Readable.toWeb(bounded) as unknown as Body;
  return new Response(body, { status, statusText, headers });
}

function bound(isEvents: boolean): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const end = isEvents
        ? Math.max(chunk.lastIndexOf("\n\n"), chunk.lastIndexOf("\r\n\r\n"))
        : -1;
      bytes = end === -1 ? bytes + chunk.length : chunk.length - end;
      if (bytes <= MAX_MESSAGE_BYTES) return done(null, chunk);
      const message = `the server has sent a message of more than ${MAX_MESSAGE_BYTES} bytes`;
      done(new HeddleError("MCP_FAILED", message));
    },
  });
}

function wordsOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  // Of a name with several addresses the error has a code, and no message.
  const text = typeof message === "string" && message !== "" ? message : String(code);
  return error instanceof Error ? text : describe(error);
}

function lost(message: string): HeddleError {
  return new HeddleError("MCP_SERVER_LOST", message);
}
