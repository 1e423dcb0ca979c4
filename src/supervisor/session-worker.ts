import type { Observable } from "rxjs";
import { BehaviorSubject } from "rxjs";
import { HeddleError, toHeddleError } from "../errors.ts";
import type { Message } from "../protocol/model.ts";
import type { WorkerState } from "../protocol/worker.ts";
import { ActorThread } from "./actor-thread.ts";
import { checkFields, checkNumber, MS } from "./check.ts";
import { ContainedObservable } from "./contained-observable.ts";
import type { Gateway } from "./gateway.ts";
import type { Worker } from "./handles.ts";
import type { Job } from "./job.ts";
import { JobRun } from "./job-run.ts";
import type { Runtime } from "./runtime.ts";
import type { PermitHolder, ThreadPermits } from "./thread-permits.ts";
import type { WorkerSettings } from "./worker-settings.ts";

export type SessionWorkerOptions = {
  readonly id: string;
  readonly name: string;
  readonly settings: WorkerSettings;
  readonly gateway: Gateway;
  readonly permits: ThreadPermits;
  readonly runtime: Runtime;
  readonly onState: (state: WorkerState) => void;
  readonly onStopped: () => void;
};

/** `run` is undefined until there is a thread for the job. */
type CurrentJob = { readonly job: Job; run: JobRun | undefined };

/** A worker as its session keeps it: the conversation, the queue of its jobs, and the thread it has while it works. */
export class SessionWorker implements Worker, PermitHolder {
  readonly id: string;
  readonly name: string;
  readonly settings: WorkerSettings;
  readonly state$: Observable<WorkerState>;
  readonly #options: SessionWorkerOptions;
  readonly #state: BehaviorSubject<WorkerState> = new BehaviorSubject<WorkerState>("idle");
  readonly #queue: Job[] = [];
  #transcript: readonly Message[];
  #lastFailure: HeddleError | undefined;
  #modelCalls = 0;
  #current: CurrentJob | undefined;
  #thread: ActorThread | undefined;
  #graceMs: number;
  #stopped: Promise<void> | undefined;

  constructor(options: SessionWorkerOptions) {
    this.id = options.id;
    this.name = options.name;
    this.settings = options.settings;
    this.#options = options;
    this.#graceMs = options.settings.graceMs;
    this.#transcript = options.settings.transcript;
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
    return this.#thread?.threadId;
  }

  get queuedJobs(): number {
    return this.#queue.length;
  }

  /** The job it works on, and those that wait. */
  get jobs(): readonly Job[] {
    return [...(this.#current ? [this.#current.job] : []), ...this.#queue];
  }

  enqueue(job: Job): void {
    this.#queue.push(job);
    job.onSettled(() => {
      const place = this.#queue.indexOf(job);
      if (place >= 0) this.#queue.splice(place, 1);
    });
    // Not at once: whoever made the job can subscribe to it before anything happens.
    queueMicrotask(() => this.#next());
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

  surrender(): void {
    this.#thread?.terminate();
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
    const { gateway, permits } = this.#options;
    permits.busy(this);
    try {
      const thread = await this.#readyThread(job);
      if (job.isSettled || !thread) return;
      const run = new JobRun(job, {
        thread,
        gateway,
        history: this.#transcript,
        nextCallIndex: () => this.#modelCalls++,
        graceMs: () => this.#graceMs,
        onState: (state) => this.#enter(state, job),
      });
      current.run = run;
      await run.perform();
    } catch (error) {
      job.fail(toHeddleError(error, "INTERNAL"));
    } finally {
      // The thread is kept for the next job.
      if (this.#thread?.isUsable && this.#queue.length === 0) permits.idle(this);
    }
  }

  /** The worker's thread, started if need be. Undefined when the job has ended while it waited. */
  async #readyThread(job: Job): Promise<ActorThread | undefined> {
    if (this.#thread?.isUsable) return this.#thread;
    await this.#thread?.gone;
    if (!(await this.#permit(job))) return undefined;
    if (job.isSettled) {
      this.#options.permits.release(this);
      return undefined;
    }
    const thread = this.#startThread();
    const { id, name, settings } = this;
    await thread.configure({ workerId: id, workerName: name, maxSteps: settings.maxSteps });
    return thread;
  }

  /** Resolves to false when the job has ended first. */
  #permit(job: Job): Promise<boolean> {
    const { permits } = this.#options;
    const turn = Promise.withResolvers<boolean>();
    let isGranted: boolean = false;
    const withdraw = permits.acquire(() => {
      isGranted = true;
      turn.resolve(true);
    });
    if (!isGranted) job.append({ type: "waiting", for: "thread" });
    job.onSettled(() => {
      withdraw();
      turn.resolve(isGranted);
    });
    return turn.promise;
  }

  #startThread(): ActorThread {
    const { permits, runtime } = this.#options;
    let thread: ActorThread | undefined;
    try {
      thread = new ActorThread(`${this.name} (${this.id})`, runtime, {
        onModelCall: (call) => this.#runOf(call.jobId).callModel(call),
        onReport: (report) => this.#runOf(report.jobId).report(report),
        onGone: () => {
          permits.release(this);
          if (this.#thread === thread) this.#thread = undefined;
        },
      });
    } catch (error) {
      permits.release(this);
      throw new HeddleError("ACTOR_START_FAILED", "no thread could be made", { cause: error });
    }
    this.#thread = thread;
    return thread;
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
    if (!this.isStopped && this.#queue.length === 0) this.#enter("idle");
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
    await this.#endThread();
    this.#enter("stopped");
    this.#state.complete();
    this.#options.onStopped();
    release();
  }

  async #endThread(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    thread.terminate();
    const { clock } = this.#options.runtime;
    const timer = clock.setTimer(this.settings.killMs, () => thread.writeOff());
    await thread.gone;
    timer.cancel();
  }
}
