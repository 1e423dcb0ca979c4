import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { McpOptions, McpSource } from "../../src/tools/mcp/descriptor.ts";
import { mcp } from "../../src/tools/mcp/descriptor.ts";
import { LocalServer } from "../cli/support/local-server.ts";

export type AskedMessage = {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly cursor?: string;
    readonly uri?: string;
    readonly arguments?: unknown;
    readonly _meta?: object;
  };
};

/** An answer by an HTTP status, or a JSON-RPC error, or by a stream that stays open. */
class Answer {
  readonly send: (response: ServerResponse, message: AskedMessage) => void;

  constructor(send: Answer["send"]) {
    this.send = send;
  }
}

export function status(code: number, body = "", headers: Record<string, string> = {}): Answer {
  return new Answer((response) => void response.writeHead(code, headers).end(body));
}

/** @param httpStatus with which it comes. */
export function rpcError(code: number, message: string, httpStatus = 200, data?: object): Answer {
  return new Answer((response, { id }) => {
    response.writeHead(httpStatus, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, data } }));
  });
}

export type Answers = {
  readonly [method: string]: (
    message: AskedMessage,
    response: ServerResponse,
    request: IncomingMessage,
  ) => object | Answer | undefined;
};

const SERVER_INFO = { name: "scripted", version: "1" };

/** What a server of the revision of 2026-07-28 says of itself. */
export function discovered(capabilities: object = { tools: {} }): Answers {
  return {
    "server/discover": () => ({
      resultType: "complete",
      ttlMs: 0,
      cacheScope: "private",
      supportedVersions: ["2026-07-28"],
      capabilities,
      _meta: { "io.modelcontextprotocol/serverInfo": SERVER_INFO },
    }),
    initialize: () =>
      rpcError(-32_022, "Unsupported protocol version", 400, {
        supported: ["2026-07-28"],
        requested: "2025-11-25",
      }),
  };
}

export function words(value: string): object {
  return { content: [{ type: "text", text: value }] };
}

export function tool(name: string, fields: object = {}): object {
  return { name, inputSchema: { type: "object", properties: {} }, ...fields };
}

/** An MCP server over HTTP whose answers are handed in; undefined: it will answer by itself, or never. It ends with the test. */
export class McpScriptedServer {
  readonly asked: AskedMessage[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  readonly #answers: Answers;
  readonly #listeners = new Set<ServerResponse>();
  readonly #server: LocalServer;
  #sessions = 0;
  #oldest = 1;

  private constructor(server: LocalServer, answers: Answers) {
    this.#server = server;
    this.#answers = answers;
  }

  static async start(answers: Answers): Promise<McpScriptedServer> {
    const server: McpScriptedServer = new McpScriptedServer(
      await LocalServer.start((request, response) => void server.#serve(request, response)),
      answers,
    );
    onTestFinished(() => server.#server[Symbol.asyncDispose]());
    return server;
  }

  source(options: McpOptions = {}): McpSource {
    return mcp({ url: this.#server.url }, { name: "scripted", approvals: "never", ...options });
  }

  get methods(): readonly string[] {
    return this.asked.map(({ method }) => method);
  }

  /** How many clients listen to what it says by itself. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Knows the sessions no more that it has given. */
  forget(): void {
    this.#oldest = this.#sessions + 1;
  }

  notify(method: string, params: object = {}): void {
    const data = JSON.stringify({ jsonrpc: "2.0", method, params });
    for (const listener of this.#listeners) listener.write(`data: ${data}\n\n`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": here\n\n");
      this.#listeners.add(response);
      return;
    }
    if (request.method !== "POST") return void response.writeHead(200).end();
    const message: AskedMessage = JSON.parse(await text(request));
    this.asked.push(message);
    this.headers.push(request.headers);
    const session = Number(request.headers["mcp-session-id"] ?? Number.POSITIVE_INFINITY);
    const answer =
      session < this.#oldest
        ? status(404, "Session not found")
        : (this.#answers[message.method] ?? this.#usual(message))(message, response, request);
    if (answer instanceof Answer) answer.send(response, message);
    else if (answer) this.#reply(message, answer, response);
  }

  #reply({ id, method }: AskedMessage, result: object, response: ServerResponse): void {
    const isBegin = method === "initialize";
    if (isBegin) this.#sessions += 1;
    response.writeHead(200, {
      "content-type": "application/json",
      ...(isBegin ? { "mcp-session-id": `${this.#sessions}` } : {}),
    });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
  }

  #usual({ id, method }: AskedMessage): () => object | Answer {
    if (id === undefined) return () => status(202);
    if (method !== "initialize") return () => rpcError(-32_601, "Method not found");
    const capabilities = { tools: { listChanged: true }, resources: {}, prompts: {} };
    return () => ({ protocolVersion: "2025-11-25", capabilities, serverInfo: SERVER_INFO });
  }
}
