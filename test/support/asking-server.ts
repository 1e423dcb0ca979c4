import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { LocalServer } from "../cli/support/local-server.ts";

type Message = {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: { readonly who?: string } };
  readonly result?: unknown;
  readonly error?: unknown;
};
type Send = (message: object) => void;

/** What its tool `ask` asks for. */
export const ASKED_FOR: { readonly [name: string]: unknown } = {
  type: "object",
  properties: {
    name: { type: "string", title: "Your name", minLength: 2 },
    days: { type: "integer", minimum: 1, default: 7 },
    kind: { type: "string", enum: ["quick", "thorough"], default: "quick" },
    wanted: { type: "boolean" },
  },
  required: ["name"],
};

/**
 * What an MCP server does whose tools ask the person who sits there: `ask` by a form, `open` by a page, `huge` by a form that is too large. Each
 * answers with what it was told, as JSON. Over which wire is not its matter.
 */
export class AskingTools {
  readonly #waiting = new Map<number | string, (told: unknown) => void>();
  #asked = 0;

  /** Deals with one message. `send` reaches the client in answer to it. */
  receive(message: Message, send: Send): void {
    const { id, method, params } = message;
    if (method === undefined) {
      this.#waiting.get(id ?? "")?.(message.result ?? message.error);
      return;
    }
    const result = (value: object): void => send({ jsonrpc: "2.0", id, result: value });
    switch (method) {
      case "initialize":
        result({
          protocolVersion: "2025-11-25",
          capabilities: { tools: {} },
          serverInfo: { name: "asking", version: "1" },
        });
        break;
      case "tools/list":
        result({
          tools: ["ask", "open", "huge"].map((name) => ({
            name,
            inputSchema: { type: "object" },
            annotations: { readOnlyHint: true },
          })),
        });
        break;
      case "tools/call":
        this.#ask(questionOf(params?.name, params?.arguments?.who), send, (told) =>
          result({ content: [{ type: "text", text: JSON.stringify(told) }] }),
        );
        break;
      default:
        if (id !== undefined) send({ jsonrpc: "2.0", id, error: { code: -32601, message: "no" } });
    }
  }

  #ask(params: object, send: Send, told: (told: unknown) => void): void {
    this.#asked += 1;
    const id = `question-${this.#asked}`;
    this.#waiting.set(id, told);
    send({ jsonrpc: "2.0", id, method: "elicitation/create", params });
  }
}

function questionOf(tool: string | undefined, who = "you"): object {
  const message = `Who is ${who}?\nSay it.`;
  switch (tool) {
    case "open":
      return { mode: "url", message, url: "https://pay.example/", elicitationId: "e" };
    case "huge": {
      const description = "x".repeat(70_000);
      const properties = { name: { type: "string", description } };
      return { message, requestedSchema: { type: "object", properties } };
    }
    default:
      return { message, requestedSchema: ASKED_FOR };
  }
}

/** The same over HTTP: a question comes on the stream of the call that it belongs to. */
export class AskingServer implements AsyncDisposable {
  readonly #tools = new AskingTools();
  readonly #server: LocalServer;

  private constructor(server: LocalServer) {
    this.#server = server;
  }

  static async start(): Promise<AskingServer> {
    const server: AskingServer = new AskingServer(
      await LocalServer.start((request, response) => void server.#serve(request, response)),
    );
    return server;
  }

  get url(): string {
    return this.#server.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") {
      response.writeHead(405).end();
      return;
    }
    const message: Message = JSON.parse(await text(request));
    const isRequest = message.method !== undefined && message.id !== undefined;
    if (!isRequest) response.writeHead(202).end();
    else response.writeHead(200, { "content-type": "text/event-stream" });
    this.#tools.receive(message, (answer) => {
      response.write(`data: ${JSON.stringify(answer)}\n\n`);
      if ((answer as Message).id === message.id) response.end();
    });
  }
}
