import { HeddleError, toHeddleError, toWireError } from "../../errors.ts";
import type { WireError } from "../../protocol/error.ts";
import type { ModelRequest, ModelResponse, ModelSettings } from "../../protocol/model.ts";
import { given } from "../check.ts";
import { callVerdict } from "../gateways/call-verdict.ts";
import type { ProviderRoute } from "../gateways/gateways.ts";
import type { ModelCall, ModelCallSpec } from "../gateways/model-call.ts";

/** A provider that a job's model calls may be answered by, and what is asked of its model. */
export type ChainLink = ProviderRoute & {
  readonly provider: string;
  readonly settings: ModelSettings;
};

export type ChainOptions = {
  /** In their order; at least one. */
  readonly links: readonly ChainLink[];
  /** Told before the next provider is asked. */
  readonly onFallback: (step: {
    readonly from: string;
    readonly to: string;
    readonly error: WireError;
  }) => void;
};

/** What each of the providers is asked. */
export type ChainRequest = Omit<ModelCallSpec, "provider" | "request"> & {
  readonly request: Omit<ModelRequest, "settings">;
  /** What of a provider's settings counts for this call. */
  readonly settingsFor: (settings: ModelSettings) => ModelSettings;
};

/**
 * A job's model calls, one after the other: each is answered by the first of the job's providers that can.
 *
 * 1. The next provider is asked only while nothing of a response was delivered, and only for what `callVerdict` says.
 * 2. A provider whose breaker is open is passed over, but never the last one: no call fails because of a breaker.
 * 3. What is left of `stepMs` goes on from one to the next; `firstChunkMs` begins again.
 * 4. Once the chain was cancelled nobody is asked any more.
 */
export class ProviderChain {
  readonly #options: ChainOptions;
  #open: { readonly link: ChainLink; readonly call: ModelCall } | undefined;
  #demandBytes = 0;
  #cancelled: HeddleError | undefined;

  constructor(options: ChainOptions) {
    this.#options = options;
  }

  /** @throws {HeddleError} the failure of the last provider that was asked; what `cancel` has made of it. */
  async ask(request: ChainRequest): Promise<ModelResponse> {
    this.#demandBytes = request.demandBytes;
    return await this.#askFrom(0, request);
  }

  /** Of the call under way, in bytes since the beginning of its response. */
  demand(bytes: number): void {
    this.#demandBytes = Math.max(this.#demandBytes, bytes);
    if (this.#open) this.#open.link.gateway.demand(this.#open.call, bytes);
  }

  cancel(reason: string): void {
    this.#cancelled ??= new HeddleError("JOB_CANCELLED", reason);
    if (this.#open) this.#open.link.gateway.cancel(this.#open.call, reason);
  }

  async #askFrom(place: number, request: ChainRequest): Promise<ModelResponse> {
    if (this.#cancelled) throw this.#cancelled;
    const { links } = this.#options;
    const link = links[place] as ChainLink;
    const hasNext = place + 1 < links.length;
    const refusal = hasNext ? link.breaker.refusal() : undefined;
    if (refusal) return await this.#goOn(place, refusal, request);
    const attempt = await this.#attempt(link, request);
    if ("response" in attempt) return attempt.response;
    const { call, error } = attempt;
    const isOver = call.hasDelivered || this.#cancelled || !callVerdict(error.code).fallsBack;
    if (isOver || !hasNext) throw error;
    const stepMs = call.stepLeftMs ?? request.deadlines.stepMs;
    const deadlines = { ...request.deadlines, ...given({ stepMs }) };
    return await this.#goOn(place, error, { ...request, deadlines });
  }

  /** From the provider at `place` to the next one, because of `error`. */
  #goOn(place: number, error: HeddleError, request: ChainRequest): Promise<ModelResponse> {
    const { links, onFallback } = this.#options;
    const { provider: from } = links[place] as ChainLink;
    const { provider: to } = links[place + 1] as ChainLink;
    onFallback({ from, to, error: toWireError(error) });
    return this.#askFrom(place + 1, request);
  }

  async #attempt(
    link: ChainLink,
    request: ChainRequest,
  ): Promise<
    { readonly response: ModelResponse } | { readonly call: ModelCall; readonly error: HeddleError }
  > {
    const { provider, settings, gateway } = link;
    const watched = link.breaker.begin();
    const { onChunks, settingsFor, ...spec } = request;
    const call = gateway.open({
      ...spec,
      provider,
      request: { ...request.request, settings: settingsFor(settings) },
      demandBytes: this.#demandBytes,
      // Others wait for what a probe finds out, and its response may take minutes.
      onChunks: watched.isProbe
        ? (...run) => {
            watched.answered();
            onChunks(...run);
          }
        : onChunks,
    });
    this.#open = { link, call };
    // By one who was told that the call waits for its turn.
    if (this.#cancelled) gateway.cancel(call, this.#cancelled.message);
    try {
      const response = await call.ended;
      watched.answered();
      return { response: { ...response, provider } };
    } catch (cause) {
      const error = toHeddleError(cause, "INTERNAL");
      watched.failed(error);
      return { call, error };
    } finally {
      this.#open = undefined;
    }
  }
}
