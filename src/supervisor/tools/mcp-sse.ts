import type { JSONRPCMessage, SSEClientTransport } from "@modelcontextprotocol/client";
import { describe } from "../../errors.ts";
import type { McpHttpServer } from "../../tools/mcp/descriptor.ts";
import type { Clock } from "../../transport/clock.ts";
import { given } from "../check.ts";
import { HttpFetch } from "./http-fetch.ts";
import type { McpAccess } from "./mcp-access.ts";
import { McpAnswers } from "./mcp-answers.ts";
import { McpRefusals, withRefusal } from "./mcp-refusals.ts";
import type { McpSdk, McpTransport, ServerEnd } from "./mcp-transport.ts";
import { CLOSED } from "./mcp-transport.ts";

/**
 * Speaks to a server over HTTP with one event stream for all that it says, as servers did before streamable HTTP. When that stream ends, the
 * server is lost: what it still had to say would never come.
 */
export class McpSseTransport implements McpTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly pid = undefined;
  readonly notes = "";
  readonly #inner: SSEClientTransport;
  readonly #answers = new McpAnswers();
  readonly #refusals: McpRefusals;
  #isStarted: boolean = false;
  #end: ServerEnd | undefined;

  constructor(server: McpHttpServer, sdk: McpSdk, clock: Clock, access?: McpAccess) {
    this.#refusals = new McpRefusals(clock);
    const { fetch } = new HttpFetch(server.network);
    this.#inner = new sdk.SSEClientTransport(new URL(server.url), {
      requestInit: { headers: { ...server.headers } },
      fetch: this.#refusals.watch(access ? access.fetch(fetch, sdk) : fetch),
      ...given({ authProvider: access?.provider(sdk) }),
    });
    this.#inner.onmessage = (message) => this.onmessage?.(this.#answers.mended(message));
    this.#inner.onerror = (error) => {
      this.onerror?.(error);
      // Of a stream that has ended. What one request was refused with is that one's.
      if (this.#isStarted && error instanceof sdk.SseError) {
        this.#over({ how: `has ended its event stream: ${describe(error)}`, details: {} });
      }
    };
  }

  get end(): ServerEnd | undefined {
    return this.#end;
  }

  async start(): Promise<void> {
    await this.#inner.start();
    this.#isStarted = true;
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion(version);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#answers.asked(message);
    try {
      await this.#inner.send(message);
    } catch (error) {
      const refusal = "id" in message ? this.#refusals.take(message.id ?? "") : undefined;
      throw refusal ? withRefusal(error, refusal) : error;
    }
  }

  async close(): Promise<void> {
    this.#over(CLOSED);
  }

  /** There is nothing that could tell it that its session is gone but the end of its stream. */
  retire(): void {
    void this.close();
  }

  #over(end: ServerEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.onclose?.();
    void this.#inner.close();
  }
}
