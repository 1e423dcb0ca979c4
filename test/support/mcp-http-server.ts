import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { LocalServer } from "../cli/support/local-server.ts";

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly requestId?: number };
};

/** An MCP server by hand over HTTP, for what a good one does not do. Each of its tools does what its name says. */
export class McpHttpServer implements AsyncDisposable {
  /** The ids of calls that were cancelled, in order. */
  readonly cancelled: (number | undefined)[] = [];
  /** The streams of calls that wait. */
  readonly waiting: ServerResponse[] = [];
  /** Requests that are not answered: to end the session. */
  readonly goodbyes: ServerResponse[] = [];
  readonly #tools = ["quick", "wait", "break", "unavailable", "huge", "grow"];
  readonly #listeners: ServerResponse[] = [];
  readonly #server: LocalServer;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  static async start(): Promise<McpHttpServer> {
    const server: McpHttpServer = new McpHttpServer(
      await LocalServer.start((request, response) => void server.#serve(request, response)),
    );
    return server;
  }

  get url(): string {
    return this.#server.url;
  }

  /** Resolves when the client has closed the stream of the call that waits. */
  async streamClosed(): Promise<void> {
    const [stream] = this.waiting;
    if (stream && !stream.closed) await once(stream, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": here\n\n");
      this.#listeners.push(response);
    } else if (request.method === "DELETE") {
      this.goodbyes.push(response);
    } else {
      this.#answer(JSON.parse(await text(request)), response);
    }
  }

  #answer({ id, method, params }: Message, response: ServerResponse): void {
    if (method === "notifications/cancelled") this.cancelled.push(params?.requestId);
    const result = (value: object): void => {
      response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "one" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: value }));
    };
    switch (method) {
      case "initialize":
        result({
          protocolVersion: "2025-06-18",
          capabilities: { tools: {} },
          serverInfo: { name: "by hand", version: "1" },
        });
        break;
      case "server/discover":
        response.writeHead(200, { "content-type": "application/json" });
        response.end(
          JSON.stringify({
            jsonrpc: "2.0",
            id,
            error: { code: -32_601, message: "unknown method" },
          }),
        );
        break;
      case "tools/list":
        result({ tools: this.#tools.map((name) => ({ name, inputSchema: { type: "object" } })) });
        break;
      case "tools/call":
        this.#call(params?.name, response, result);
        break;
      default:
        response.writeHead(202).end();
    }
  }

  #call(name: string | undefined, response: ServerResponse, result: (value: object) => void): void {
    const stream = (then?: () => void): void => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": here\n\n", then);
    };
    switch (name) {
      case "wait":
        stream();
        this.waiting.push(response);
        break;
      case "break":
        stream(() => response.destroy());
        break;
      case "grow":
        this.#tools.push("grown");
        this.#notify("notifications/tools/list_changed");
        result({ content: [{ type: "text", text: "grown" }] });
        break;
      case "unavailable":
        response.writeHead(503).end("later");
        break;
      case "huge":
        result({ content: [{ type: "text", text: "x".repeat(11 * 1024 * 1024) }] });
        break;
      default:
        result({ content: [{ type: "text", text: `did ${name}` }] });
    }
  }

  #notify(method: string): void {
    const data = JSON.stringify({ jsonrpc: "2.0", method });
    for (const listener of this.#listeners) listener.write(`data: ${data}\n\n`);
  }
}
