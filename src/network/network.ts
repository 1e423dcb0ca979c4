import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Agent, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { connect as connectTls } from "node:tls";
import { HeddleError } from "../errors.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsOf } from "./credentials.ts";
import type { NetworkOptions } from "./options.ts";
import type { NetworkProblem } from "./problems.ts";
import { problemOf } from "./problems.ts";
import type { Environment, ProxyServer } from "./proxies.ts";
import { proxyFor } from "./proxies.ts";
import { TunnelAgent } from "./tunnel-agent.ts";

/** How connections are kept: the options of Node's agents. */
export type Keeping = { readonly keepAlive: boolean; readonly maxFreeSockets?: number };

type RequestOptions = {
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  /** Destroys the request. */
  readonly signal?: AbortSignal;
  /** As `signal`, but the caller destroys the request: only what comes before there is a connection is ended here. */
  readonly cancelled?: AbortSignal;
  /** Looks names up, where Heddle itself has to. */
  readonly lookup?: LookupFunction;
};

/** How the servers of one origin are reached. */
type Route = {
  readonly origin: string;
  readonly proxy: ProxyServer | undefined;
  readonly agent: Agent;
};

/**
 * The one way to servers over HTTP, for all that Heddle asks: it knows proxies, authorities and client certificates.
 */
export class Network {
  readonly #options: NetworkOptions;
  readonly #env: Environment;
  readonly #keeping: Keeping;
  readonly #credentials: Credentials;
  readonly #agents = new Map<string, Agent>();
  /** The latest: a provider asks one server, thousands of times a second. */
  #route: Route | undefined;

  /**
   * Reads the files that the options name.
   *
   * @param label what errors begin with.
   * @throws {HeddleError} `INVALID_OPTION` that names the field and the file.
   */
  constructor(label: string, options: NetworkOptions, env: Environment, keeping: Keeping) {
    this.#options = options;
    this.#env = env;
    this.#keeping = keeping;
    this.#credentials = credentialsOf(options, (field, expected) => {
      const message = `${label}${field} must be ${expected}`;
      throw new HeddleError("INVALID_OPTION", message, { details: { field } });
    });
  }

  /**
   * By which proxy `url` is asked.
   *
   * @throws {HeddleError} `INVALID_OPTION` when a variable of the environment names what is no HTTP proxy.
   */
  proxyFor(url: URL): ProxyServer | undefined {
    return this.#routeTo(url).proxy;
  }

  /** A request to `url` that is not sent yet; as `node:http` makes it. */
  request(
    url: URL,
    options: RequestOptions,
    onResponse?: (response: IncomingMessage) => void,
  ): ClientRequest {
    const { proxy, agent } = this.#routeTo(url);
    const { lookup, cancelled = options.signal, ...rest } = options;
    const request = url.protocol === "https:" ? requestHttps : requestHttp;
    const how = {
      ...rest,
      agent,
      // By a proxy, names are the proxy's to look up.
      ...(proxy === undefined ? lookup && { lookup } : cancelled && { cancelled }),
    };
    return request(url, how, onResponse);
  }

  /** What an error of a request to `url` is to a person; undefined when its own words will do. */
  problemOf(error: unknown, url: URL): NetworkProblem | undefined {
    const proxy = url.protocol === "http:" ? this.#routeTo(url).proxy : undefined;
    return problemOf(error, url.host, proxy);
  }

  /** Closes all connections, also those in use. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #routeTo(url: URL): Route {
    const { origin } = url;
    if (this.#route?.origin === origin) return this.#route;
    const proxy = proxyFor(url, this.#options, this.#env);
    this.#route = { origin, proxy, agent: this.#agentFor(url, proxy) };
    return this.#route;
  }

  #agentFor(url: URL, proxy: ProxyServer | undefined): Agent {
    const key = `${url.protocol} ${proxy?.url.href}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = this.#makeAgent(url.protocol === "https:", proxy);
      this.#agents.set(key, agent);
    }
    return agent;
  }

  #makeAgent(isSecure: boolean, proxy: ProxyServer | undefined): Agent {
    const { server, proxy: proxyContext } = this.#credentials;
    const secure = { ...this.#keeping, ...(server === undefined ? {} : { secureContext: server }) };
    if (proxy === undefined) return isSecure ? new HttpsAgent(secure) : new Agent(this.#keeping);
    if (isSecure) return new TunnelAgent(proxy, proxyContext, secure);
    const agent = new Agent({ ...this.#keeping, proxyEnv: { HTTP_PROXY: proxy.url.href } });
    if (proxy.url.protocol === "https:" && proxyContext !== undefined) {
      const { hostname: host, port } = proxy.url;
      agent.createConnection = () =>
        connectTls({ host, port: Number(port) || 443, secureContext: proxyContext });
    }
    return agent;
  }
}
