import { extname } from "node:path";
import { HeddleError } from "../../errors.ts";
import type {
  ActorCommand,
  ActorConfig,
  ActorJob,
  ActorReport,
} from "../../protocol/actor-messages.ts";
import type { ActorRequest, BehaviorCalls } from "../../protocol/behavior.ts";
import type { WireError } from "../../protocol/error.ts";
import type { LoadedTools, ToolModule } from "../../protocol/tool.ts";
import type { CallMessage } from "../../transport/calls.ts";
import { Caller, exposeMethods } from "../../transport/calls.ts";
import { CancelCell } from "../../transport/cancel-cell.ts";
import type { Timer } from "../../transport/clock.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import type { Runtime } from "../runtime.ts";
import { ActorActivity } from "./actor-activity.ts";
import type { ActorCalls } from "./actor-calls.ts";
import { endReasonOf, failureOf } from "./actor-faults.ts";
import type { ActorLimits, ActorOwner, JobDesk } from "./actor-owner.ts";
import type { ActorProfile } from "./actor-profile.ts";
import type { ActorWatch } from "./actor-watch.ts";
import { FloodGate, MAX_MESSAGES_PER_TURN } from "./flood-gate.ts";
import { jobCalls } from "./job-calls.ts";
import type { EndReason } from "./restart-policy.ts";
import type { Thread, ThreadExit } from "./thread.ts";
import { ThreadEnd } from "./thread-end.ts";
import { watchedActor } from "./watched-actor.ts";

const ENTRY = new URL(`../../actors/entry${extname(import.meta.filename)}`, import.meta.url);
const START_MS = 60_000;
/** Of a thread that nobody owns yet. */
const SPARE_KILL_MS = 5_000;
/** Half of Node's own: a thread whose code makes much that is short-lived keeps 6 MB less, and takes no longer for it. */
const YOUNG_GENERATION_MB = 8;
const FLOODED = `the actor sent more than ${MAX_MESSAGES_PER_TURN} messages at once`;

/** The thread of one actor, from its start to its end. It may be started before it has an owner. */
export class ActorThread {
  /** For people: the worker's, once it has one. */
  #name: string;
  readonly #runtime: Runtime;
  readonly #thread: Thread;
  readonly #caller: Caller<ActorCalls>;
  readonly #onCall: (body: unknown) => void;
  readonly #gone: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #end: ThreadEnd = new ThreadEnd();
  readonly #cancelCell: CancelCell = new CancelCell();
  #owner: ActorOwner | undefined;
  #isReady: boolean = false;
  #isEnding: boolean = false;
  #isStuck: boolean = false;
  #killedFor: HeddleError | undefined;
  #lastWords: WireError | undefined;
  readonly #floodGate: FloodGate = new FloodGate();
  readonly #activity: ActorActivity;
  #limits: ActorLimits = {
    heapMb: Number.POSITIVE_INFINITY,
    unresponsiveMs: MAX_TIMER_MS,
    killMs: SPARE_KILL_MS,
  };
  #kill: Timer | undefined;
  #isGivenUp: boolean = false;
  #tools: Promise<LoadedTools> | undefined;
  /** How many jobs it was sent, and the last of them. */
  #jobs = 0;
  #jobId: string | undefined;

  /** @throws what `new Worker` throws. */
  constructor(name: string, profile: ActorProfile, watch: ActorWatch, runtime: Runtime) {
    this.#name = name;
    this.#runtime = runtime;
    this.#activity = new ActorActivity(watch, () =>
      watchedActor(this.#thread, this.#limits, {
        terminate: (failure) => this.terminate(failure),
        unresponsive: (forMs) => this.#owner?.onUnresponsive(forMs),
      }),
    );
    const post = (message: CallMessage) => this.#thread.post(message);
    this.#caller = new Caller(post);
    this.#onCall = exposeMethods(
      {
        ...jobCalls(
          (jobId) => this.#desk(jobId),
          this.#activity,
          () => this.isUsable,
        ),
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

  /** Whether it was ended because others need it more. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Loads the tools of its worker, once. @throws {HeddleError} `TOOL_LOAD_FAILED`, or what ended the thread. */
  loadTools(modules: readonly ToolModule[]): Promise<LoadedTools> {
    this.#tools ??= this.#activity.during(this.#caller.call("loadTools", modules));
    return this.#tools;
  }

  /**
   * Has `work` done in the actor's place: it is begun unless the thread is ending, and settles here as it does.
   *
   * @throws {HeddleError} what ended the thread, if that was first: `work` then goes on by itself.
   */
  async alongside<T>(work: () => Promise<T>): Promise<T> {
    if (!this.isUsable) await this.gone;
    return await this.#end.before(work);
  }

  /** @throws {HeddleError} what ended the loop, or the thread. */
  run(job: Omit<ActorJob, "work">): Promise<void> {
    this.#jobs += 1;
    this.#jobId = job.jobId;
    return this.#activity.during(this.#caller.call("run", { ...job, work: this.#jobs }));
  }

  /** @throws {HeddleError} what the method threw, or what ended the thread. */
  call<K extends keyof BehaviorCalls>(
    method: K,
    ...args: Parameters<BehaviorCalls[K]>
  ): Promise<Awaited<ReturnType<BehaviorCalls[K]>>> {
    return this.#activity.during(this.#caller.call(method, ...(args as Parameters<ActorCalls[K]>)));
  }

  /** Tells the job that it runs to stop. An actor that was not sent the job is left asleep. */
  cancel(jobId: string, reason: string): void {
    if (this.#jobId !== jobId) return;
    this.#cancelCell.cancel(this.#jobs);
    this.#thread.post({ type: "cancel", jobId, reason } satisfies ActorCommand);
  }

  /** Tells a behaviour that its worker is to stop. It may come to its end, or not listen. */
  stop(reason: string): void {
    this.#cancelCell.cancel();
    this.#thread.post({ type: "stop", reason } satisfies ActorCommand);
  }

  /** As `cancel`: what an actor has not heard is with the job when that is sent. */
  steer(jobId: string, text: string): void {
    if (this.#jobId !== jobId) return;
    this.#thread.post({ type: "steer", jobId, text } satisfies ActorCommand);
  }

  execOutput(exec: number, stream: "stdout" | "stderr", text: string): void {
    this.#thread.post({ type: "exec-output", exec, stream, text } satisfies ActorCommand);
  }

  /** Ends the thread because others need it more: what it has is safe. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.terminate();
  }

  /**
   * Ends the thread; `gone` resolves when it is. Blocked in a system call it may never be: after `killMs` it is written off,
   * and what it was doing fails with `THREAD_STUCK`.
   */
  terminate(killedFor?: HeddleError): void {
    this.#isEnding = true;
    this.#killedFor ??= killedFor;
    this.#thread.terminate();
    if (this.#end.failure) return;
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

  #desk(jobId: string): JobDesk {
    const desk = this.#owner?.jobDesk?.(jobId);
    if (desk) return desk;
    throw new HeddleError("INTERNAL", "a thread without jobs asks for a job");
  }

  #receive(message: ActorReport | CallMessage): void {
    if (this.#end.failure || this.#isFlooding()) return;
    switch (message.type) {
      case "reply":
        this.#caller.deliver(message.body);
        break;
      case "call":
        this.#onCall(message.body);
        break;
      case "tool-finished":
        this.#activity.toolEnded(message.index);
        this.#desk(message.jobId).toolFinished(message.index, message.end);
        break;
      case "pong":
        this.#activity.answered();
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
    if (this.#end.failure) return;
    this.#end.come(failure);
    this.#isEnding = true;
    this.#kill?.cancel();
    this.#activity.end();
    this.#caller.close(failure);
    this.#owner?.onGone(failure, reason);
    this.#gone.resolve();
  }
}
