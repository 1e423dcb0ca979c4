import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer, request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";
import type { Certificate } from "./certificates.ts";

type ProxyOptions = {
  /** Where names lead to: the proxy looks them up, and nobody else can. */
  readonly routes?: { readonly [host: string]: number };
  /** `user:password` that it wants. */
  readonly credentials?: string;
  /** What it says to every CONNECT, in place of opening a tunnel; `silent`: nothing. */
  readonly refusal?: number | "silent";
  /** It is spoken to by TLS. */
  readonly tls?: Certificate;
};

/** An HTTP proxy as companies have one: it forwards plain requests and opens tunnels. */
export class ForwardProxy implements AsyncDisposable {
  /** The request lines that it got, `GET http://…` or `CONNECT host:port`. */
  readonly asked: string[] = [];
  readonly sockets: Set<Socket> = new Set();
  readonly #server: Server;
  readonly #options: ProxyOptions;
  readonly #onAsked = Promise.withResolvers<void>();

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
    this.#server.on("connection", (socket: Socket) => this.#note(socket));
    this.#server.on("request", (from: IncomingMessage, to: ServerResponse) =>
      this.#forward(from, to),
    );
    this.#server.on("connect", (from: IncomingMessage, socket: Socket) => this.#open(from, socket));
  }

  static async start(options: ProxyOptions = {}): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.#options.tls === undefined ? "http" : "https"}://${this.host}`;
  }

  /** Resolves when it has got a request. */
  async used(): Promise<void> {
    if (this.asked.length === 0) await this.#onAsked.promise;
  }

  /** Resolves when its clients have closed all their connections. */
  async left(): Promise<void> {
    await Promise.all([...this.sockets].map((socket) => socket.closed || once(socket, "close")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #note(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => {});
    // Node's HTTP servers leave their half open.
    socket.on("end", () => socket.destroy());
    socket.once("close", () => this.sockets.delete(socket));
  }

  #admits({ method, url, headers }: IncomingMessage): boolean {
    this.asked.push(`${method} ${url}`);
    this.#onAsked.resolve();
    const { credentials } = this.#options;
    const wanted = `Basic ${Buffer.from(credentials ?? "").toString("base64")}`;
    return credentials === undefined || headers["proxy-authorization"] === wanted;
  }

  #forward(from: IncomingMessage, to: ServerResponse): void {
    if (!this.#admits(from)) {
      to.writeHead(407, { "proxy-authenticate": "Basic" }).end("who are you?");
      return;
    }
    const { hostname, port, pathname, search } = new URL(from.url ?? "");
    const onward = request(
      {
        host: "127.0.0.1",
        port: this.#options.routes?.[hostname] ?? Number(port),
        path: pathname + search,
        ...(from.method === undefined ? {} : { method: from.method }),
        headers: from.headers,
      },
      (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(to);
      },
    );
    onward.on("error", () => to.destroy());
    to.on("close", () => onward.destroy());
    from.pipe(onward);
  }

  #open(from: IncomingMessage, socket: Socket): void {
    this.#note(socket);
    const { refusal, routes } = this.#options;
    const isAdmitted = this.#admits(from);
    if (refusal === "silent") {
      // Else the end of the connection would not be seen.
      socket.resume();
      return;
    }
    const status = isAdmitted ? refusal : 407;
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const [host = "", port] = (from.url ?? "").split(/:(?=\d+$)/);
    const onward = connect(routes?.[host] ?? Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    onward.on("close", () => socket.destroy());
    socket.on("close", () => onward.destroy());
  }
}
