import type { ModelRequest, ModelResponse, Usage } from "../../../src/protocol/model.ts";
import type { ProviderLimits } from "../../../src/protocol/provider.ts";
import { Gateway } from "../../../src/supervisor/gateways/gateway.ts";
import { Limiter } from "../../../src/supervisor/gateways/limiter.ts";
import type { ModelCall } from "../../../src/supervisor/gateways/model-call.ts";
import { turn } from "../../support/fake-clock.ts";
import { FakeRuntime } from "../threads/fake-thread.ts";

const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
export const response: ModelResponse = { text: "", toolCalls: [], finishReason: "stop", usage };

const retry = { maxRetries: 2, initialDelayMs: 100, maxDelayMs: 5_000 };

/** A gateway whose threads are in the hands of a test. */
export class GatewayUnderTest {
  readonly runtime: FakeRuntime = new FakeRuntime();
  readonly limiter: Limiter;
  readonly gateway: Gateway;
  /** What the calls were told. */
  readonly told: string[] = [];

  constructor(limits: ProviderLimits = {}) {
    this.limiter = new Limiter({ name: "main", limits, retry }, this.runtime);
    this.gateway = new Gateway("gateway-0", [], this.runtime, () => this.limiter);
  }

  /** Starts it, and lets its providers load. */
  async start(): Promise<void> {
    const started = this.gateway.start();
    await this.runtime.thread.answer("load");
    await started;
  }

  open(more: object = {}): ModelCall {
    const call = this.gateway.open({
      provider: "main",
      session: "alice",
      request: { messages: [], settings: {} } as unknown as ModelRequest,
      deadlines: {},
      demandBytes: 10,
      graceMs: 100,
      killMs: 50,
      onChunks: (run, atMs) => this.told.push(run.text, `at ${atMs}`),
      onWaiting: (reason, untilMs) => this.told.push(`${reason} until ${untilMs}`),
      ...more,
    });
    call.ended.catch(() => {});
    return call;
  }

  deliver(call: ModelCall, text: string): void {
    this.runtime.thread.send({
      type: "frame",
      requestIds: [call.requestId],
      kinds: [0],
      counts: [1],
      sizes: [text.length],
      texts: [text],
      ends: Uint32Array.of(text.length),
      heads: [],
    });
  }

  respond(call: ModelCall, usage: Usage = response.usage): void {
    const { requestId } = call;
    this.runtime.thread.send({ type: "responded", requestId, response: { ...response, usage } });
  }

  fail(call: ModelCall, code: string): void {
    const error = { code, message: "no" };
    this.runtime.thread.send({ type: "failed", requestId: call.requestId, error });
  }

  /** Its thread ends, and another one is there. */
  async lose(): Promise<void> {
    await this.runtime.thread.exit();
    await this.runtime.pass(0);
    await this.runtime.thread.answer("load");
  }

  /** Its attempt has failed, and another one is to be made after `delayMs`. */
  failAttempt(call: ModelCall, code: string, delayMs: number): void {
    const error = { code, message: "not now" };
    this.runtime.thread.send({ type: "waiting", requestId: call.requestId, delayMs, error });
  }

  /** The types of what the present thread was told. */
  get commands(): string[] {
    return this.runtime.thread.commands.map(({ type }) => type);
  }

  get reports(): string[] {
    return this.runtime.reported.map(({ type }) => type);
  }
}

/** How a call has ended by now. */
export async function endOf(call: ModelCall): Promise<string> {
  const ended = call.ended.then(
    () => "responded",
    (error) => error.code as string,
  );
  return await Promise.race([ended, turn().then(() => "open")]);
}
