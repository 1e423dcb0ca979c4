import type { ModelRequest, ModelResponse, ModelResponseChunk } from "../protocol/model.ts";

/**
 * Streams a model's responses.
 *
 * It lives in a gateway thread, and one instance serves many requests at once. One call of `request` is one attempt:
 * retries, deadlines and flow control are done around it.
 */
export interface ModelProvider {
  /**
   * Sends one request and streams its response into `sink`, then resolves to the whole of it.
   *
   * It must stop, and settle, soon after `signal` aborts; a provider that does not is ended with its thread.
   * A rejection with a `HeddleError` keeps its `code`; anything else becomes `PROVIDER_FAILED` with it as the cause.
   * `details.retryable: true` on a `HeddleError` marks a passing failure; `details.retryAfterMs` is the server's own wish.
   */
  request(request: ModelRequest, sink: ResponseSink, signal: AbortSignal): Promise<ModelResponse>;
  /**
   * The model that answers a request without `settings.name`. What the provider keeps with a response (`PartState`) goes back only to the
   * model that made it: a provider that leaves this out says that its default never changes.
   */
  readonly defaultModel?: string;
  /** Called once when the gateway closes in good order. */
  close?(): void | Promise<void>;
}

/** Where a provider writes what arrives. */
export interface ResponseSink {
  /**
   * Takes one chunk, always. Resolves when there is room for the next: a provider that awaits it before it reads on gives its
   * server backpressure. Once the request is cancelled it rejects: then the provider must stop and close what it holds. An
   * empty chunk is dropped.
   */
  write(chunk: ModelResponseChunk): Promise<void>;
  /**
   * Whether there is room for another chunk: then what `write` has returned need not be awaited, which costs ten times as much
   * as the write. A sink of your own, in a test, may leave it out.
   */
  readonly hasRoom?: boolean;
}

/** What a provider module exports, by the name `createProvider`. */
export type CreateProvider = (
  options: never,
  context: ProviderContext,
) => ModelProvider | Promise<ModelProvider>;

export type ProviderContext = {
  /** The provider's name among the supervisor's `providers`. */
  readonly name: string;
  /** The variables of the host's environment that the descriptor's `env` names, as far as they are set. */
  readonly env: { readonly [name: string]: string };
};
