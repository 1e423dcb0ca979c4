import { once } from "node:events";
import type { RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isIPv6 } from "node:net";
import type { ErrorCode } from "../index.ts";
import { HeddleError } from "../index.ts";
import type { ServerApp } from "./app.ts";
import { errorBody } from "./http-error.ts";
import type { ListenOptions } from "./listen-options.ts";
import { listenOptionsOf } from "./listen-options.ts";

export type RunningServer = {
  /** Where clients find it: `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly port: number;
  /**
   * Ends the server and what its app has begun. The supervisor stays open.
   *
   * Nothing new is begun from now on, while requests are still answered: `/readyz` says 503, jobs can be read, cancelled and given approvals.
   * Running jobs may end within `drainMs`, 10,000 by default; then they are cancelled. Each stream ends with its terminal event, and one that is not
   * read is cut off a second later. Then the port is given free and every connection is closed.
   *
   * Settles after `drainMs`, the time that the agents' jobs take to be stopped, and 11 seconds, at the latest. Never rejects. Called again, it settles
   * at the same moment; a shorter `drainMs` then counts.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
  /** `close({ drainMs: 0 })`. */
  [Symbol.asyncDispose](): Promise<void>;
};

/** How long a response that is complete may take to reach its client when the server ends. */
const LINGER_MS = 1_000;

/**
 * Serves an app by HTTP/1.1 on Node, with limits against clients that are slow, silent or too many. They get what Node says: 408, 431, 400.
 *
 * Whatever goes wrong with the listener later (no more file descriptors) is told to the app's logger, and it goes on.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds; `LISTEN_FAILED` when the port is taken or may not be had, with the system's
 * code as `details.reason`; `SERVER_NOT_INSTALLED` without the package `@hono/node-server`.
 */
export async function startServer(
  app: ServerApp,
  options: ListenOptions = {},
): Promise<RunningServer> {
  const checked = listenOptionsOf(options);
  const server = serverFor(await listenerFor(app), checked);
  await listen(server, checked);
  server.on("error", (err) => app.log.error({ err }, "the listener has failed"));
  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const close = async (drainMs?: number): Promise<void> => {
    const drained = app.close(drainMs);
    closed ??= drained.then(() => closeConnections(server));
    return await closed;
  };
  return {
    url: `http://${shownHost(checked.hostname)}:${port}`,
    port,
    close: ({ drainMs } = {}) => close(drainMs),
    [Symbol.asyncDispose]: () => close(0),
  };
}

async function listenerFor(app: ServerApp): Promise<RequestListener> {
  const { getRequestListener } = await import("@hono/node-server").catch((cause: unknown) => {
    const message =
      "startServer needs the package @hono/node-server: npm install @hono/node-server";
    throw new HeddleError("SERVER_NOT_INSTALLED", message, { cause });
  });
  return getRequestListener((request, env) => app.fetch(request, env), {
    overrideGlobalObjects: false,
    // The app itself does not throw: what comes here is no request that could be given to it, such as one with a Host that is none.
    errorHandler: () => refusal("INVALID_INPUT", "the request's target or Host is not valid"),
  });
}

function refusal(code: ErrorCode, message: string): Response {
  return Response.json(errorBody(new HeddleError(code, message)), { status: 400 });
}

function serverFor(listener: RequestListener, options: Required<ListenOptions>): Server {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, unreadMs } = options;
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    maxHeaderSize: options.maxHeaderBytes,
    // Node looks for late clients this often; by default every 30 s only.
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(headersTimeoutMs / 4)),
  });
  server.maxConnections = options.maxConnections;
  server.on("request", (request, response) => {
    // From here on the client only has to read. Node takes the timer away with the last byte, and sets its own for the next request.
    response.once("prefinish", () => request.socket.setTimeout(unreadMs));
    void listener(request, response);
  });
  return server;
}

async function listen(
  server: Server,
  { port, hostname }: Pick<Required<ListenOptions>, "port" | "hostname">,
): Promise<void> {
  try {
    const listening = once(server, "listening");
    server.listen(port, hostname);
    await listening;
  } catch (cause) {
    const { code: reason = "unknown", message } = cause as NodeJS.ErrnoException;
    throw new HeddleError(
      "LISTEN_FAILED",
      `cannot listen on ${hostname} port ${port}: ${REASONS[reason] ?? message}`,
      { cause, details: { hostname, port, reason } },
    );
  }
}

const REASONS: { readonly [reason: string]: string } = {
  EADDRINUSE: "the port is taken",
  EACCES: "there is no permission to",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no host of that name",
};

/** What is complete may still reach its client; then all connections are ended. */
async function closeConnections(server: Server): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  const timer = setTimeout(() => server.closeAllConnections(), LINGER_MS);
  await closed;
  clearTimeout(timer);
}

/** A server that listens on all addresses is found by the name of this machine. */
function shownHost(hostname: string): string {
  if (hostname === "0.0.0.0" || hostname === "::") return "localhost";
  return isIPv6(hostname) ? `[${hostname}]` : hostname;
}
