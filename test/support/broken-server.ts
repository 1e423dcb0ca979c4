import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";

/**
 * What the server does with a connection once it has read a request.
 *
 * Text and bytes are written as they are, and waited for until the system has taken them. A script that does not end with
 * the connection leaves it open for the next request.
 */
export type Step =
  | string
  | Buffer
  /** Written again and again, as fast as the client takes it, until the client goes. */
  | { readonly endless: string | Buffer }
  /** Called and waited for. */
  | (() => unknown)
  | "[end]"
  | "[reset]"
  /** Does nothing more until the client goes. */
  | "[stall]";

export type RecordedRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
};

/** A server that sends exactly the bytes it is told, right or wrong, and tells what the client did. */
export class BrokenServer implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  readonly connections: Connection[] = [];
  readonly #server: Server;
  readonly #scripts: (readonly Step[])[];
  #onRequest = Promise.withResolvers<void>();

  private constructor(scripts: readonly (readonly Step[])[]) {
    this.#scripts = [...scripts];
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.connections.push(new Connection(socket, (request) => this.#scriptFor(request)));
    });
  }

  /** Each request gets the next script; the last one is used again. */
  static async start(...scripts: readonly (readonly Step[])[]): Promise<BrokenServer> {
    const server = new BrokenServer(scripts);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The connection made first, once it is there and has sent a whole request. */
  async connection(): Promise<Connection> {
    while (this.requests.length === 0) await this.#onRequest.promise;
    const [connection] = this.connections;
    if (connection === undefined)
      throw new TypeError("there is a request, so there is a connection");
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #scriptFor(request: RecordedRequest): readonly Step[] {
    this.requests.push(request);
    this.#onRequest.resolve();
    this.#onRequest = Promise.withResolvers();
    const [script = []] = this.#scripts;
    if (this.#scripts.length > 1) this.#scripts.shift();
    return script;
  }
}

export class Connection {
  readonly socket: Socket;
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;
  /** How many bytes the system has taken from us. */
  takenBytes = 0;
  readonly #scriptFor: (request: RecordedRequest) => readonly Step[];
  #received = Buffer.alloc(0);

  constructor(socket: Socket, scriptFor: (request: RecordedRequest) => readonly Step[]) {
    this.socket = socket;
    this.#scriptFor = scriptFor;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    // A client that goes while we write is what is tested.
    socket.on("error", () => {});
    socket.on("data", (segment: Buffer) => this.#receive(segment));
  }

  /** Whether the system does not take what we write, because the client does not read it. */
  get isBlocked(): boolean {
    return this.socket.writableLength > 0;
  }

  #receive(segment: Buffer): void {
    this.#received = Buffer.concat([this.#received, segment]);
    const request = parseRequest(this.#received);
    if (request === undefined) return;
    this.#received = Buffer.alloc(0);
    void this.#play(this.#scriptFor(request));
  }

  async #play(script: readonly Step[]): Promise<void> {
    for (const step of script) {
      if (this.socket.destroyed) return;
      await this.#do(step);
    }
  }

  async #do(step: Step): Promise<void> {
    if (step === "[end]") this.socket.end();
    else if (step === "[reset]") this.socket.resetAndDestroy();
    else if (step === "[stall]") await this.closed;
    else if (typeof step === "string" || Buffer.isBuffer(step)) await this.#write(step);
    else if (typeof step === "function") await step();
    else await this.#writeEndlessly(step.endless);
  }

  async #writeEndlessly(bytes: string | Buffer): Promise<void> {
    while (!this.socket.destroyed) await this.#write(bytes);
  }

  #write(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(bytes, (error) => {
        if (!error) this.takenBytes += Buffer.byteLength(bytes);
        // In a turn of its own, so that two steps are two segments.
        setImmediate(resolve);
      });
    });
  }
}

function parseRequest(received: Buffer): RecordedRequest | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [start = "", ...lines] = received.toString("latin1", 0, headEnd).split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const body = received.subarray(headEnd + 4);
  if (body.length < Number(headers.get("content-length") ?? 0)) return undefined;
  const [method = "", path = ""] = start.split(" ");
  return { method, path, headers, body: body.toString("utf8") };
}
