import { HeddleError } from "../../src/errors.ts";
import type { ErrorCode, ErrorDetails } from "../../src/protocol/error.ts";
import type { ChunkFrame, RequestDeadlines } from "../../src/protocol/gateway-messages.ts";
import type { ModelRequest, ModelResponse, ModelResponseChunk } from "../../src/protocol/model.ts";
import type { RetryPolicy } from "../../src/protocol/provider.ts";
import { GatewayRequest } from "../../src/providers/gateway-request.ts";
import type { ModelProvider, ResponseSink } from "../../src/providers/model-provider.ts";
import { Outbox } from "../../src/providers/outbox.ts";
import { forEachRun, textAt } from "../../src/transport/chunk-frame.ts";
import { FakeClock, turn } from "../support/fake-clock.ts";

const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

export function response(text: string, more: Partial<ModelResponse> = {}): ModelResponse {
  return { text, toolCalls: [], finishReason: "stop", usage, ...more };
}

export function failure(
  details: ErrorDetails = { retryable: true },
  code: ErrorCode = "PROVIDER_UNAVAILABLE",
): HeddleError {
  return new HeddleError(code, "try again", { details });
}

/** One attempt of a provider, in the hands of a test. */
export class Attempt {
  readonly sink: ResponseSink;
  readonly signal: AbortSignal;
  /** How each write has gone so far: "open" while it waits. */
  readonly writes: string[] = [];
  readonly #end: PromiseWithResolvers<ModelResponse>;

  constructor(sink: ResponseSink, signal: AbortSignal, end: PromiseWithResolvers<ModelResponse>) {
    this.sink = sink;
    this.signal = signal;
    this.#end = end;
  }

  write(chunk: ModelResponseChunk): void {
    const place = this.writes.push("open") - 1;
    this.sink.write(chunk).then(
      () => (this.writes[place] = "taken"),
      (error) => (this.writes[place] = error.code),
    );
  }

  text(text: string): void {
    this.write({ type: "text", text });
  }

  respond(text: string, more: Partial<ModelResponse> = {}): void {
    this.#end.resolve(response(text, more));
  }

  fail(error: unknown): void {
    this.#end.reject(error);
  }
}

/** A model call with a provider that does nothing by itself: it does not even heed its signal. */
export class RequestUnderTest {
  readonly clock: FakeClock = new FakeClock();
  readonly frames: ChunkFrame[] = [];
  readonly outbox: Outbox = new Outbox(this.clock, (frame) => this.frames.push(frame));
  readonly attempts: Attempt[] = [];
  readonly waiting: number[] = [];
  /** How much longer than they ask for the supervisor lets attempts wait. */
  extraMs = 0;
  /** Codes of the deadlines that have passed. */
  readonly expired: string[] = [];
  readonly request: GatewayRequest;
  #retry: ReturnType<FakeClock["setTimer"]> | undefined;
  /** How it has ended. */
  outcome: { response?: ModelResponse; error?: HeddleError } | undefined;

  constructor(
    options: {
      deadlines?: RequestDeadlines;
      demandBytes?: number;
      retry?: Partial<RetryPolicy>;
      provider?: ModelProvider["request"];
    } = {},
  ) {
    this.request = new GatewayRequest({
      requestId: 7,
      request: { messages: [], settings: {} } as unknown as ModelRequest,
      owner: { provider: "main", model: "m" },
      provider: { request: options.provider ?? ((_, sink, signal) => this.#attempt(sink, signal)) },
      retry: { maxRetries: 2, initialDelayMs: 100, maxDelayMs: 1_000, ...options.retry },
      deadlines: options.deadlines ?? {},
      demandBytes: options.demandBytes ?? 1_000,
      outbox: this.outbox,
      clock: this.clock,
      onWaiting: (_, delayMs) => this.#wait(delayMs),
      onExpired: (error) => this.expired.push(error.code),
    });
    this.request
      .run()
      .then(
        (given) => (this.outcome = { response: given }),
        (error) => (this.outcome = { error }),
      )
      .finally(() => this.#retry?.cancel());
  }

  /** The attempt under way. */
  get attempt(): Attempt {
    return this.attempts.at(-1) as Attempt;
  }

  /** The code of the error it has ended with. */
  get code(): string | undefined {
    return this.outcome?.error?.code;
  }

  /** The texts that were sent. */
  get sent(): string[] {
    this.outbox.flush();
    const sent: string[] = [];
    for (const frame of this.frames) {
      forEachRun(frame, (run) => {
        for (let i = 0; i < run.count; i++) sent.push(textAt(run, i));
      });
    }
    return sent;
  }

  /** Lets everything run, then `ms` pass. */
  async pass(ms: number): Promise<void> {
    await turn();
    this.clock.advance(ms);
    await turn();
  }

  /** What the supervisor does. */
  #wait(delayMs: number): void {
    this.waiting.push(delayMs);
    this.#retry = this.clock.setTimer(delayMs + this.extraMs, () => this.request.retry());
  }

  #attempt(sink: ResponseSink, signal: AbortSignal): Promise<ModelResponse> {
    const end = Promise.withResolvers<ModelResponse>();
    this.attempts.push(new Attempt(sink, signal, end));
    return end.promise;
  }
}
