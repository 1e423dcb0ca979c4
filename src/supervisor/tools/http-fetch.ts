import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as SecureAgent } from "node:https";
import { pipeline, Readable, Transform } from "node:stream";
import { describe, HeddleError } from "../../errors.ts";
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
  readonly #agent = new Agent({ keepAlive: false });
  readonly #secureAgent = new SecureAgent({ keepAlive: false });

  readonly fetch = (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const { method = "GET", signal } = init;
    return new Promise((resolve, reject) => {
      const request = this.#request(new URL(url), {
        method,
        headers: Object.fromEntries(new Headers(init.headers)),
        ...(signal ? { signal } : {}),
      });
      if (isListening(init)) request.on("socket", (socket) => socket.unref());
      request.on("error", (error) => reject(signal?.aborted ? error : lost(error)));
      request.on("response", (response) => {
        try {
          resolve(responseOf(response));
        } catch (error) {
          response.destroy();
          reject(lost(error));
        }
      });
      request.end(init.body ?? undefined);
    });
  };

  #request(
    url: URL,
    options: { method: string; headers: Record<string, string>; signal?: AbortSignal },
  ): ClientRequest {
    return url.protocol === "https:"
      ? requestHttps(url, { ...options, agent: this.#secureAgent })
      : requestHttp(url, { ...options, agent: this.#agent });
  }
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
  // An error of either of the two ends both, and is told by the body.
  const bounded = pipeline(response, bound(isEvents), () => {});
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

function lost(error: unknown): HeddleError {
  const { code, message } = error as { code?: unknown; message?: unknown };
  // Of a name with several addresses the error has a code, and no message.
  const text = typeof message === "string" && message !== "" ? message : String(code);
  return new HeddleError("MCP_SERVER_LOST", error instanceof Error ? text : describe(error));
}
