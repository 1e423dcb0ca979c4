import type { Observable } from "rxjs";
import { BehaviorSubject } from "rxjs";
import { HeddleError, toHeddleError, toWireError } from "../../errors.ts";
import type { Message } from "../../protocol/model.ts";
import type { WorkerState } from "../../protocol/worker.ts";
import type { Clock } from "../../transport/clock.ts";
import { checkFields, checkNumber, clonePlain, MS } from "../check.ts";
import { ContainedObservable } from "../contained-observable.ts";
import type { Gateway } from "../gateways/gateway.ts";
import type { Worker } from "../handles.ts";
import type { Job } from "../jobs/job.ts";
import { JobRun } from "../jobs/job-run.ts";
import type { Letter } from "../messages/letter.ts";
import type { PostOffice } from "../messages/post-office.ts";
import type { ActorThread } from "../threads/actor-thread.ts";
import { restartLimit } from "../threads/restart-policy.ts";
import type { ThreadedWorker } from "../threads/thread-for.ts";
import { threadFor } from "../threads/thread-for.ts";
import type { ThreadWish, WorkerThread } from "../threads/worker-thread.ts";
import { Steering, steerText } from "./steering.ts";
import type { WorkerSettings } from "./worker-settings.ts";

export type SessionWorkerOptions = ThreadedWorker & {
  readonly settings: WorkerSettings;
  readonly gateway: Gateway;
  /** The name of its session. */
  readonly session: string;
  readonly post: PostOffice;
  readonly onState: (state: WorkerState) => void;
  readonly onStopped: () => void;
};

/** `run` is undefined until there is a thread for the job. */
type CurrentJob = { readonly job: Job; run: JobRun | undefined };

/** A worker as its session keeps it: the conversation, the queue of its jobs, and the thread it has while it works. */
export class SessionWorker implements Worker {
  readonly id: string;
  readonly name: string;
  readonly settings: WorkerSettings;
  readonly state$: Observable<WorkerState>;
  readonly #options: SessionWorkerOptions;
  readonly #state: BehaviorSubject<WorkerState> = new BehaviorSubject<WorkerState>("idle");
  readonly #queue: Job[] = [];
  readonly #thread: WorkerThread;
  readonly #steering: Steering = new Steering();
  #transcript: readonly Message[];
  #lastFailure: HeddleError | undefined;
  #modelCalls = 0;
  #current: CurrentJob | undefined;
  #hasFailed: boolean = false;
  #graceMs: number;
  #stopped: Promise<void> | undefined;

  constructor(options: SessionWorkerOptions) {
    this.id = options.id;
    this.name = options.name;
    this.settings = options.settings;
    this.#options = options;
    this.#graceMs = options.settings.graceMs;
    this.#transcript = options.settings.transcript;
    this.#thread = threadFor(options, {
      onModelCall: (call) => this.#runOf(call.jobId).callModel(call),
      onToolFinished: (report) => this.#runOf(report.jobId).toolFinished(report),
      onGone: () => {},
    });
    this.state$ = new ContainedObservable(this.#state, (error) =>
      options.runtime.report({ type: "subscriber-failed", error }),
    );
  }

  get state(): WorkerState {
    return this.#state.value;
  }

  get provider(): string {
    return this.settings.provider;
  }

  get lastFailure(): HeddleError | undefined {
    return this.#lastFailure;
  }

  get transcript(): readonly Message[] {
    return this.#transcript;
  }

  get isBusy(): boolean {
    return this.#current !== undefined || this.#queue.length > 0;
  }

  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  get threadId(): number | undefined {
    return this.#thread.threadId;
  }

  get queuedJobs(): number {
    return this.#queue.length;
  }

  get queuedMessages(): number {
    return this.#steering.waiting.length;
  }

  /** The job it works on, and those that wait. */
  get jobs(): readonly Job[] {
    return [...(this.#current ? [this.#current.job] : []), ...this.#queue];
  }

  /** Why it takes no message any more. */
  get endReason(): string | undefined {
    if (this.state === "failed") return this.#lastFailure?.code ?? "failed";
    return this.isStopped ? "stopped" : undefined;
  }

  tell(name: string, message?: unknown): Promise<void> {
    const plain = clonePlain("message", message, "INVALID_INPUT");
    if (name === "steer") steerText(plain);
    return this.#options.post.tell(this, name, plain, "host");
  }

  accept(letter: Letter): void {
    this.#steering.accept(letter, this, this.#options.post);
  }

  enqueue(job: Job): void {
    this.#queue.push(job);
    job.onSettled(() => {
      const place = this.#queue.indexOf(job);
      if (place >= 0) this.#queue.splice(place, 1);
    });
    // Not at once: whoever made the job can subscribe to it before anything happens.
    queueMicrotask(() => {
      // Whoever was told of the job may have stopped the worker.
      if (this.isStopped) void job.cancel("the worker was stopped");
      this.#next();
    });
  }

  stop(options: { graceMs?: number } = {}): Promise<void> {
    checkFields("options", options, ["graceMs"]);
    checkNumber("graceMs", options.graceMs, MS);
    this.#graceMs = Math.min(this.#graceMs, options.graceMs ?? this.#graceMs);
    this.#current?.run?.shortenGrace();
    return this.end("the worker was stopped");
  }

  /** Cancels its jobs for `reason` and ends its thread. */
  end(reason: string): Promise<void> {
    this.#stopped ??= this.#end(reason);
    return this.#stopped;
  }

  terminate(): Promise<void> {
    return this.stop({ graceMs: 0 });
  }

  #next(): void {
    if (this.#current) return;
    const job = this.#queue.shift();
    if (!job) return;
    const current: CurrentJob = { job, run: undefined };
    this.#current = current;
    job.onSettled(() => this.#settled(current));
    void this.#perform(current).finally(() => {
      this.#current = undefined;
      this.#next();
    });
  }

  /** Never rejects. */
  async #perform(current: CurrentJob): Promise<void> {
    const { job } = current;
    try {
      const thread = await this.#thread.take(wishOf(job));
      if (!thread || job.isSettled) return;
      const run = new JobRun(job, {
        thread,
        replaceThread: (failure) => this.#replaceThread(job, failure),
        gateway: this.#options.gateway,
        session: this.#options.session,
        history: this.#transcript,
        nextCallIndex: () => this.#modelCalls++,
        graceMs: () => this.#graceMs,
        onState: (state) => this.#enter(state, job),
        steering: this.#steering,
      });
      current.run = run;
      await run.perform();
    } catch (error) {
      job.fail(toHeddleError(error, "INTERNAL"));
    } finally {
      if (this.#queue.length === 0) this.#thread.rest();
    }
  }

  /** By the restart policy. */
  async #replaceThread(job: Job, failure: HeddleError): Promise<ActorThread | HeddleError> {
    const decision = this.#thread.decideRestart();
    if (decision.type !== "restart") return this.#giveUp(decision.type, failure);
    this.#enter("restarting", job);
    await pause(this.#options.runtime.clock, decision.delayMs, job);
    let isStarting: boolean = true;
    // A start that hangs must not hold up the job's end.
    job.onStopped(() => isStarting && this.#thread.surrender());
    const thread = await this.#thread
      .take(wishOf(job))
      .catch((error) => toHeddleError(error, "INTERNAL"));
    isStarting = false;
    if (!thread) return failure;
    const { attempt } = decision;
    if (!HeddleError.is(thread)) {
      job.append({ type: "restarted", attempt, failure: toWireError(failure) });
    }
    return thread;
  }

  #giveUp(why: "give-up" | "over-limit", failure: HeddleError): HeddleError {
    this.#hasFailed = true;
    return why === "give-up" ? failure : restartLimit(this.settings.restart, failure);
  }

  #runOf(jobId: string): JobRun {
    const { job, run } = this.#current ?? {};
    if (run && job?.id === jobId) return run;
    throw new HeddleError("INTERNAL", `the actor speaks of a job that it does not run: ${jobId}`);
  }

  /** In the turn in which the job ends. A job that was never begun leaves no trace in the conversation. */
  #settled({ job, run }: CurrentJob): void {
    if (run) this.#transcript = [...this.#transcript, ...job.messages()];
    const { ended } = job;
    if (ended?.status === "completed") this.#lastFailure = undefined;
    if (ended?.status === "failed") this.#lastFailure = ended.error;
    if (this.#hasFailed) this.#fail(ended?.error);
    else if (!this.isStopped && this.#queue.length === 0) this.#enter("idle");
  }

  /** It will not start again: what waits for it fails, too. */
  #fail(cause: unknown): void {
    this.#enter("failed");
    const error = new HeddleError("WORKER_FAILED", `worker "${this.name}" has failed`, { cause });
    for (const job of [...this.#queue]) job.fail(error);
  }

  #enter(state: WorkerState, job?: Job): void {
    if (this.state === state) return;
    this.#state.next(state);
    job?.append({ type: "state", state });
    this.#options.onState(state);
  }

  async #end(reason: string): Promise<void> {
    const release = this.#options.runtime.hold();
    const { jobs } = this;
    for (const job of [...jobs].reverse()) void job.cancel(reason);
    await Promise.all(jobs.map((job) => job.outcome));
    await this.#thread.end();
    this.#enter("stopped");
    this.#state.complete();
    this.#options.onStopped();
    release();
  }
}

function wishOf(job: Job): ThreadWish {
  return {
    isWithdrawn: () => job.isSettled || job.stopReason !== undefined,
    onWithdrawn: (run) => job.onStopped(run),
    onWaiting: () => job.append({ type: "waiting", for: "thread" }),
  };
}

/** Resolves after `ms`, or as soon as the job is to stop. */
function pause(clock: Clock, ms: number, job: Job): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = clock.setTimer(ms, over.resolve);
  job.onStopped(() => {
    timer.cancel();
    over.resolve();
  });
  return over.promise;
}
