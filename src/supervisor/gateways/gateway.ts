import { fromWireError, HeddleError, toHeddleError } from "../../errors.ts";
import type { ChunkFrame, GatewayReport } from "../../protocol/gateway-messages.ts";
import type { ProviderSpec } from "../../protocol/provider.ts";
import { forEachRun } from "../../transport/chunk-frame.ts";
import type { Timer } from "../../transport/clock.ts";
import type { Runtime } from "../runtime.ts";
import { GatewayThread } from "./gateway-thread.ts";
import type { Limiter } from "./limiter.ts";
import type { ModelCallSpec } from "./model-call.ts";
import { ModelCall } from "./model-call.ts";

const CLOSE_MS = 1_000;
const KILL_MS = 5_000;
const WATCH_MS = 2_000;
const MAX_BACKOFF_MS = 10_000;

/** `down`: could not be restarted; the next call tries again. */
export type GatewayState = "starting" | "ready" | "down" | "closed";

/**
 * A gateway thread that is kept alive, with the model calls under way in it.
 *
 * A gateway that dies is started anew. A call that had delivered nothing is sent again, once; the others fail with `GATEWAY_LOST`.
 * A gateway whose provider does not stop after a cancel is ended: that is the only way to stop it.
 */
export class Gateway {
  readonly name: string;
  readonly #specs: readonly ProviderSpec[];
  readonly #runtime: Runtime;
  readonly #limiterOf: (provider: string) => Limiter;
  readonly #calls = new Map<number, ModelCall>();
  /** Demand to pass on at the end of this turn, one message for all calls. */
  readonly #demand = new Map<number, number>();
  #thread: GatewayThread | undefined;
  #state: GatewayState = "starting";
  #nextRequestId = 1;
  /** Deaths since the last response: each doubles the pause before the next start. */
  #losses = 0;
  #watching: Timer | undefined;
  #restarting: Timer | undefined;
  #onGone: () => void = () => {};

  constructor(
    name: string,
    specs: readonly ProviderSpec[],
    runtime: Runtime,
    limiterOf: (provider: string) => Limiter,
  ) {
    this.name = name;
    this.#specs = specs;
    this.#runtime = runtime;
    this.#limiterOf = limiterOf;
  }

  get state(): GatewayState {
    return this.#state;
  }

  get threadId(): number | undefined {
    return this.#thread?.threadId;
  }

  get openCalls(): number {
    return this.#calls.size;
  }

  /** @throws {HeddleError} what keeps a provider from loading. */
  async start(): Promise<void> {
    this.#state = "starting";
    const thread = new GatewayThread(this.name, this.#runtime, {
      onReport: (report) => this.#receive(report),
      onGone: (error) => this.#lost(thread, error),
    });
    this.#thread = thread;
    await thread.load(this.#specs);
    if (this.#thread !== thread || this.#isClosed) return;
    this.#state = "ready";
    for (const call of [...this.#calls.values()]) this.#apply(call);
  }

  /** Makes a model call; it is sent as soon as the gateway is ready, and its provider's limiter lets it. */
  open(spec: ModelCallSpec): ModelCall {
    const call = new ModelCall(this.#nextRequestId++, spec, this.#limiterOf(spec.provider), {
      send: (given) => this.#send(given),
      refuse: (given, error) => this.#stop(given, error),
    });
    if (this.#isClosed) {
      call.fail(supervisorClosed());
      return call;
    }
    this.#calls.set(call.requestId, call);
    this.#watch();
    if (this.#state === "ready") this.#apply(call);
    else if (this.#state === "down") this.#restart();
    return call;
  }

  demand(call: ModelCall, bytes: number): void {
    call.demand(bytes);
    if (this.#demand.size === 0) queueMicrotask(() => this.#sendDemand());
    this.#demand.set(call.requestId, bytes);
  }

  /** Stops a call. One that was not sent yet ends at once. */
  cancel(call: ModelCall, reason: string): void {
    this.#stop(call, new HeddleError("JOB_CANCELLED", reason));
  }

  async scriptReport(provider: string): Promise<unknown> {
    return await this.#thread?.call("scriptReport", provider);
  }

  /** Ends the thread; calls still under way fail. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    const wasReady = this.#state === "ready";
    this.#state = "closed";
    this.#watching?.cancel();
    this.#restarting?.cancel();
    const thread = this.#thread;
    if (!thread) {
      this.#failAll(supervisorClosed());
      return;
    }
    if (wasReady) await this.#closeProviders(thread);
    const gone = Promise.withResolvers<void>();
    this.#onGone = gone.resolve;
    if (this.#thread !== thread) return;
    thread.terminate(KILL_MS);
    await gone.promise;
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }

  #stop(call: ModelCall, error: HeddleError): void {
    if (call.stopped || !this.#calls.has(call.requestId)) return;
    if (this.#state !== "ready" || !call.isSent) {
      this.#end(call, () => call.fail(error));
      return;
    }
    const { requestId } = call;
    this.#thread?.post({ type: "cancel", requestId, reason: error.message });
    this.#mustStop(call, error);
  }

  /** The call was told to stop: if it does not, its thread is ended. */
  #mustStop(call: ModelCall, error: HeddleError): void {
    call.stop(error);
    const thread = this.#thread;
    const { graceMs, killMs } = call.spec;
    const timer = this.#runtime.clock.setTimer(graceMs, () => thread?.terminate(killMs));
    call.ended.then(timer.cancel, timer.cancel);
  }

  async #closeProviders(thread: GatewayThread): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#runtime.clock.setTimer(CLOSE_MS, late.resolve);
    await Promise.race([thread.call("close").catch(() => {}), late.promise]);
    timer.cancel();
  }

  /** Only while the gateway is ready, so that what has its turn is sent at once. */
  #apply(call: ModelCall): void {
    try {
      call.limiter.request(call);
    } catch (error) {
      this.#notSent(call, error);
    }
  }

  #send(call: ModelCall): void {
    try {
      call.admit();
      this.#thread?.post(call.command());
      call.sent();
    } catch (error) {
      this.#notSent(call, error);
    }
  }

  #notSent(call: ModelCall, cause: unknown): void {
    const error = toHeddleError(cause, "INVALID_INPUT", "the request is not plain data");
    // An attempt before this one waits at its gateway for the next.
    if (call.isSent) this.#stop(call, error);
    else this.#end(call, () => call.fail(error, { tokens: 0 }));
  }

  #sendDemand(): void {
    const requestIds = [...this.#demand.keys()];
    const bytes = [...this.#demand.values()];
    this.#demand.clear();
    if (this.#state === "ready") this.#thread?.post({ type: "demand", requestIds, bytes });
  }

  #receive(report: GatewayReport): void {
    switch (report.type) {
      case "frame":
        this.#deliver(report);
        break;
      case "waiting": {
        const call = this.#calls.get(report.requestId);
        if (!call || call.stopped) break;
        call.spec.meter?.ended({ type: "failed" });
        call.limiter.again(call, fromWireError(report.error), report.delayMs);
        break;
      }
      case "expired": {
        const call = this.#calls.get(report.requestId);
        if (call && !call.stopped) this.#mustStop(call, fromWireError(report.error));
        break;
      }
      case "pong":
        break;
      case "responded":
      case "failed": {
        const call = this.#calls.get(report.requestId);
        this.#losses = 0;
        if (call) this.#end(call, () => call.end(report));
        break;
      }
      default:
        report satisfies never;
    }
  }

  /** While calls are under way, the thread is asked for a sign of life now and then. */
  #watch(): void {
    this.#watching ??= this.#runtime.clock.setTimer(WATCH_MS, () => {
      this.#watching = undefined;
      if (this.#calls.size === 0 || this.#isClosed) return;
      if (this.#state === "ready") this.#thread?.watch();
      this.#watch();
    });
  }

  #deliver(frame: ChunkFrame): void {
    const atMs = this.#runtime.clock.now();
    forEachRun(frame, (run) => this.#calls.get(run.requestId)?.deliver(run, atMs));
  }

  #end(call: ModelCall, settle: () => void): void {
    this.#calls.delete(call.requestId);
    settle();
  }

  #lost(thread: GatewayThread, error: HeddleError): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#onGone();
    if (this.#isClosed) this.#failAll(error);
    // While starting, `load` rejects and whoever started it decides; once down, that is decided.
    if (this.#state !== "ready") return;
    this.#losses += 1;
    const before = this.#calls.size;
    for (const call of [...this.#calls.values()]) {
      if (!call.lose(error)) this.#calls.delete(call.requestId);
    }
    const resent = this.#calls.size;
    const failed = before - resent;
    this.#runtime.report({ type: "gateway-lost", gateway: this.name, error, resent, failed });
    this.#restart();
  }

  #restart(): void {
    this.#state = "starting";
    const pauseMs = this.#losses < 2 ? 0 : Math.min(MAX_BACKOFF_MS, 100 * 2 ** (this.#losses - 2));
    const { clock } = this.#runtime;
    this.#restarting = clock.setTimer(pauseMs, () => void this.#startAgain());
  }

  async #startAgain(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.start();
      this.#runtime.report({ type: "gateway-restarted", gateway: this.name });
    } catch (cause) {
      if (this.#isClosed) return;
      this.#losses += 1;
      this.#state = "down";
      this.#failAll(
        new HeddleError("GATEWAY_LOST", `gateway ${this.name} could not be restarted`, { cause }),
      );
    }
  }

  #failAll(error: HeddleError): void {
    for (const call of [...this.#calls.values()]) {
      this.#end(call, () => call.fail(call.stopped ?? error));
    }
  }
}

function supervisorClosed(): HeddleError {
  return new HeddleError("SUPERVISOR_CLOSED", "the supervisor is closed");
}
