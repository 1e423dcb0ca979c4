import type { HeddleError } from "../../errors.ts";
import { fromWireError } from "../../errors.ts";
import type { GatewayReport, RequestDeadlines } from "../../protocol/gateway-messages.ts";
import type { ModelRequest, ModelResponse } from "../../protocol/model.ts";
import type { ChunkRun } from "../../transport/chunk-frame.ts";

/** What a gateway is asked for. */
export type ModelCallSpec = {
  readonly provider: string;
  readonly request: ModelRequest;
  readonly deadlines: RequestDeadlines;
  readonly demandBytes: number;
  /** How long its provider may take to stop after a cancel, before its thread is ended. */
  readonly graceMs: number;
  readonly killMs: number;
  /** `atMs` is when they came, as `JobEvent.atMs`. */
  readonly onChunks: (run: ChunkRun, atMs: number) => void;
  readonly onWaiting: (untilMs: number) => void;
};

/** One model call as its gateway keeps it, over all the gateway's lives. */
export class ModelCall {
  readonly requestId: number;
  readonly spec: ModelCallSpec;
  /** Settles when nothing of the call runs any more. */
  readonly ended: Promise<ModelResponse>;
  readonly #ended: PromiseWithResolvers<ModelResponse> = Promise.withResolvers();
  #demandBytes: number;
  #delivered = false;
  #losses = 0;
  #stopped: HeddleError | undefined;

  constructor(requestId: number, spec: ModelCallSpec) {
    this.requestId = requestId;
    this.spec = spec;
    this.#demandBytes = spec.demandBytes;
    this.ended = this.#ended.promise;
  }

  get demandBytes(): number {
    return this.#demandBytes;
  }

  /** Why it is to stop, if it is. */
  get stopped(): HeddleError | undefined {
    return this.#stopped;
  }

  demand(bytes: number): void {
    this.#demandBytes = Math.max(this.#demandBytes, bytes);
  }

  /** It is to stop; `error` is what it fails with if its gateway is lost at that. The first one counts. */
  stop(error: HeddleError): void {
    this.#stopped ??= error;
  }

  deliver(run: ChunkRun, atMs: number): void {
    this.#delivered = true;
    this.spec.onChunks(run, atMs);
  }

  end(report: Extract<GatewayReport, { type: "responded" | "failed" }>): void {
    if (report.type === "responded") this.#ended.resolve(report.response);
    else this.#ended.reject(fromWireError(report.error));
  }

  /** Its gateway is gone. Returns whether it is to be sent again: once, and only if it had delivered nothing. */
  lose(error: HeddleError): boolean {
    this.#losses += 1;
    if (!this.#stopped && !this.#delivered && this.#losses === 1) return true;
    this.fail(this.#stopped ?? error);
    return false;
  }

  fail(error: HeddleError): void {
    this.#ended.reject(error);
  }
}
