import type { HeddleError } from "../../errors.ts";
import { fromWireError } from "../../errors.ts";
import type {
  GatewayCommand,
  GatewayReport,
  RequestDeadlines,
} from "../../protocol/gateway-messages.ts";
import type { ModelRequest, ModelResponse, Usage } from "../../protocol/model.ts";
import type { ChunkRun } from "../../transport/chunk-frame.ts";
import type { Applicant, Limiter, RequestEnd } from "./limiter.ts";
import { estimateInputTokens, estimateTokens } from "./token-estimate.ts";

/** What a gateway is asked for. */
export type ModelCallSpec = {
  readonly provider: string;
  /** Whose turn it takes, where the provider's requests have to wait. */
  readonly session: string;
  readonly request: ModelRequest;
  readonly deadlines: RequestDeadlines;
  readonly demandBytes: number;
  /** How long its provider may take to stop after a cancel, before its thread is ended. */
  readonly graceMs: number;
  readonly killMs: number;
  /** `atMs` is when they came, as `JobEvent.atMs`. */
  readonly onChunks: (run: ChunkRun, atMs: number) => void;
  /** `untilMs`, in Unix time, where it is known. */
  readonly onWaiting: (reason: "rate-limit" | "retry", untilMs: number | undefined) => void;
  /** Counts what the call takes. Left out: nobody does. */
  readonly meter?: CallMeter;
};

/**
 * Counts what a call takes: from when an attempt was sent to how it has ended. A call that is sent again, because its gateway
 * was lost before anything came, is the same attempt.
 */
export type CallMeter = {
  /** Why an attempt that was not sent yet must not be sent; asked in the turn in which it would be. */
  refusal(inputTokens: number): HeddleError | undefined;
  sent(inputTokens: number): void;
  /** Whether it is told of what arrives, as it does. It never changes. */
  readonly follows: boolean;
  /** After `onChunks`. */
  received(): void;
  /** Only an attempt that was sent has taken anything. */
  ended(end: CallEnd): void;
};

/** `failed`: by itself, at its provider; `cut-off`: by us, or with its gateway. */
export type CallEnd =
  | { readonly type: "responded"; readonly usage: Usage }
  | { readonly type: "failed" | "cut-off" };

/** What a call needs of its gateway. */
export type CallHandlers = {
  /** Its provider's turn is its own. */
  readonly send: (call: ModelCall) => void;
  /** Its turn will not come. */
  readonly refuse: (call: ModelCall, error: HeddleError) => void;
};

/** One model call as its gateway keeps it, over all the gateway's lives. */
export class ModelCall implements Applicant {
  readonly requestId: number;
  readonly spec: ModelCallSpec;
  /** Its provider's, which it has left when it has ended. */
  readonly limiter: Limiter;
  /** Whether this life of the gateway has it. */
  isSent: boolean = false;
  /** Settles when nothing of the call runs any more. */
  readonly ended: Promise<ModelResponse>;
  readonly #ended: PromiseWithResolvers<ModelResponse> = Promise.withResolvers();
  readonly #handlers: CallHandlers;
  #demandBytes: number;
  /** For every run of chunks of every stream: where nobody follows, nobody is touched. */
  readonly #follower: CallMeter | undefined;
  #estimatedTokens: number | undefined;
  #inputTokens: number | undefined;
  #delivered = false;
  #stepLeftMs: number | undefined;
  #losses = 0;
  #stopped: HeddleError | undefined;

  constructor(requestId: number, spec: ModelCallSpec, limiter: Limiter, handlers: CallHandlers) {
    this.requestId = requestId;
    this.spec = spec;
    this.limiter = limiter;
    this.#handlers = handlers;
    this.#demandBytes = spec.demandBytes;
    this.#follower = spec.meter?.follows ? spec.meter : undefined;
    this.ended = this.#ended.promise;
  }

  get demandBytes(): number {
    return this.#demandBytes;
  }

  get session(): string {
    return this.spec.session;
  }

  get estimatedTokens(): number {
    this.#estimatedTokens ??= estimateTokens(this.spec.request);
    return this.#estimatedTokens;
  }

  get inputTokens(): number {
    this.#inputTokens ??= estimateInputTokens(this.spec.request);
    return this.#inputTokens;
  }

  /** Whether anything of a response has come. */
  get hasDelivered(): boolean {
    return this.#delivered;
  }

  /** What it has left of its `stepMs` when it has failed, as far as is known: undefined if its gateway has not said it. */
  get stepLeftMs(): number | undefined {
    return this.#stepLeftMs;
  }

  /** Why it is to stop, if it is. */
  get stopped(): HeddleError | undefined {
    return this.#stopped;
  }

  /** What its gateway is told when its turn has come. */
  command(): GatewayCommand {
    const { requestId, demandBytes } = this;
    const { provider, request, deadlines } = this.spec;
    if (this.isSent) return { type: "retry", requestId };
    return { type: "request", requestId, provider, request, deadlines, demandBytes };
  }

  /** It is about to be sent. Throws what keeps it from being sent. */
  admit(): void {
    const refusal = this.spec.meter?.refusal(this.inputTokens);
    if (refusal) throw refusal;
  }

  sent(): void {
    this.isSent = true;
    this.spec.meter?.sent(this.inputTokens);
  }

  demand(bytes: number): void {
    this.#demandBytes = Math.max(this.#demandBytes, bytes);
  }

  onTurn(): void {
    this.#handlers.send(this);
  }

  onWaiting(reason: "rate-limit" | "retry", untilMs: number | undefined): void {
    this.spec.onWaiting(reason, untilMs);
  }

  onRefused(error: HeddleError): void {
    this.#handlers.refuse(this, error);
  }

  /** It is to stop; `error` is what it fails with then. The first one counts. */
  stop(error: HeddleError): void {
    this.#stopped ??= error;
    this.limiter.withdraw(this);
  }

  deliver(run: ChunkRun, atMs: number): void {
    this.#delivered = true;
    this.spec.onChunks(run, atMs);
    this.#follower?.received();
  }

  end(report: Extract<GatewayReport, { type: "responded" | "failed" }>): void {
    if (report.type === "responded") {
      const { totalTokens } = report.response.usage;
      this.spec.meter?.ended({ type: "responded", usage: report.response.usage });
      this.limiter.leave(this, totalTokens > 0 ? { tokens: totalTokens } : {});
      this.#ended.resolve(report.response);
    } else {
      const error = fromWireError(report.error);
      this.#stepLeftMs = report.stepLeftMs;
      this.spec.meter?.ended({ type: this.#stopped ? "cut-off" : "failed" });
      this.limiter.leave(this, { error });
      this.#ended.reject(this.#stopped ?? error);
    }
  }

  /** Its gateway is gone. Returns whether it is to be sent again: once, and only if it had delivered nothing. */
  lose(error: HeddleError): boolean {
    this.#losses += 1;
    this.isSent = false;
    this.limiter.leave(this);
    if (!this.#stopped && !this.#delivered && this.#losses === 1) return true;
    this.fail(this.#stopped ?? error);
    return false;
  }

  /** `end` is what its provider's limits are told. */
  fail(error: HeddleError, end: RequestEnd = {}): void {
    this.spec.meter?.ended({ type: "cut-off" });
    this.limiter.leave(this, end);
    this.#ended.reject(error);
  }
}
