import type { ClientRequest, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { HeddleError } from "../../errors.ts";
import type { Keeping, Network } from "../../network/network.ts";
import { wantsCredentials } from "../../network/problems.ts";
import { unpacked } from "../../network/unpack.ts";
import { readText } from "./body.ts";
import { cancelled, connectionError, protocolError } from "./failures.ts";
import { statusError } from "./server-error.ts";

const MAX_ERROR_BODY_BYTES = 64 * 1_024;
/** Of a stream that came packed: far more than a model writes, far less than a packed stream can hold. */
const MAX_UNPACKED_BYTES = 256 * 1_024 * 1_024;

/** How a provider keeps its connections. */
export const KEEPING: Keeping = { keepAlive: true, maxFreeSockets: 1_024 };

/** A successful answer whose body was not touched: it is to be read from `message`, by whoever has the Response. */
export class MessageResponse extends Response {
  readonly message: IncomingMessage;
  /** Its body, unpacked: the message itself, if it came as it was asked for. Undefined: it is packed in an unknown way. */
  readonly content: Readable | undefined;
  /** What went wrong below the message since then. A message itself only says "aborted". */
  readonly transportError: () => Error | undefined;

  constructor(message: IncomingMessage, transportError: () => Error | undefined) {
    super(null, { status: message.statusCode ?? 0 });
    this.message = message;
    this.content = unpacked(message, MAX_UNPACKED_BYTES);
    this.transportError = transportError;
  }
}

/**
 * A `fetch` for the OpenAI client that sends by `node:http`, which costs far less per stream than the built-in one.
 *
 * It keeps connections alive, follows no redirect, asks for no compression, and judges failures itself: the client drops
 * the message of an error body that is not in OpenAI's own form.
 */
export class HttpTransport {
  readonly #network: Network;

  /** Takes ownership of `network`. */
  constructor(network: Network) {
    this.#network = network;
  }

  /** @throws {HeddleError} `PROVIDER_…`: whatever keeps the answer from being a successful one. */
  readonly fetch = async (
    input: string | URL | Request,
    init: RequestInit = {},
  ): Promise<Response> => {
    const signal = init.signal ?? new AbortController().signal;
    if (signal.aborted) throw cancelled(signal);
    const url = new URL(input instanceof Request ? input.url : input);
    const request = this.#network.request(url, {
      method: init.method ?? "GET",
      headers: { ...Object.fromEntries(new Headers(init.headers)), "accept-encoding": "identity" },
      cancelled: signal,
    });
    const abort = (): void => void request.destroy();
    signal.addEventListener("abort", abort);
    try {
      return await this.#exchange(request, url, init.body, signal);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  };

  /** Closes all connections, also those in use. */
  close(): void {
    this.#network.close();
  }

  async #exchange(
    request: ClientRequest,
    url: URL,
    body: unknown,
    signal: AbortSignal,
  ): Promise<Response> {
    let failure: Error | undefined;
    const failureOf = (error: Error): HeddleError =>
      signal.aborted
        ? cancelled(signal)
        : connectionError(error, this.#network.problemOf(error, url));
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once("response", resolve);
      // Not `once`: it is also emitted for what goes wrong in the middle of the response.
      request.on("error", (error) => {
        failure ??= error;
        reject(failureOf(error));
      });
      request.end(typeof body === "string" ? body : undefined);
    });
    const status = message.statusCode ?? 0;
    if (status >= 200 && status < 300) return new MessageResponse(message, () => failure);
    if (status === 407) {
      request.destroy();
      const message = wantsCredentials(this.#network.proxyFor(url));
      throw connectionError(undefined, { message, isPassing: false });
    }
    if (status < 400 || status > 599) {
      request.destroy();
      throw protocolError(strangeStatus(status, message.headers.location));
    }
    const text = await readText(unpacked(message) ?? message, MAX_ERROR_BODY_BYTES);
    if (signal.aborted) throw cancelled(signal);
    throw statusError(status, message.headers, text, Date.now());
  }
}

function strangeStatus(status: number, location: string | undefined): string {
  if (status >= 400) return `the model server answered with the unknown status ${status}`;
  const target = location === undefined ? "" : ` to ${location.slice(0, 200)}`;
  return `the model server answered ${status}: redirects${target} are not followed, set the base URL to the final one`;
}
