import type { ClientRequest, ClientRequestArgs, IncomingMessage } from "node:http";
import { request as requestHttp } from "node:http";
import type { AgentOptions } from "node:https";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { ProxyError, unreachable } from "./problems.ts";
import type { ProxyServer } from "./proxies.ts";

type OnSocket = (error: Error | null, socket: Duplex) => void;

/** What a request through a tunnel may say beside the usual. */
export type TunnelledRequest = { readonly cancelled?: AbortSignal };

/**
 * Sends requests by TLS through a proxy's tunnel (CONNECT), and keeps the connections as any agent does.
 *
 * Node's own agent can do it (`proxyEnv`), but it leaves a request hanging that is destroyed before the proxy has answered, with the
 * proxy's socket open. Here the tunnel ends with `cancelled`. Plain HTTP is left to Node's own.
 */
export class TunnelAgent extends HttpsAgent {
  readonly #proxy: ProxyServer;
  readonly #proxyContext: SecureContext | undefined;
  readonly #opening = new Set<ClientRequest>();

  constructor(proxy: ProxyServer, proxyContext: SecureContext | undefined, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#proxyContext = proxyContext;
  }

  override createConnection(
    options: ClientRequestArgs & TunnelledRequest,
    onSocket?: OnSocket,
  ): undefined {
    const connect = this.#connect(options);
    this.#opening.add(connect);
    connect.once("close", () => this.#opening.delete(connect));
    // Without a socket: Node's types do not know that there may be none.
    const fail = (error: Error): void => onSocket?.(error, undefined as unknown as Duplex);
    connect.once("error", (error) => {
      fail(options.cancelled?.aborted === true ? error : unreachable(this.#proxy, error));
    });
    connect.once("connect", (response: IncomingMessage, socket: Socket, head: Buffer) => {
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        fail(ProxyError.ofStatus(this.#proxy, statusCode));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      // Also its TLS session, if there is one to go on with.
      onSocket?.(null, super.createConnection({ ...options, socket } as object) as Duplex);
    });
    connect.end();
    return undefined;
  }

  /** Also what is being opened. */
  override destroy(): void {
    for (const connect of this.#opening) connect.destroy();
    super.destroy();
  }

  #connect({ host, port, cancelled }: ClientRequestArgs & TunnelledRequest): ClientRequest {
    const { url } = this.#proxy;
    const name = isIPv6(host ?? "") ? `[${host}]` : host;
    const authority = `${name}:${port || 443}`;
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    const credentials = proxyCredentials(url);
    return request({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port) || (url.protocol === "https:" ? 443 : 80),
      method: "CONNECT",
      path: authority,
      headers: {
        host: authority,
        ...(credentials === undefined ? {} : { "proxy-authorization": credentials }),
      },
      agent: false,
      ...(this.#proxyContext === undefined ? {} : { secureContext: this.#proxyContext }),
      ...(cancelled === undefined ? {} : { signal: cancelled }),
    });
  }
}

function proxyCredentials({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(text).toString("base64")}`;
}
