import type {
  JSONRPCMessage,
  StreamableHTTPClientTransport,
  TransportSendOptions,
} from "@modelcontextprotocol/client";
import { HeddleError } from "../../errors.ts";
import type { McpHttpServer } from "../../tools/mcp/descriptor.ts";
import { happensWithin } from "../../transport/aborted.ts";
import type { Clock } from "../../transport/clock.ts";
import { given } from "../check.ts";
import { HttpFetch } from "./http-fetch.ts";
import type { McpAccess } from "./mcp-access.ts";
import { McpAnswers } from "./mcp-answers.ts";
import {
  isSessionGone,
  McpRefusals,
  refusalText,
  sessionGone,
  withRefusal,
} from "./mcp-refusals.ts";
import type { McpSdk, McpTransport, ServerEnd } from "./mcp-transport.ts";
import { CLOSED } from "./mcp-transport.ts";

/** How long saying goodbye may take. */
const GOODBYE_MS = 1_000;

type RequestId = string | number;
type RequestMessage = Extract<JSONRPCMessage, { readonly id: RequestId; readonly method: string }>;

/** A request under way. */
type Open = { readonly stop: AbortController; readonly answered: () => void };

/**
 * Speaks to a server over streamable HTTP, by the client's own transport. It also sees what that one keeps to itself: that a request
 * will never be answered, because its stream has ended. And the stream of a cancelled request is closed.
 *
 * Each request stands by itself: what one is refused with, or how its stream ends, ends no other.
 */
export class McpHttpTransport implements McpTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Tells the client that the newest revision's cancel, the end of a request's own stream, works here. */
  readonly hasPerRequestStream = true;
  readonly pid = undefined;
  readonly notes = "";
  readonly #inner: StreamableHTTPClientTransport;
  readonly #clock: Clock;
  readonly #answers = new McpAnswers();
  readonly #refusals: McpRefusals;
  readonly #open = new Map<RequestId, Open>();
  #isRetired: boolean = false;
  /** The server does not know the session any more. */
  #isForgotten: boolean = false;
  #end: ServerEnd | undefined;
  #closing: Promise<void> | undefined;

  constructor(server: McpHttpServer, sdk: McpSdk, clock: Clock, access?: McpAccess) {
    this.#clock = clock;
    this.#refusals = new McpRefusals(clock);
    const { fetch } = new HttpFetch(server.network);
    this.#inner = new sdk.StreamableHTTPClientTransport(new URL(server.url), {
      requestInit: { headers: { ...server.headers } },
      fetch: this.#refusals.watch(access ? access.fetch(fetch, sdk) : fetch),
      ...given({ authProvider: access?.provider(sdk) }),
      // Its own timers would keep the process alive.
      reconnectionScheduler: (reconnect, delayMs) => {
        const timer = clock.setTimer(delayMs, reconnect);
        return () => timer.cancel();
      },
    });
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onmessage = (message) => {
      if (!("method" in message) && message.id !== undefined) {
        this.#open.get(message.id)?.answered();
      }
      this.onmessage?.(this.#answers.mended(message));
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

  /** Of a request it settles when that is answered, or never will be. */
  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    this.#answers.asked(message);
    if ("method" in message && "id" in message) return await this.#request(message, options);
    try {
      await this.#inner.send(message, given(options));
    } finally {
      this.#open.get(cancelledId(message))?.stop.abort();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  retire(): void {
    this.#isRetired = true;
    if (this.#open.size === 0) void this.close();
  }

  async #request(message: RequestMessage, options: TransportSendOptions = {}): Promise<void> {
    const stop = new AbortController();
    const { requestSignal = stop.signal } = options;
    const signal = AbortSignal.any([stop.signal, requestSignal]);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // It may settle before it is waited for.
    promise.catch(() => {});
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    const onRequestStreamEnd = (): void => {
      options.onRequestStreamEnd?.();
      reject(brokenOff());
    };
    this.#open.set(message.id, { stop, answered: resolve });
    const hadSession = this.#inner.sessionId !== undefined;
    try {
      const sent = { ...given(options), requestSignal: signal, onRequestStreamEnd };
      await this.#inner.send(message, sent);
      await promise;
    } catch (error) {
      throw this.#explained(error, message.id, hadSession);
    } finally {
      this.#open.delete(message.id);
      if (this.#isRetired && this.#open.size === 0) void this.close();
    }
  }

  /** What the client keeps to itself of an error is put into it. */
  #explained(error: unknown, id: RequestId, hadSession: boolean): unknown {
    const refusal = this.#refusals.take(id);
    if (!refusal) return error;
    const text = refusalText(error);
    if (hadSession && isSessionGone(refusal, text, id)) {
      this.#isForgotten = true;
      return sessionGone(refusal.status, text);
    }
    return withRefusal(error, refusal);
  }

  async #close(): Promise<void> {
    this.#end ??= CLOSED;
    this.onclose?.();
    if (!this.#isForgotten) {
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

function brokenOff(): HeddleError {
  return new HeddleError("MCP_SERVER_LOST", "has broken off before it had answered");
}
