import { extname } from "node:path";
import { HeddleError, toHeddleError } from "../../errors.ts";
import type { GatewayCommand, GatewayReport } from "../../protocol/gateway-messages.ts";
import type { ProviderSpec } from "../../protocol/provider.ts";
import type { CallMessage } from "../../transport/calls.ts";
import { Caller } from "../../transport/calls.ts";
import type { Timer } from "../../transport/clock.ts";
import type { Runtime } from "../runtime.ts";
import type { Thread, ThreadExit } from "../threads/thread.ts";

const ENTRY = new URL(`../../providers/entry${extname(import.meta.filename)}`, import.meta.url);
const START_MS = 60_000;
/** How long a gateway's loop may stand still. */
const STUCK_MS = 10_000;
const KILL_MS = 5_000;
/** How often the gateway is told how much was processed; it stops at 32 frames. */
const FRAMES_PER_ACKNOWLEDGE = 8;

/** The calls of a gateway thread, as the supervisor knows them. */
export type GatewayCalls = {
  load(specs: readonly ProviderSpec[]): Promise<void>;
  scriptReport(provider: string): Promise<unknown>;
  close(): Promise<void>;
};

export type GatewayThreadHandlers = {
  onReport(report: GatewayReport): void;
  onGone(error: HeddleError): void;
};

/** One life of a gateway: from the start of its thread to its end. */
export class GatewayThread {
  readonly #name: string;
  readonly #runtime: Runtime;
  readonly #handlers: GatewayThreadHandlers;
  readonly #caller: Caller<GatewayCalls>;
  readonly #thread: Thread;
  #frames = 0;
  #acknowledgedFrames = 0;
  #silence: Timer | undefined;
  readonly #kills: Timer[] = [];
  #lost: HeddleError | undefined;

  constructor(name: string, runtime: Runtime, handlers: GatewayThreadHandlers) {
    this.#name = name;
    this.#runtime = runtime;
    this.#handlers = handlers;
    this.#caller = new Caller((message) => this.#thread.post(message));
    this.#thread = runtime.spawn(
      { entry: ENTRY, name },
      {
        onMessage: (message) => this.#receive(message as GatewayReport | CallMessage),
        onExit: (exit) => this.#exited(exit),
      },
    );
  }

  get threadId(): number {
    return this.#thread.threadId;
  }

  /** @throws {HeddleError} what keeps a provider from loading; `GATEWAY_START_FAILED`; `GATEWAY_LOST`. */
  async load(specs: readonly ProviderSpec[]): Promise<void> {
    const timer = this.#runtime.clock.setTimer(START_MS, () => {
      const error = new HeddleError("GATEWAY_START_FAILED", `not ready after ${START_MS} ms`);
      this.#caller.close(error);
    });
    try {
      await this.call("load", specs);
      // It has loaded and died in one turn. Whoever starts it has it started again.
      if (this.#lost) throw this.#lost;
    } catch (error) {
      this.#thread.terminate();
      throw toHeddleError(error, "GATEWAY_START_FAILED");
    } finally {
      timer.cancel();
    }
  }

  async call<K extends keyof GatewayCalls>(
    method: K,
    ...args: Parameters<GatewayCalls[K]>
  ): Promise<Awaited<ReturnType<GatewayCalls[K]>>> {
    const release = this.#runtime.hold();
    try {
      return await this.#caller.call(method, ...args);
    } finally {
      release();
    }
  }

  /** Ends the thread if its loop does not turn: a provider's module that spins holds up all calls, and hears no cancel. */
  watch(): void {
    if (this.#lost) return;
    this.post({ type: "ping" });
    this.#silence ??= this.#runtime.clock.setTimer(STUCK_MS, () => this.terminate(KILL_MS));
  }

  post(command: GatewayCommand): void {
    this.#thread.post(command);
  }

  /** Ends the thread. If that has no effect within `killMs`, it is written off: reported, and treated as gone. */
  terminate(killMs: number): void {
    this.#thread.terminate();
    if (this.#lost) return;
    const kill = this.#runtime.clock.setTimer(killMs, () => {
      const { threadId } = this.#thread;
      this.#runtime.report({ type: "thread-stuck", thread: this.#name, threadId });
      this.#leave(new HeddleError("THREAD_STUCK", `gateway ${this.#name} cannot be ended`));
    });
    this.#kills.push(kill);
  }

  #receive(message: GatewayReport | CallMessage): void {
    if (this.#lost) return;
    if (message.type === "reply") this.#caller.deliver(message.body);
    if (message.type === "pong") this.#answered();
    if (message.type === "reply" || message.type === "call") return;
    this.#handlers.onReport(message);
    if (message.type === "frame") this.#acknowledge();
  }

  #answered(): void {
    this.#silence?.cancel();
    this.#silence = undefined;
  }

  /** At the end of the turn: a frame that is acknowledged at once is followed by the next, and the loop would not turn. */
  #acknowledge(): void {
    this.#frames += 1;
    if (this.#frames - this.#acknowledgedFrames !== FRAMES_PER_ACKNOWLEDGE) return;
    setImmediate(() => {
      this.#acknowledgedFrames = this.#frames;
      if (!this.#lost) this.post({ type: "acknowledge", frames: this.#frames });
    });
  }

  #exited({ exitCode, error }: ThreadExit): void {
    this.#leave(
      new HeddleError("GATEWAY_LOST", `gateway ${this.#name} has ended with code ${exitCode}`, {
        ...(error === undefined ? {} : { cause: error }),
        details: { exitCode },
      }),
    );
  }

  #leave(error: HeddleError): void {
    if (this.#lost) return;
    this.#lost = error;
    this.#answered();
    for (const kill of this.#kills) kill.cancel();
    this.#caller.close(error);
    this.#handlers.onGone(error);
  }
}
