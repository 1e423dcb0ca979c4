import type { Observable } from "rxjs";
import { HeddleError, toHeddleError } from "../../errors.ts";
import type { Message, Usage } from "../../protocol/model.ts";
import type { WorkerState } from "../../protocol/worker.ts";
import { clonePlain, shortenedGraceMs } from "../check.ts";
import { Ending } from "../ending.ts";
import type { ProviderRoute } from "../gateways/gateways.ts";
import type { Worker } from "../handles.ts";
import { Ledger } from "../jobs/budget.ts";
import type { Job } from "../jobs/job.ts";
import { JobRun } from "../jobs/job-run.ts";
import type { Letter } from "../messages/letter.ts";
import type { ThreadClaim } from "../threads/thread-claim.ts";
import type { ThreadedWorker } from "../threads/thread-for.ts";
import { threadFor } from "../threads/thread-for.ts";
import type { WorkerThread } from "../threads/worker-thread.ts";
import type { SessionTools } from "../tools/session-tools.ts";
import { WorkerStates } from "../worker-states.ts";
import type { TakenJob } from "./job-queue.ts";
import { JobQueue } from "./job-queue.ts";
import { isWithdrawn, JobThread } from "./job-thread.ts";
import { Steering, steerText } from "./steering.ts";
import type { WorkerSettings } from "./worker-settings.ts";
export type SessionWorkerOptions = ThreadedWorker & {
  readonly settings: WorkerSettings;
  readonly routeTo: (provider: string) => ProviderRoute;
  /** The name of its session. */
  readonly session: string;
  readonly tools: SessionTools;
  readonly onState: (state: WorkerState) => void;
  readonly onStopped: () => void;
};

/** A worker as its session keeps it: the conversation, the queue of its jobs, and the thread it has while it works. */
export class SessionWorker implements Worker {
  readonly id: string;
  readonly name: string;
  readonly settings: WorkerSettings;
  readonly ledger: Ledger = new Ledger();
  readonly #options: SessionWorkerOptions;
  readonly #states: WorkerStates;
  readonly #queue: JobQueue = new JobQueue();
  readonly #thread: WorkerThread;
  readonly #jobThread: JobThread;
  readonly #steering: Steering = new Steering();
  #transcript: readonly Message[];
  #lastFailure: HeddleError | undefined;
  #modelCalls = 0;
  /** It will not start again, once the job has ended of this. */
  #failure: HeddleError | undefined;
  #graceMs: number;
  readonly #ending: Ending = new Ending();

  constructor(options: SessionWorkerOptions) {
    this.id = options.id;
    this.name = options.name;
    this.settings = options.settings;
    this.#options = options;
    this.#graceMs = options.settings.graceMs;
    this.#transcript = options.settings.transcript;
    this.#thread = threadFor(options, {
      jobDesk: (jobId) => this.#runOf(jobId).desk,
      onGone: () => {},
    });
    this.#jobThread = new JobThread({
      thread: this.#thread,
      permits: options.supply.permits,
      restart: options.settings.restart,
      clock: options.runtime.clock,
      onWaiting: (error) => this.#refuseChildren(error),
      onRestarting: (job) => this.#enter("restarting", job),
      onGivenUp: (failure) => {
        this.#failure = failure;
      },
    });
    this.#states = new WorkerStates(options.runtime);
  }

  get state(): WorkerState {
    return this.#states.present;
  }

  get state$(): Observable<WorkerState> {
    return this.#states.observable;
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

  get usage(): Usage {
    return this.ledger.usage;
  }

  get isBusy(): boolean {
    return this.jobs.length > 0;
  }

  get isStopped(): boolean {
    return this.#ending.hasBegun;
  }

  get threadId(): number | undefined {
    return this.#thread.threadId;
  }

  get queuedJobs(): number {
    return this.#queue.waiting.length;
  }

  get queuedMessages(): number {
    return this.#steering.waiting.length;
  }

  /** It is to stop, and has nothing left to do: only its thread may still have to end. */
  get isOver(): boolean {
    return this.isStopped && !this.isBusy;
  }

  /** The job it works on, and those that wait. */
  get jobs(): readonly Job[] {
    return this.#queue.jobs;
  }

  /** What must end before it turns to `job`. */
  jobsAhead(job: Job): readonly Job[] {
    return this.#queue.ahead(job);
  }

  /** Why it takes no message any more. */
  get endReason(): string | undefined {
    if (this.state === "failed") return this.#lastFailure?.code ?? "failed";
    return this.isStopped ? "stopped" : undefined;
  }

  tell(name: string, message?: unknown): Promise<void> {
    const plain = clonePlain("message", message, "INVALID_INPUT");
    if (name === "steer") steerText(plain);
    return this.#options.tools.society.post.tell(this, name, plain, "host");
  }

  accept(letter: Letter): void {
    this.#steering.accept(letter, this, this.#options.tools.society.post);
  }

  /** A thread for a job that must not wait for one; undefined: the worker has one, or will. @throws {HeddleError} `OVERLOADED`. */
  claimThread(): ThreadClaim | undefined {
    return this.#jobThread.claim(this.isBusy);
  }

  enqueue(job: Job, claim?: ThreadClaim): void {
    this.#queue.add({ job, claim, run: undefined });
    job.onStopped(() => this.#leaveStart());
    // Not at once: whoever made the job can subscribe to it before anything happens.
    queueMicrotask(() => {
      // Whoever was told of the job may have stopped the worker.
      if (this.isStopped) void job.cancel("the worker was stopped");
      this.#next();
    });
  }

  stop(options: { graceMs?: number } = {}): Promise<void> {
    this.#graceMs = shortenedGraceMs(options, this.#graceMs);
    this.#queue.current?.run?.shortenGrace();
    return this.end("the worker was stopped");
  }

  /** Cancels its jobs for `reason` and ends its thread. */
  end(reason: string): Promise<void> {
    return this.#ending.begin(() => this.#end(reason));
  }

  terminate(): Promise<void> {
    return this.stop({ graceMs: 0 });
  }

  #next(): void {
    if (this.#queue.current) return;
    const current = this.#queue.next();
    if (!current) {
      if (!this.#failure && !this.isStopped) this.#enter("idle");
      this.#thread.rest();
      return;
    }
    current.job.onEnded(() => this.#ended(current));
    current.job.onSettled(() => this.#settled(current.job));
    void this.#perform(current).finally(() => {
      this.#queue.leave();
      this.#next();
    });
  }

  /** Never rejects. */
  async #perform(current: TakenJob): Promise<void> {
    const { job, claim } = current;
    try {
      const thread = await this.#jobThread.first(job, claim);
      if (HeddleError.is(thread)) job.fail(thread);
      if (!thread || HeddleError.is(thread) || isWithdrawn(job)) {
        // One that never began may still wait for its children.
        await job.outcome;
        return;
      }
      const run = new JobRun(job, {
        thread,
        replaceThread: (failure) => this.#jobThread.replace(job, failure),
        resumeThread: () => this.#jobThread.resume(job),
        onThreadNeed: (need) => this.#thread.setNeed(need),
        tools: this.#options.tools,
        routeTo: this.#options.routeTo,
        session: this.#options.session,
        history: this.#transcript,
        nextCallIndex: () => this.#modelCalls++,
        graceMs: () => this.#graceMs,
        onState: (state) => this.#enter(state, job),
        // Its job may still wait for its children. What waits behind it will want the thread.
        onActorEnded: () => this.queuedJobs === 0 && this.#thread.rest(),
        steering: this.#steering,
      });
      current.run = run;
      await run.perform();
    } catch (error) {
      job.fail(toHeddleError(error, "INTERNAL"));
    }
  }

  /** A job was stopped. A start that hangs holds up nothing that has begun, and keeps no thread that nobody wants. */
  #leaveStart(): void {
    const { job, run } = this.#queue.current ?? {};
    if (!job || !isWithdrawn(job)) return;
    const isWanted = this.#queue.waiting.some((next) => !isWithdrawn(next.job));
    if (run || !isWanted) this.#thread.abandonStart();
  }

  /** What waits for a thread waits for jobs to end, and those may wait for their children. */
  #refuseChildren(error: HeddleError): void {
    for (const { job } of [...this.#queue.waiting]) if (job.parentId !== undefined) job.fail(error);
  }

  #runOf(jobId: string): JobRun {
    const { job, run } = this.#queue.current ?? {};
    if (run && job?.id === jobId) return run;
    throw new HeddleError("INTERNAL", `the actor speaks of a job that it does not run: ${jobId}`);
  }

  /** A job that was never begun leaves no trace in the conversation. */
  #ended({ job, run }: TakenJob): void {
    if (run) this.#transcript = [...this.#transcript, ...job.messages()];
    const { ended } = job;
    if (ended?.status === "completed") this.#lastFailure = undefined;
    if (ended?.status === "failed") this.#lastFailure = ended.error;
    // A cancel or a deadline of the same turn is what the job has ended of.
    if (this.#failure?.code !== ended?.error?.code) this.#failure = undefined;
  }

  /** Those who were told of the job's end may have given it the next one. */
  #settled({ ended }: Job): void {
    if (this.#failure) this.#fail(ended?.error);
    else if (!this.isStopped && !this.isBusy) this.#enter("idle");
  }

  /** It will not start again: what waits for it fails, too. */
  #fail(cause: unknown): void {
    this.#enter("failed");
    const error = new HeddleError("WORKER_FAILED", `worker "${this.name}" has failed`, { cause });
    for (const { job } of [...this.#queue.waiting]) job.fail(error);
  }

  #enter(state: WorkerState, job?: Job): void {
    // Every attempt to restart shows, also one right after another.
    if (this.state === state && state !== "restarting") return;
    this.#states.next(state);
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
    this.#states.complete();
    this.#options.onStopped();
    release();
  }
}
