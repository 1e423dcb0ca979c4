import type { Observable } from "rxjs";
import { Subject } from "rxjs";
import { HeddleError } from "../errors.ts";
import type { AnyBehavior, UntypedBehavior, WorkerRef } from "../protocol/behavior.ts";
import type { Usage } from "../protocol/model.ts";
import type { WorkerState } from "../protocol/worker.ts";
import type { BehaviorOptions } from "./behaviors/behavior-settings.ts";
import { behaviorSettings, isBehavior } from "./behaviors/behavior-settings.ts";
import { BehaviorWorker } from "./behaviors/behavior-worker.ts";
import { checkFields, checkIterable, checkNumber, given, MS } from "./check.ts";
import { ContainedObservable } from "./contained-observable.ts";
import type { Gateways } from "./gateways/gateways.ts";
import type {
  BehaviorWorker as BehaviorHandle,
  JobEventOtherThanChunk,
  JobOutcome,
  Session,
  SessionEvent,
  Worker,
  WorkerJob,
} from "./handles.ts";
import type { Overrun } from "./jobs/budget.ts";
import { Ledger } from "./jobs/budget.ts";
import { Job } from "./jobs/job.ts";
import { budgetError } from "./jobs/job-account.ts";
import { checkJobInput, checkRunOptions } from "./jobs/job-input.ts";
import { parentOf } from "./jobs/job-parent.ts";
import { placeFor } from "./jobs/job-place.ts";
import { runAll } from "./jobs/run-all.ts";
import { SettledJobs } from "./jobs/settled-jobs.ts";
import { pumpToHost } from "./log/host-pump.ts";
import type { DeadLetter } from "./messages/letter.ts";
import type {
  BatchInput,
  BatchOptions,
  Budget,
  CloseOptions,
  JobInput,
  KeepSettled,
  RunOptions,
  WorkerOptions,
} from "./options.ts";
import type { RosterWorker } from "./roster.ts";
import { Roster } from "./roster.ts";
import type { Runtime } from "./runtime.ts";
import type { Admission } from "./threads/admission.ts";
import type { ThreadSupply } from "./threads/worker-thread.ts";
import { SessionWorker } from "./workers/session-worker.ts";
import { checkWorkerOptions, jobSettings, workerSettings } from "./workers/worker-settings.ts";

export type SupervisorSessionOptions = {
  readonly name: string;
  readonly budget?: Budget;
  readonly defaults: WorkerOptions;
  readonly keepSettled: Required<KeepSettled>;
  readonly gateways: Gateways;
  readonly supply: ThreadSupply;
  readonly admission: Admission;
  readonly runtime: Runtime;
  readonly nextWorkerNumber: () => number;
  readonly onClosed: () => void;
};

const CLOSED = "the session was closed";

/** A session as its supervisor keeps it. */
export class SupervisorSession implements Session {
  readonly name: string;
  readonly workers: ReadonlyMap<string, RosterWorker>;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly events$: Observable<SessionEvent>;
  readonly deadLetters$: Observable<DeadLetter>;
  readonly #options: SupervisorSessionOptions;
  readonly #roster: Roster;
  readonly #jobs = new Map<string, Job>();
  readonly #settled: SettledJobs;
  readonly #ledger: Ledger;
  readonly #events = new Subject<SessionEvent>();
  /** Resolves when running jobs have had their time. */
  readonly #drained: PromiseWithResolvers<void> = Promise.withResolvers();
  #closed: Promise<void> | undefined;

  constructor(options: SupervisorSessionOptions) {
    this.name = options.name;
    this.#roster = new Roster(options, (child) => this.#createBehavior(child));
    this.workers = this.#roster.workers;
    this.deadLetters$ = this.#roster.post.deadLetters$;
    this.jobs = this.#jobs;
    this.#options = options;
    this.#settled = new SettledJobs(options.runtime.clock, options.keepSettled);
    const onOver = (overrun: Overrun) => this.#end(overrun);
    this.#ledger = new Ledger({ scope: "session", budget: options.budget ?? {}, onOver });
    this.events$ = new ContainedObservable(this.#events, (error) =>
      options.runtime.report({ type: "subscriber-failed", error }),
    );
  }

  get usage(): Usage {
    return this.#ledger.usage;
  }

  get settledJobs(): number {
    return this.#settled.size;
  }

  createWorker(options?: WorkerOptions): SessionWorker;
  createWorker<B extends AnyBehavior = UntypedBehavior>(
    options: BehaviorOptions,
  ): BehaviorHandle<B>;
  createWorker(
    options: WorkerOptions | BehaviorOptions = {},
  ): SessionWorker | BehaviorHandle<UntypedBehavior> {
    this.#checkOpen();
    return isBehavior(options)
      ? (this.#createBehavior(options) as BehaviorHandle<UntypedBehavior>)
      : this.#createAgent(options);
  }

  run(target: Worker | WorkerOptions, input: JobInput, options: RunOptions = {}): Job {
    this.#checkOpen();
    this.#checkBudget();
    checkJobInput(input);
    checkRunOptions(options);
    const id = options.id ?? this.#options.runtime.newId();
    if (this.job(id)) throw taken("ID_TAKEN", "id", `the session has a job with the id "${id}"`);
    const { parent: named, ...own } = options;
    const parent = parentOf(named, (known) => this.job(known));
    const { runtime, admission } = this.#options;
    const { worker, claim, leave } = placeFor({
      target,
      parent,
      workers: this.workers,
      admission,
      createWorker: (settings) => this.#createAgent(settings),
    });
    const onEvent = (event: JobEventOtherThanChunk) => {
      if (event.type === "started") leave();
      this.#events.next({ type: "job-event", jobId: id, workerId: worker.id, event });
    };
    const settings = jobSettings(worker.settings, own);
    const accounts = { worker: worker.ledger, session: this.#ledger };
    const spec = { id, worker, input, options: own, settings, runtime };
    const job = new Job({ ...spec, parent, accounts, onEvent });
    job.onSettled(leave);
    this.#jobs.set(id, job);
    job.onSettled(() => {
      this.#jobs.delete(id);
      this.#settled.add(job);
    });
    parent?.adopt(job);
    const { parentId } = job;
    this.#events.next({ type: "job-queued", jobId: id, workerId: worker.id, parentId });
    if (options.host) void pumpToHost(job, options.host);
    worker.enqueue(job, claim);
    if (worker !== target) job.onSettled(() => void worker.stop());
    return job;
  }

  runAll(
    inputs: Iterable<BatchInput> | AsyncIterable<BatchInput>,
    options: BatchOptions = {},
  ): AsyncIterableIterator<{ job: WorkerJob; outcome: JobOutcome }> {
    this.#checkOpen();
    checkIterable("inputs", inputs);
    checkFields("options", options, ["worker", "concurrency", "parent", "signal"]);
    const { concurrency = 16, worker: template = {}, parent, signal } = options;
    checkNumber("concurrency", concurrency, { min: 1, max: 10_000, integer: true });
    checkWorkerOptions(template, "worker");
    const start = (item: BatchInput) => {
      checkFields("input", item, ["prompt", "id", "worker"], "INVALID_INPUT");
      const { id, worker, ...input } = item;
      return this.run({ ...template, ...worker }, input, given({ id, parent }));
    };
    return runAll({ inputs, concurrency, signal, start });
  }

  job(id: string): Job | undefined {
    return this.#jobs.get(id) ?? this.#settled.find(id);
  }

  close(options: CloseOptions = {}): Promise<void> {
    checkFields("options", options, ["drainMs"]);
    checkNumber("drainMs", options.drainMs, MS);
    const { clock } = this.#options.runtime;
    const timer = clock.setTimer(options.drainMs ?? 10_000, this.#drained.resolve);
    this.#closed ??= this.#close();
    void this.#closed.then(timer.cancel);
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close({ drainMs: 0 });
  }

  async #close(): Promise<void> {
    const release = this.#options.runtime.hold();
    const jobs = [...this.#jobs.values()];
    for (const job of jobs) if (job.state === "queued") void job.cancel(CLOSED);
    await Promise.race([Promise.all(jobs.map((job) => job.outcome)), this.#drained.promise]);
    await Promise.all([...this.workers.values()].map((worker) => worker.end(CLOSED)));
    this.#settled.clear();
    this.#events.complete();
    this.#roster.post.close();
    this.#options.onClosed();
    release();
  }

  #createAgent(options: WorkerOptions): SessionWorker {
    const { gateways, defaults } = this.#options;
    const settings = workerSettings(options, defaults, gateways.names);
    const { number, ...named } = this.#roster.named(settings.name);
    const worker: SessionWorker = new SessionWorker({
      ...named,
      settings,
      gateway: gateways.for(settings.provider, number),
      session: this.name,
      post: this.#roster.post,
      ...this.#shared(named, () => worker),
    });
    this.#created(worker);
    return worker;
  }

  #createBehavior(options: BehaviorOptions): BehaviorWorker {
    this.#checkOpen();
    const settings = behaviorSettings(options, this.#options.defaults);
    const { id, name } = this.#roster.named(settings.name);
    const worker: BehaviorWorker = new BehaviorWorker({
      id,
      name,
      options,
      settings,
      society: this.#roster,
      ...this.#shared({ id, name }, () => worker),
    });
    this.#created(worker);
    return worker;
  }

  /** What workers of both kinds are given. */
  #shared({ id, name }: WorkerRef, worker: () => RosterWorker) {
    const { supply, runtime } = this.#options;
    return {
      supply,
      runtime,
      onState: (state: WorkerState) => this.#workerState(worker(), state),
      onOutput: (stream: "stdout" | "stderr", text: string) =>
        this.#events.next({ type: "worker-output", workerId: id, name, stream, text }),
      onStopped: () => this.#workerStopped(worker()),
    };
  }

  #created(worker: RosterWorker): void {
    this.#roster.add(worker);
    this.#events.next({ type: "worker-created", workerId: worker.id, name: worker.name });
  }

  #workerState(worker: RosterWorker, state: WorkerState): void {
    if (state === "failed") this.#died(worker);
    this.#events.next({ type: "worker-state", workerId: worker.id, name: worker.name, state });
  }

  #workerStopped(worker: RosterWorker): void {
    this.#roster.remove(worker);
    this.#died(worker);
    this.#events.next({ type: "worker-stopped", workerId: worker.id, name: worker.name });
  }

  #died(worker: RosterWorker): void {
    this.#roster.deathWatch.died(worker, worker.endReason ?? "stopped");
  }

  /** Its budget is used up. Children first: they are to end of it themselves, not by their parents' end. */
  #end(overrun: Overrun): void {
    for (const job of [...this.#jobs.values()].reverse()) job.account.end(overrun);
  }

  #checkBudget(): void {
    const { spent } = this.#ledger;
    if (spent) throw budgetError(spent, "session");
  }

  #checkOpen(): void {
    if (this.#closed !== undefined)
      throw new HeddleError("SESSION_CLOSED", `session "${this.name}" is closed`);
  }
}

function taken(code: "NAME_TAKEN" | "ID_TAKEN", field: string, message: string): HeddleError {
  return new HeddleError(code, message, { details: { field } });
}
