import { extname } from "node:path";
import { HeddleError } from "../../errors.ts";
import type {
  ActorCommand,
  ActorConfig,
  ActorJob,
  ActorModelCall,
  ActorReport,
} from "../../protocol/actor-messages.ts";
import type { ActorRequest, BehaviorCalls } from "../../protocol/behavior.ts";
import type { WireError } from "../../protocol/error.ts";
import type { ModelResponse } from "../../protocol/model.ts";
import type { CallMessage } from "../../transport/calls.ts";
import { Caller, exposeMethods } from "../../transport/calls.ts";
import { CancelCell } from "../../transport/cancel-cell.ts";
import type { Timer } from "../../transport/clock.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import type { Runtime } from "../runtime.ts";
import { endReasonOf, failureOf } from "./actor-faults.ts";
import type { ActorLimits, ActorOwner } from "./actor-owner.ts";
import type { ActorProfile } from "./actor-profile.ts";
import type { ActorWatch, Watched, WatchedThread } from "./actor-watch.ts";
import { FloodGate, MAX_MESSAGES_PER_TURN } from "./flood-gate.ts";
import type { EndReason } from "./restart-policy.ts";
import type { Thread, ThreadExit } from "./thread.ts";

const ENTRY = new URL(`../../actors/entry${extname(import.meta.filename)}`, import.meta.url);
const START_MS = 60_000;
/** Of a thread that nobody owns yet. */
const SPARE_KILL_MS = 5_000;
/** Half of Node's own: a thread whose code makes much that is short-lived keeps 6 MB less, and takes no longer for it. */
const YOUNG_GENERATION_MB = 8;
const FLOODED = `the actor sent more than ${MAX_MESSAGES_PER_TURN} messages at once`;

/** What the supervisor can call in an actor thread. */
export type ActorCalls = {
  ready(): Promise<void>;
  configure(config: ActorConfig, cancelled: SharedArrayBuffer): Promise<void>;
  /** Settles when the job's loop has ended. */
  run(job: ActorJob): Promise<void>;
} & BehaviorCalls;

/** The thread of one actor, from its start to its end. It may be started before it has an owner. */
export class ActorThread {
  /** For people: the worker's, once it has one. */
  #name: string;
  readonly #runtime: Runtime;
  readonly #thread: Thread;
  readonly #caller: Caller<ActorCalls>;
  readonly #onCall: (body: unknown) => void;
  readonly #gone: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #cancelCell: CancelCell = new CancelCell();
  #owner: ActorOwner | undefined;
  #isReady: boolean = false;
  #isEnding: boolean = false;
  #isGone: boolean = false;
  #isStuck: boolean = false;
  #killedFor: HeddleError | undefined;
  #lastWords: WireError | undefined;
  readonly #floodGate: FloodGate = new FloodGate();
  readonly #watch: ActorWatch;
  #watched: Watched | undefined;
  #limits: ActorLimits = {
    heapMb: Number.POSITIVE_INFINITY,
    unresponsiveMs: MAX_TIMER_MS,
    killMs: SPARE_KILL_MS,
  };
  #kill: Timer | undefined;
  /** Calls that the actor works on, and calls that it waits for. */
  #openWork = 0;
  #openAsks = 0;

  /** @throws what `new Worker` throws. */
  constructor(name: string, profile: ActorProfile, watch: ActorWatch, runtime: Runtime) {
    this.#name = name;
    this.#runtime = runtime;
    this.#watch = watch;
    const post = (message: CallMessage) => this.#thread.post(message);
    this.#caller = new Caller(post);
    this.#onCall = exposeMethods(
      {
        callModel: (call: ActorModelCall) => this.#ask(call),
        act: (request: ActorRequest) => this.#owner?.onRequest?.(request),
      },
      post,
    );
    this.#thread = runtime.spawn(
      { entry: ENTRY, name, youngGenerationMb: YOUNG_GENERATION_MB, ...profile },
      {
        onMessage: (message) => this.#receive(message as ActorReport | CallMessage),
        onExit: (exit) => this.#exited(exit),
      },
    );
  }

  get threadId(): number {
    return this.#thread.threadId;
  }

  /** Resolves when the thread is gone, or written off. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Whether it can take a job: it is neither gone nor being ended. */
  get isUsable(): boolean {
    return !this.#isEnding;
  }

  /** Whether it was written off. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Whether its code is loaded. */
  get isReady(): boolean {
    return this.#isReady && this.isUsable;
  }

  /** Resolves when its code is loaded. @throws {HeddleError} `ACTOR_START_FAILED`. */
  async ready(): Promise<void> {
    await this.#starting("ready");
  }

  /** Makes it the actor of `owner`'s worker. @throws {HeddleError} `ACTOR_START_FAILED`. */
  async own(owner: ActorOwner, limits: ActorLimits, config: ActorConfig): Promise<void> {
    this.#owner = owner;
    this.#limits = limits;
    this.#name = `${config.workerName} (${config.workerId})`;
    const configured = this.#starting("configure", config, this.#cancelCell.shared);
    // A spare is not waited for: what it is given to do comes behind this on the same port.
    if (this.#isReady) configured.catch(() => {});
    else await configured;
  }

  /** @throws {HeddleError} what ended the loop, or the thread. */
  run(job: ActorJob): Promise<void> {
    return this.#execute(this.#caller.call("run", job));
  }

  /** @throws {HeddleError} what the method threw, or what ended the thread. */
  call<K extends keyof BehaviorCalls>(
    method: K,
    ...args: Parameters<BehaviorCalls[K]>
  ): Promise<Awaited<ReturnType<BehaviorCalls[K]>>> {
    return this.#execute(this.#caller.call(method, ...(args as Parameters<ActorCalls[K]>)));
  }

  cancel(jobId: string, reason: string): void {
    this.#thread.post({ type: "cancel", jobId, reason } satisfies ActorCommand);
  }

  /** Tells a behaviour that its worker is to stop. It may come to its end, or not listen. */
  stop(reason: string): void {
    this.#cancelCell.cancel();
    this.#thread.post({ type: "stop", reason } satisfies ActorCommand);
  }

  steer(jobId: string, text: string): void {
    this.#thread.post({ type: "steer", jobId, text } satisfies ActorCommand);
  }

  /**
   * Ends the thread; `gone` resolves when it is. Blocked in a system call it may never be: after `killMs` it is written off,
   * and what it was doing fails with `THREAD_STUCK`.
   */
  terminate(killedFor?: HeddleError): void {
    this.#isEnding = true;
    this.#killedFor ??= killedFor;
    this.#thread.terminate();
    if (this.#isGone) return;
    this.#kill ??= this.#runtime.clock.setTimer(this.#limits.killMs, () => this.#writeOff());
  }

  /** Treats the thread as gone although it is not: it is reported, and none of its messages are taken any more. */
  #writeOff(): void {
    const { threadId } = this.#thread;
    this.#isStuck = true;
    this.#runtime.report({ type: "thread-stuck", thread: this.#name, threadId });
    this.#leave(new HeddleError("THREAD_STUCK", "the actor's thread cannot be ended"), "failure");
  }

  async #starting<K extends "ready" | "configure">(
    method: K,
    ...args: Parameters<ActorCalls[K]>
  ): Promise<void> {
    const late = new HeddleError("ACTOR_START_FAILED", `not ready after ${START_MS} ms`);
    const timer = this.#runtime.clock.setTimer(START_MS, () => this.#caller.close(late));
    try {
      await this.#caller.call(method, ...args);
      this.#isReady = true;
    } catch (error) {
      this.terminate();
      throw new HeddleError("ACTOR_START_FAILED", "the thread did not start", { cause: error });
    } finally {
      timer.cancel();
    }
  }

  #ask(call: ActorModelCall): Promise<ModelResponse> {
    if (!this.#owner) throw new HeddleError("INTERNAL", "a thread without a worker asks the model");
    return this.#wait(this.#owner.onModelCall(call));
  }

  /** While `work` goes on in the actor, and the actor does not wait for the supervisor, it executes code, and is watched. */
  async #execute<T>(work: Promise<T>): Promise<T> {
    this.#openWork += 1;
    this.#updateWatch();
    try {
      return await work;
    } finally {
      this.#openWork -= 1;
      this.#updateWatch();
    }
  }

  async #wait<T>(answer: Promise<T>): Promise<T> {
    this.#openAsks += 1;
    this.#updateWatch();
    try {
      return await answer;
    } finally {
      this.#openAsks -= 1;
      this.#updateWatch();
    }
  }

  #updateWatch(): void {
    const isExecuting = this.#openWork > 0 && this.#openAsks === 0 && !this.#isGone;
    if (isExecuting) this.#watched ??= this.#watch.enter(this.#watchedThread());
    else this.#watched?.leave();
    if (!isExecuting) this.#watched = undefined;
  }

  #watchedThread(): WatchedThread {
    const { heapMb, unresponsiveMs } = this.#limits;
    return {
      heapLimitBytes: heapMb * 1_048_576,
      unresponsiveMs,
      heapBytes: () => this.#thread.heapBytes(),
      ping: () => this.#thread.post({ type: "ping" } satisfies ActorCommand),
      overLimit: (usedBytes) => {
        const usedMb = Math.round(usedBytes / 1_048_576);
        const message = `the actor's heap has ${usedMb} MB, and heapMb is ${heapMb}`;
        const details = { heapMb, usedMb };
        this.terminate(new HeddleError("ACTOR_OUT_OF_MEMORY", message, { details }));
      },
      unresponsive: (forMs) => this.#owner?.onUnresponsive(forMs),
    };
  }

  #receive(message: ActorReport | CallMessage): void {
    if (this.#isGone || this.#isFlooding()) return;
    switch (message.type) {
      case "reply":
        this.#caller.deliver(message.body);
        break;
      case "call":
        this.#onCall(message.body);
        break;
      case "tool-finished":
        this.#owner?.onToolFinished(message);
        break;
      case "pong":
        this.#watched?.answered();
        break;
      case "output":
        this.#owner?.onOutput(message.stream, message.text);
        break;
      case "crashed":
        this.#lastWords = message.error;
        break;
      default:
        message satisfies never;
    }
  }

  /** An actor that sends without waiting would grow the supervisor's memory: it is ended, and what it still sends is dropped. */
  #isFlooding(): boolean {
    const isFlooded = this.#floodGate.isFlooded();
    if (isFlooded && this.isUsable) this.terminate(new HeddleError("ACTOR_FLOODED", FLOODED));
    return isFlooded;
  }

  #exited(exit: ThreadExit): void {
    const end = { exit, lastWords: this.#lastWords, killedFor: this.#killedFor };
    this.#leave(failureOf(end), endReasonOf(end));
  }

  #leave(failure: HeddleError, reason: EndReason): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#isEnding = true;
    this.#kill?.cancel();
    this.#updateWatch();
    this.#caller.close(failure);
    this.#owner?.onGone(failure, reason);
    this.#gone.resolve();
  }
}
