import { HeddleError, toHeddleError } from "../../errors.ts";
import type { ActorRequest } from "../../protocol/behavior.ts";
import type { Timer } from "../../transport/clock.ts";
import type { ActorThread } from "../threads/actor-thread.ts";
import type { EndReason } from "../threads/restart-policy.ts";
import { restartLimit } from "../threads/restart-policy.ts";
import type { ThreadedWorker } from "../threads/thread-for.ts";
import { threadFor } from "../threads/thread-for.ts";
import type { ThreadWish, WorkerThread } from "../threads/worker-thread.ts";
import type { BehaviorSettings } from "./behavior-settings.ts";

const START_MS = 60_000;

export type BehaviorActorOptions = {
  readonly worker: ThreadedWorker & { readonly settings: BehaviorSettings };
  readonly onRequest: (request: ActorRequest) => unknown;
  /** It has crashed, or stopped itself. Awaited before it begins anew, so that nothing of its earlier life is left. */
  readonly onLifeEnded: () => Promise<void>;
  /** It has crashed, maybe while nothing was asked of it. */
  readonly onCrash: () => void;
  readonly onRestarting: () => void;
  readonly onFailure: (failure: HeddleError) => void;
};

/** How a life has ended by itself. */
export type LifeEnd = { readonly reason: EndReason; readonly failure: HeddleError };

export type Readiness =
  | { readonly type: "ready"; readonly thread: ActorThread }
  /** It was told to end meanwhile. */
  | { readonly type: "withdrawn" }
  /** It will not begin again. */
  | ({ readonly type: "over" } & LifeEnd);

/**
 * The actor of a behaviour, over all its lives: it begins at `start()`, is parked and woken, crashes, and begins anew.
 *
 * 1. It has a thread with the behaviour's state in it, or its parked state, or neither before its first life and after a crash.
 * 2. What the thread dies of is asked about before the next life begins, and only once.
 */
export class BehaviorActor {
  readonly #options: BehaviorActorOptions;
  readonly #thread: WorkerThread;
  /** The thread that has the state. */
  #loaded: ActorThread | undefined;
  #parked: { readonly state: unknown } | undefined;
  #ended: LifeEnd | undefined;
  #hasStarted: boolean = false;
  /** Its state is safe, and its thread is ending. */
  #isParking: boolean = false;
  /** Why it is not needed any more. */
  #withdrawn: HeddleError | undefined;
  #onWithdrawn: () => void = () => {};

  constructor(options: BehaviorActorOptions) {
    this.#options = options;
    const { worker, onRequest } = options;
    const owner = {
      onRequest,
      onGone: (failure: HeddleError, reason: EndReason) => this.#lost(failure, reason),
    };
    this.#thread = threadFor(worker, owner, (thread) => this.#save(thread));
  }

  get threadId(): number | undefined {
    return this.#thread.threadId;
  }

  /** The thread with the state in it, whatever it takes. Never rejects. */
  async ready(): Promise<Readiness> {
    while (!this.#withdrawn) {
      const end = this.#ended;
      const isOver = end !== undefined && !(await this.#beginAnew(end));
      if (isOver) break;
      const thread = await this.#take();
      if (this.#withdrawn) break;
      if (thread && (await this.#load(thread))) return { type: "ready", thread };
    }
    const over = this.#withdrawn ? undefined : this.#ended;
    return over ? { type: "over", ...over } : { type: "withdrawn" };
  }

  /** There is nothing to do at present. */
  rest(): void {
    this.#thread.rest();
  }

  /** The behaviour has decided to stop. Resolves when its thread is gone. */
  async stopped(reason: string): Promise<void> {
    const message = `the behaviour has stopped itself: ${reason}`;
    const failure = new HeddleError("BEHAVIOR_STOPPED", message, { details: { reason } });
    this.#end({ reason: reason === "normal" ? "normal" : "failure", failure });
    await this.#thread.end();
  }

  /** It is not needed any more: nothing is waited for, and nothing begins. What runs is told, and may go on until `end()`. */
  withdraw(reason: HeddleError): void {
    this.#withdrawn = reason;
    this.#thread.stop(reason.message);
    this.#onWithdrawn();
  }

  /** Ends the thread, after `withdraw`. Settles when it is gone, or written off after `killMs`. */
  end(): Promise<void> {
    return this.#thread.end(this.#withdrawn);
  }

  async #take(): Promise<ActorThread | undefined> {
    const wish: ThreadWish = {
      isWithdrawn: () => this.#withdrawn !== undefined,
      onWithdrawn: (run) => {
        this.#onWithdrawn = run;
      },
      onWaiting: () => {},
    };
    try {
      return await this.#thread.take(wish);
    } catch (error) {
      this.#end({ reason: "failure", failure: toHeddleError(error, "ACTOR_START_FAILED") });
      return undefined;
    }
  }

  /** Resolves to false when the thread has died of it. */
  async #load(thread: ActorThread): Promise<boolean> {
    if (this.#loaded === thread) return true;
    const { id, name, settings, runtime } = this.#options.worker;
    const self = { id, name };
    const parked = this.#parked;
    const { moduleUrl, context } = settings;
    const start = { moduleUrl, self, context, ...(parked ? { parked } : {}) };
    const message = `start() took longer than ${START_MS} ms`;
    const late = new HeddleError("BEHAVIOR_START_FAILED", message);
    const timer = runtime.clock.setTimer(START_MS, () => {
      thread.terminate(late);
      void this.#thread.end();
    });
    try {
      await thread.call("load", start);
      this.#loaded = thread;
      this.#parked = undefined;
      this.#hasStarted = true;
      return true;
    } catch (error) {
      thread.terminate(toHeddleError(error, "BEHAVIOR_START_FAILED"));
      await this.#thread.end();
      return false;
    } finally {
      timer.cancel();
    }
  }

  /** By the restart policy, after its pause. Resolves to false when it does not. */
  async #beginAnew({ reason, failure }: LifeEnd): Promise<boolean> {
    const { onLifeEnded, onRestarting } = this.#options;
    await onLifeEnded();
    if (this.#withdrawn || this.#neverStarts(failure)) return false;
    const decision = this.#thread.decideRestart(reason);
    if (decision.type !== "restart") {
      if (decision.type === "over-limit") {
        const limit = restartLimit(this.#options.worker.settings.restart, failure);
        this.#ended = { reason: "failure", failure: limit };
      }
      return false;
    }
    onRestarting();
    await this.#pause(decision.delayMs);
    this.#ended = undefined;
    return !this.#withdrawn;
  }

  /** What has failed the first time will fail again. A crash may not. */
  #neverStarts({ code }: HeddleError): boolean {
    if (code === "BEHAVIOR_LOAD_FAILED") return true;
    return code === "BEHAVIOR_START_FAILED" && !this.#hasStarted;
  }

  #pause(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer: Timer = this.#options.worker.runtime.clock.setTimer(ms, over.resolve);
    this.#onWithdrawn = () => {
      timer.cancel();
      over.resolve();
    };
    return over.promise;
  }

  /** Before it is parked. Resolves to false when its state cannot leave the thread. */
  async #save(thread: ActorThread): Promise<boolean> {
    const { runtime, settings } = this.#options.worker;
    const late = Promise.withResolvers<undefined>();
    const timer = runtime.clock.setTimer(settings.killMs, () => late.resolve(undefined));
    const snapshot = thread.call("snapshot").catch(() => undefined);
    const saved = await Promise.race([snapshot, late.promise]);
    timer.cancel();
    if (!saved?.ok || this.#loaded !== thread) return false;
    this.#parked = { state: saved.state };
    this.#loaded = undefined;
    this.#isParking = true;
    return true;
  }

  #lost(failure: HeddleError, reason: EndReason): void {
    if (this.#isParking) {
      this.#isParking = false;
      return;
    }
    const hasCrashed = this.#loaded !== undefined && !this.#ended;
    this.#end({ reason, failure });
    if (hasCrashed) this.#options.onCrash();
  }

  #end(end: LifeEnd): void {
    this.#loaded = undefined;
    this.#parked = undefined;
    if (this.#ended || this.#withdrawn) return;
    this.#ended = end;
    if (end.reason === "failure") this.#options.onFailure(end.failure);
  }
}
