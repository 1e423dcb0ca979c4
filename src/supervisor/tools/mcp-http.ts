import type {
  JSONRPCMessage,
  StreamableHTTPClientTransport,
  TransportSendOptions,
} from "@modelcontextprotocol/client";
import { describe, HeddleError } from "../../errors.ts";
import type { McpHttpServer } from "../../tools/mcp/descriptor.ts";
import type { Clock } from "../../transport/clock.ts";
import { given } from "../check.ts";
import { happensWithin } from "./aborted.ts";
import { HttpFetch } from "./http-fetch.ts";
import type { McpAccess } from "./mcp-access.ts";
import type { McpSdk, McpTransport, ServerEnd } from "./mcp-transport.ts";
import { CLOSED } from "./mcp-transport.ts";

/** How long saying goodbye may take. */
const GOODBYE_MS = 1_000;
/** What a server answers that does not know the session any more: 404 by the specification, 400 and 410 in practice. */
const SESSION_GONE: readonly unknown[] = [400, 404, 410];

type RequestId = string | number;

/**
 * Speaks to a server over streamable HTTP, by the client's own transport. Beside that it sees what that one keeps to itself: that a request
 * will never be answered, because its stream has ended. And the stream of a cancelled request is closed.
 */
export class McpHttpTransport implements McpTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly pid = undefined;
  readonly notes = "";
  readonly #inner: StreamableHTTPClientTransport;
  readonly #clock: Clock;
  readonly #unanswered = new Map<RequestId, AbortController>();
  #end: ServerEnd | undefined;
  #closing: Promise<void> | undefined;

  constructor(server: McpHttpServer, sdk: McpSdk, clock: Clock, access?: McpAccess) {
    this.#clock = clock;
    const { fetch } = new HttpFetch();
    this.#inner = new sdk.StreamableHTTPClientTransport(new URL(server.url), {
      requestInit: { headers: { ...server.headers } },
      fetch: access ? access.fetch(fetch, sdk) : fetch,
      ...given({ authProvider: access?.provider(sdk) }),
      // Its own timers would keep the process alive.
      reconnectionScheduler: (reconnect, delayMs) => {
        const timer = clock.setTimer(delayMs, reconnect);
        return () => timer.cancel();
      },
    });
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onmessage = (message) => {
      if (!("method" in message) && message.id !== undefined) this.#unanswered.delete(message.id);
      this.onmessage?.(message);
    };
  }

  get end(): ServerEnd | undefined {
    return this.#end;
  }

  async start(): Promise<void> {
    await this.#inner.start();
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion(version);
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if ("method" in message && "id" in message) return await this.#request(message, options);
    try {
      await this.#inner.send(message, given(options));
    } finally {
      this.#unanswered.get(cancelledId(message))?.abort();
      this.#unanswered.delete(cancelledId(message));
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close(this.#end === undefined);
    return this.#closing;
  }

  async #request(
    message: Extract<JSONRPCMessage, { readonly id: RequestId; readonly method: string }>,
    options?: TransportSendOptions,
  ): Promise<void> {
    const stop = new AbortController();
    this.#unanswered.set(message.id, stop);
    const onRequestStreamEnd = (): void => {
      if (this.#unanswered.has(message.id)) this.#lose("has broken off before it had answered");
    };
    try {
      await this.#inner.send(message, {
        ...given(options),
        requestSignal: stop.signal,
        onRequestStreamEnd,
      });
    } catch (error) {
      this.#unanswered.delete(message.id);
      const isConnected = message.method !== "initialize";
      if (isConnected && isLoss(error) && !stop.signal.aborted) {
        this.#lose(`is gone: ${describe(error)}`);
      }
      throw error;
    }
  }

  #lose(how: string): void {
    this.#end ??= { how, details: {} };
    void this.close();
  }

  async #close(isThere: boolean): Promise<void> {
    this.#end ??= CLOSED;
    this.onclose?.();
    if (isThere) {
      const goodbye = this.#inner.terminateSession().catch(() => {});
      await happensWithin(this.#clock, GOODBYE_MS, goodbye);
    }
    await this.#inner.close();
  }
}

function cancelledId(message: JSONRPCMessage): RequestId {
  const isCancel = "method" in message && message.method === "notifications/cancelled";
  return isCancel ? (message.params?.["requestId"] as RequestId) : "";
}

/** Whether an error of a request says that the session is gone, and not only that this request was refused. */
function isLoss(error: unknown): boolean {
  if (HeddleError.is(error)) return error.code === "MCP_SERVER_LOST";
  return SESSION_GONE.includes((error as { status?: unknown } | undefined)?.status);
}
