import { HeddleError, toHeddleError } from "../errors.ts";
import type { RequestDeadlines } from "../protocol/gateway-messages.ts";
import type { ModelRequest, ModelResponse, ModelResponseChunk } from "../protocol/model.ts";
import type { RetryPolicy } from "../protocol/provider.ts";
import { ByteGate } from "../transport/byte-gate.ts";
import { ChunkLane, chunkSize } from "../transport/chunk-frame.ts";
import type { Clock } from "../transport/clock.ts";
import { Deadline } from "../transport/deadline.ts";
import { checkChunk, checkResponse, refuseUnusable } from "./check-response.ts";
import type { ModelProvider, ResponseSink } from "./model-provider.ts";
import type { Outbox } from "./outbox.ts";
import type { StateOwner } from "./part-state.ts";
import { onlyOwnState, tagState } from "./part-state.ts";
import { decideRetry } from "./retry.ts";

export type GatewayRequestOptions = {
  readonly requestId: number;
  readonly request: ModelRequest;
  readonly provider: ModelProvider;
  /** Whose the states of its responses are. */
  readonly owner: StateOwner;
  readonly retry: RetryPolicy;
  readonly deadlines: RequestDeadlines;
  readonly demandBytes: number;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** An attempt has failed, and another one is to be made `delayMs` later, or after that: when `retry` is called. */
  readonly onWaiting: (error: HeddleError, delayMs: number) => void;
  /** A deadline has passed: the provider was told to stop. */
  readonly onExpired: (error: HeddleError) => void;
};

/**
 * One model call inside its gateway: what is the same around every provider.
 *
 * Flow control, deadlines and retries are done here, so a provider only has to send one attempt, write what arrives, and
 * stop when its signal aborts.
 */
export class GatewayRequest {
  readonly #options: GatewayRequestOptions;
  /** As its provider may see it. */
  readonly #request: ModelRequest;
  readonly #gate: ByteGate;
  readonly #lane: ChunkLane;
  readonly #abort = new AbortController();
  /** Until the first chunk, then between chunks. Stands still while the window is closed and between attempts. */
  #idle: Deadline | undefined;
  #step: Deadline | undefined;
  /** Ends the pause between two attempts. */
  #goOn: () => void = () => {};
  /** Of the text chunks, in UTF-16 code units: to compare texts would mean to keep another copy of each. */
  #textLength = 0;
  #delivered: boolean = false;
  #isCancelled: boolean = false;
  #hasEnded: boolean = false;

  constructor(options: GatewayRequestOptions) {
    this.#options = options;
    const { request, owner } = options;
    this.#request = { ...request, messages: onlyOwnState(request.messages, owner) };
    this.#gate = new ByteGate(options.demandBytes);
    // Here and not with each chunk: to look at the clock costs a full-speed stream as much as all else.
    this.#lane = new ChunkLane(options.requestId, () => this.#idle?.touch());
  }

  /** @throws {HeddleError} the failure of the last attempt, `FIRST_CHUNK_TIMEOUT`, `CHUNK_TIMEOUT`, `STEP_TIMEOUT` or what `cancel` was given. */
  async run(): Promise<ModelResponse> {
    const { clock, deadlines } = this.#options;
    this.#step = this.#deadline(
      clock,
      deadlines.stepMs,
      "STEP_TIMEOUT",
      "the model call took longer",
    );
    try {
      return await this.#attempts();
    } finally {
      this.#hasEnded = true;
      this.#idle?.stop();
      this.#step?.pause();
      this.#gate.fail(new HeddleError("INTERNAL", "the request has ended"));
    }
  }

  /** What is left of `stepMs`; undefined: it has none. */
  get stepLeftMs(): number | undefined {
    return this.#step?.leftMs;
  }

  demand(bytes: number): void {
    this.#gate.demand(bytes);
  }

  /** Makes the next attempt. */
  retry(): void {
    this.#goOn();
  }

  /** Aborts the provider's signal and rejects its writes. The first reason wins. */
  cancel(error: HeddleError): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#abort.abort(error);
    this.#gate.fail(error);
  }

  async #attempts(): Promise<ModelResponse> {
    for (let retriesDone = 0; ; retriesDone++) {
      try {
        return await this.#attempt();
      } catch (thrown) {
        const error = this.#failureOf(thrown);
        const delivered = this.#delivered || this.#abort.signal.aborted;
        const { retry } = this.#options;
        const decision = decideRetry(retry, { error, delivered, retriesDone }, Math.random());
        if (!decision.retry) throw error;
        await this.#pause(error, decision.delayMs);
      }
    }
  }

  async #attempt(): Promise<ModelResponse> {
    const { provider, owner, clock, deadlines } = this.#options;
    const { signal } = this.#abort;
    signal.throwIfAborted();
    const waited = "no chunk came";
    this.#idle = this.#deadline(clock, deadlines.firstChunkMs, "FIRST_CHUNK_TIMEOUT", waited);
    const response = await this.#ask(provider, this.#request);
    signal.throwIfAborted();
    checkResponse(response);
    refuseUnusable(response);
    if (this.#textLength === 0 && response.text !== "") {
      // A provider that does not stream.
      await this.#write({ type: "text", text: response.text });
    } else if (response.text.length !== this.#textLength) {
      throw new HeddleError(
        "PROVIDER_PROTOCOL",
        "the provider's response.text is not as long as the text of the chunks it wrote",
      );
    }
    return tagState(response, owner);
  }

  /** What is written after the attempt has ended belongs to nothing: it may be followed by another one. */
  async #ask(provider: ModelProvider, request: ModelRequest): Promise<ModelResponse> {
    let isOver: boolean = false;
    const hasRoom = () => !isOver && this.#hasRoom;
    const sink: ResponseSink = {
      write: (chunk) => (isOver ? writtenTooLate() : this.#write(chunk)),
      get hasRoom() {
        return hasRoom();
      },
    };
    try {
      return await provider.request(request, sink, this.#abort.signal);
    } finally {
      isOver = true;
    }
  }

  /** `stepMs` runs in a pause of the call's own. It stands still where the provider's limiter lets it wait: after a 429, and past the pause. */
  async #pause(error: HeddleError, delayMs: number): Promise<void> {
    const { clock, onWaiting } = this.#options;
    const { signal } = this.#abort;
    const { promise, resolve } = Promise.withResolvers<void>();
    const ownMs = error.code === "PROVIDER_RATE_LIMITED" ? 0 : delayMs;
    const timer = clock.setTimer(ownMs, () => this.#step?.pause());
    this.#goOn = resolve;
    signal.addEventListener("abort", () => resolve(), { once: true });
    this.#idle?.stop();
    onWaiting(error, delayMs);
    await promise;
    timer.cancel();
    signal.throwIfAborted();
    this.#step?.resume();
  }

  /** Not async: a resolved promise that is always the same costs a full-speed stream least. */
  #write(chunk: ModelResponseChunk): Promise<void> {
    const { outbox } = this.#options;
    if (this.#isCancelled) return handled(Promise.reject(this.#abort.signal.reason));
    try {
      checkChunk(chunk);
    } catch (error) {
      return handled(Promise.reject(error));
    }
    const sizeBytes = chunkSize(chunk);
    if (sizeBytes > 0 || chunk.type === "tool-call") {
      if (chunk.type === "text") this.#textLength += chunk.text.length;
      if (!this.#delivered) this.#firstArrived();
      outbox.add(this.#lane, chunk, sizeBytes);
      this.#gate.pass(sizeBytes);
    }
    if (this.#hasRoom) return this.#gate.room();
    return handled(this.#blocked(outbox.congestion()));
  }

  get #hasRoom(): boolean {
    const isCongested = this.#options.outbox.congestion() !== undefined;
    return this.#gate.isOpen && !isCongested && !this.#isCancelled;
  }

  #firstArrived(): void {
    this.#delivered = true;
    const { clock, deadlines } = this.#options;
    this.#idle?.stop();
    this.#idle = this.#deadline(clock, deadlines.chunkMs, "CHUNK_TIMEOUT", "no further chunk came");
  }

  async #blocked(congestion: Promise<void> | undefined): Promise<void> {
    this.#idle?.pause();
    this.#step?.pause();
    try {
      await congestion;
      await this.#gate.room();
    } finally {
      if (!this.#hasEnded && !this.#abort.signal.aborted) {
        this.#idle?.resume();
        this.#idle?.touch();
        this.#step?.resume();
      }
    }
  }

  #deadline(
    clock: Clock,
    ms: number | undefined,
    code: "STEP_TIMEOUT" | "FIRST_CHUNK_TIMEOUT" | "CHUNK_TIMEOUT",
    what: string,
  ): Deadline | undefined {
    if (ms === undefined) return undefined;
    const deadline = new Deadline(clock, ms, () => {
      // A chunk has come that is not in a frame yet: there was no silence.
      if (deadline === this.#idle && !this.#lane.isEmpty) return deadline.restart();
      const error = new HeddleError(code, `${what} in ${ms} ms`, { details: { limitMs: ms } });
      this.#options.onExpired(error);
      this.cancel(error);
    });
    return deadline;
  }

  /** Once the signal is aborted its reason is the failure, whatever the provider made of it. */
  #failureOf(thrown: unknown): HeddleError {
    const { signal } = this.#abort;
    return toHeddleError(signal.aborted ? signal.reason : thrown, "PROVIDER_FAILED");
  }
}

function writtenTooLate(): Promise<void> {
  const message = "the provider wrote a chunk after its response had ended";
  return handled(Promise.reject(new HeddleError("PROVIDER_PROTOCOL", message)));
}

/** A provider need not look at what `write` returns: a rejection that nobody sees must not end the thread. */
function handled(written: Promise<void>): Promise<void> {
  written.catch(() => {});
  return written;
}
