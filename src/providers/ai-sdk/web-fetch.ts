import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { HeddleError } from "../../errors.ts";
import type { KeyKeeper } from "../../network/keys/key-keeper.ts";
import type { Network } from "../../network/network.ts";
import type { JsonObject } from "../../protocol/model.ts";
import { dropTail } from "../openai/body.ts";
import { cancelled, connectionError, isUnauthorized, protocolError } from "../openai/failures.ts";
import { HttpTransport, MessageResponse } from "../openai/http-transport.ts";
import { asObject, parseJson } from "../openai/untrusted.ts";

/** What a request carries that its package does not know. */
export type RequestExtras = {
  readonly extraBody: JsonObject | undefined;
  readonly query: { readonly [name: string]: string } | undefined;
};

/** A key that changes, and the header in which it is sent, in lower case. */
export type ChangingKey = { readonly keys: KeyKeeper; readonly header: string };

/**
 * The `fetch` that packages are given, so that all of Heddle's requests to model servers go the same way.
 *
 * It sends by `node:http`: no limit of time but the job's own, no redirect, no compression, and failures with Heddle's own codes. A body
 * is read only when it is asked for, so a reader that stops holds the server back.
 */
export class WebFetch {
  readonly #transport: HttpTransport;
  readonly #key: ChangingKey | undefined;
  readonly #extras = new AsyncLocalStorage<RequestExtras>();

  /** Takes ownership of `network`, and of the key's keeper. */
  constructor(network: Network, key: ChangingKey | undefined) {
    this.#transport = new HttpTransport(network);
    this.#key = key;
  }

  /** The latest keys: what no error may hold. */
  get secrets(): readonly string[] {
    return this.#key?.keys.known ?? [];
  }

  /** Calls `send`; the requests that it makes carry `extras`. */
  carrying<T>(extras: RequestExtras, send: () => T): T {
    return this.#extras.run(extras, send);
  }

  /** @throws {HeddleError} `PROVIDER_…`: whatever keeps the answer from being a successful one. */
  readonly fetch = async (
    input: string | URL | Request,
    init: RequestInit = {},
  ): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const extras = this.#extras.getStore();
    const sent = extras === undefined ? { url, init } : withExtras(url, init, extras);
    checkBody(sent.init.body);
    const signal = init.signal ?? new AbortController().signal;
    const response = await this.#send(sent.url, sent.init, signal);
    if (!(response instanceof MessageResponse)) return response;
    return asWebResponse(response, signal);
  };

  /** Closes all connections, also those in use. */
  async close(): Promise<void> {
    this.#transport.close();
    await this.#key?.keys.close();
  }

  async #send(url: URL, init: RequestInit, signal: AbortSignal): Promise<Response> {
    if (this.#key === undefined) return await this.#transport.fetch(url, init);
    const { keys, header } = this.#key;
    return await keys.use(signal, isUnauthorized, (key) => {
      const headers = new Headers(init.headers);
      headers.set(header, header === "authorization" ? `Bearer ${key}` : key);
      return this.#transport.fetch(url, { ...init, headers });
    });
  }
}

/** @throws {HeddleError} `PROVIDER_BAD_REQUEST` where they cannot be sent: nothing is left out without a word. */
function withExtras(
  url: URL,
  init: RequestInit,
  { extraBody, query }: RequestExtras,
): { url: URL; init: RequestInit } {
  if (init.method !== "POST") return { url, init };
  if (/^AWS4-/i.test(new Headers(init.headers).get("authorization") ?? "")) {
    throw cannotAdd(
      "extraBody and query",
      "the request is signed; use providerOptions: { bedrock: { additionalModelRequestFields } }",
    );
  }
  const target = new URL(url);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (target.searchParams.has(name)) throw cannotAdd(`query.${name}`, "the package sets it");
    target.searchParams.set(name, value);
  }
  if (extraBody === undefined) return { url: target, init };
  const body = typeof init.body === "string" ? asObject(parseJson(init.body)) : undefined;
  if (body === undefined) throw cannotAdd("extraBody", "the request's body is no JSON object");
  const taken = Object.keys(extraBody).find((name) => Object.hasOwn(body, name));
  if (taken !== undefined) throw cannotAdd(`extraBody.${taken}`, "the request has that field");
  return { url: target, init: { ...init, body: JSON.stringify({ ...body, ...extraBody }) } };
}

function cannotAdd(what: string, why: string): HeddleError {
  return new HeddleError("PROVIDER_BAD_REQUEST", `model.${what} cannot be added: ${why}`, {
    details: { retryable: false },
  });
}

function checkBody(body: unknown): void {
  if (body === undefined || body === null || typeof body === "string") return;
  throw new HeddleError("PROVIDER_BAD_REQUEST", "the package sends a body that is no text", {
    details: { retryable: false },
  });
}

function asWebResponse(response: MessageResponse, signal: AbortSignal): Response {
  const { message } = response;
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const status = message.statusCode ?? 0;
  const isBodiless = status === 204 || status === 205;
  return new Response(isBodiless ? null : bodyOf(response, signal), { status, headers });
}

/** Nothing is read ahead: what is not asked for stays in the message, and TCP holds the server back. */
function bodyOf(response: MessageResponse, signal: AbortSignal): ReadableStream<Uint8Array> {
  const { message, content } = response;
  if (content === undefined) {
    message.destroy();
    throw protocolError("the model server packed its answer, unasked, in an unknown way");
  }
  const segments = content[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  // What a message reports comes with its next segment; but without a listener it would be dropped.
  message.on("error", () => {});
  const abort = (): void => void message.destroy();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  message.once("close", () => signal.removeEventListener("abort", abort));
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const segment = await nextOf(segments, response, signal);
        if (segment === undefined) controller.close();
        else controller.enqueue(segment);
      },
      cancel: () => leave(content, message, signal),
    },
    { highWaterMark: 0 },
  );
}

/** Undefined at the end. @throws {HeddleError} the signal's reason, or `PROVIDER_CONNECTION` for a body that was cut off. */
async function nextOf(
  segments: AsyncIterator<Uint8Array>,
  { message, transportError }: MessageResponse,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const { done, value } = await segments.next();
    if (!done) return value;
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    throw connectionError(transportError() ?? message.errored ?? (error as Error));
  }
  if (signal.aborted) throw cancelled(signal);
  const failure = transportError();
  if (failure !== undefined) throw connectionError(failure);
  return undefined;
}

/** A response that was read to its end leaves a connection that can be used again. */
function leave(content: Readable, message: IncomingMessage, signal: AbortSignal): void {
  if (signal.aborted) message.destroy();
  else dropTail(content, message);
}
