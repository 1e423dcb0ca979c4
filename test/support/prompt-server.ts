import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { anthropic } from "./thinking-dialects.ts";
import type { Block } from "./thinking-servers.ts";

/** A model that does as its prompt says: `hello`, `use the tool`, `fail`, `never end`. */
export class PromptServer implements AsyncDisposable {
  readonly bodies: string[] = [];
  readonly #server: Server;

  private constructor(dialect: keyof typeof DIALECTS) {
    this.#server = createServer((request, response) => {
      void this.#serve(request, response, DIALECTS[dialect]);
    });
  }

  static async start(dialect: keyof typeof DIALECTS): Promise<PromptServer> {
    const server = new PromptServer(dialect);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    dialect: (typeof DIALECTS)[keyof typeof DIALECTS],
  ): Promise<void> {
    const body = await textOf(request);
    this.bodies.push(body);
    if (body.includes("fail")) {
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { type: "invalid_request_error", message: "no" } }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (body.includes("never end")) return this.#flood(response, dialect);
    const isDone = /"tool_result"|"tool"/.test(body.replaceAll('"type":"tool"', ""));
    const calls = body.includes("use the tool") && !isDone;
    for (const event of calls ? dialect.call() : dialect.text("hello")) response.write(event);
    response.end();
  }

  #flood(response: ServerResponse, { begin, piece }: (typeof DIALECTS)["openai"]): void {
    response.write(begin);
    const go = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", go);
    go();
  }
}

type Talk = {
  readonly begin: string;
  readonly piece: string;
  text(words: string): readonly (string | Buffer)[];
  call(): readonly (string | Buffer)[];
};

const THOUGHT: Block = { type: "thinking", text: "hm", signature: "SIGNATURE" };
const WORDS = "x".repeat(16_000);

const DIALECTS: { readonly openai: Talk; readonly anthropic: Talk } = {
  openai: {
    begin: "",
    piece: chatEvent({ content: WORDS }),
    text: (content) => [chatEvent({ content }), ...chatEnd("stop")],
    call: () => {
      const call = { name: "add", arguments: '{"a":1,"b":2}' };
      const tool_calls = [{ index: 0, id: "call_1", type: "function", function: call }];
      return [chatEvent({ tool_calls }), ...chatEnd("tool_calls")];
    },
  },
  anthropic: {
    begin: anthropic
      .events([{ type: "text", text: "" }])
      .slice(0, 2)
      .join(""),
    piece: named({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: WORDS },
    }),
    text: (text) => anthropic.events([THOUGHT, { type: "text", text }]),
    call: () =>
      anthropic.events([
        THOUGHT,
        { type: "call", id: "toolu_1", name: "add", input: { a: 1, b: 2 } },
      ]),
  },
};

function chatEvent(delta: object, more: object = {}): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta, ...more }] })}\n\n`;
}

function chatEnd(finish_reason: string): readonly string[] {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
  return [
    chatEvent({}, { finish_reason }),
    `data: ${JSON.stringify({ choices: [], usage })}\n\n`,
    "data: [DONE]\n\n",
  ];
}

function named(event: { type: string; [name: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
