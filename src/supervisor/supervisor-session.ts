import type { Observable } from "rxjs";
import { Subject } from "rxjs";
import { HeddleError } from "../errors.ts";
import type { AnyBehavior, UntypedBehavior } from "../protocol/behavior.ts";
import type { JobResult } from "../protocol/job.ts";
import type { Usage } from "../protocol/model.ts";
import type { ConfirmationRequest, ToolDecision } from "../protocol/tool.ts";
import { checkedMcpSource } from "../tools/mcp/check.ts";
import type { McpSource } from "../tools/mcp/descriptor.ts";
import type { BehaviorOptions } from "./behaviors/behavior-settings.ts";
import { isBehavior } from "./behaviors/behavior-settings.ts";
import type { BehaviorWorker } from "./behaviors/behavior-worker.ts";
import { checkFields, checkIterable, checkNumber, given, MS } from "./check.ts";
import { ContainedObservable } from "./contained-observable.ts";
import { layContext } from "./context.ts";
import { Ending } from "./ending.ts";
import type { Gateways } from "./gateways/gateways.ts";
import type {
  BehaviorWorker as BehaviorHandle,
  JobOutcome,
  Session,
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
import { tellOfStop } from "./jobs/job-stopped.ts";
import { jobFallback } from "./jobs/job-target.ts";
import { outputOf } from "./jobs/output-schema.ts";
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
import type { JobEventOtherThanChunk, SessionEvent } from "./session-event.ts";
import { Staffing } from "./staffing.ts";
import type { Admission } from "./threads/admission.ts";
import type { ThreadSupply } from "./threads/worker-thread.ts";
import type { DecideOptions } from "./tools/decision.ts";
import type { McpHandle } from "./tools/mcp-handle.ts";
import { mcpHandle } from "./tools/mcp-handle.ts";
import type { McpHost } from "./tools/mcp-host.ts";
import type { SessionTools } from "./tools/session-tools.ts";
import { sessionTools } from "./tools/session-tools.ts";
import type { SessionWorker } from "./workers/session-worker.ts";
import { checkWorkerOptions, jobSettings } from "./workers/worker-settings.ts";

export type SupervisorSessionOptions = {
  readonly name: string;
  readonly budget?: Budget;
  readonly defaults: WorkerOptions;
  readonly keepSettled: Required<KeepSettled>;
  readonly gateways: Gateways;
  readonly supply: ThreadSupply;
  readonly admission: Admission;
  readonly runtime: Runtime;
  readonly mcp?: McpHost;
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
  readonly #tools: SessionTools;
  readonly #staffing: Staffing;
  readonly #jobs = new Map<string, Job>();
  readonly #settled: SettledJobs;
  readonly #ledger: Ledger;
  readonly #events = new Subject<SessionEvent>();
  /** Resolves when running jobs have had their time. */
  readonly #drained: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #ending: Ending = new Ending();

  constructor(options: SupervisorSessionOptions) {
    this.name = options.name;
    this.#roster = new Roster(options, (child) => this.#behavior(child));
    this.workers = this.#roster.workers;
    this.deadLetters$ = this.#roster.post.deadLetters$;
    this.jobs = this.#jobs;
    this.#options = options;
    this.#settled = new SettledJobs(options.runtime.clock, options.keepSettled);
    this.#tools = sessionTools(
      options,
      this.#roster,
      (...job) => this.#runJob(...job),
      ({ id, name }, stream, text) =>
        this.#events.next({ type: "worker-output", workerId: id, name, stream, text }),
    );
    this.#staffing = new Staffing({
      ...options,
      session: options.name,
      roster: this.#roster,
      tools: this.#tools,
      onEvent: (event) => this.#events.next(event),
    });
    const onOver = (overrun: Overrun) => this.#end(overrun);
    this.#ledger = new Ledger({ scope: "session", budget: options.budget ?? {}, onOver });
    this.events$ = new ContainedObservable(this.#events, (error) =>
      options.runtime.report({ type: "subscriber-failed", error }),
    );
  }

  get confirmations(): ReadonlyMap<string, ConfirmationRequest> {
    return this.#tools.confirmations.pending;
  }

  get confirmations$(): Observable<ConfirmationRequest> {
    return this.#tools.confirmations.asked$;
  }

  decide(confirmationId: string, decision: ToolDecision, options?: DecideOptions): void {
    this.#tools.confirmations.decide(confirmationId, decision, options);
  }

  get usage(): Usage {
    return this.#ledger.usage;
  }

  get tools(): SessionTools {
    return this.#tools;
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
      ? (this.#behavior(options) as BehaviorHandle<UntypedBehavior>)
      : this.#staffing.agent(options);
  }

  run<Output = unknown>(
    target: Worker | WorkerOptions,
    input: JobInput<Output>,
    options: RunOptions = {},
  ): Job & WorkerJob<JobResult<Output>> {
    // It completes with what the schema makes of its last response, or not at all.
    return this.#runJob(target, input, options) as Job & WorkerJob<JobResult<Output>>;
  }

  /** `toolCallId`: the call of the parent's that runs it, if there is one. */
  #runJob(
    target: Worker | WorkerOptions,
    input: JobInput,
    options: RunOptions,
    toolCallId?: string,
  ): Job {
    this.#checkOpen();
    this.#checkBudget();
    checkJobInput(input);
    checkRunOptions(options);
    const output = outputOf(input.output);
    const id = options.id ?? this.#options.runtime.newId();
    if (this.#isTaken(id)) {
      throw taken("ID_TAKEN", "id", `the session has a job with the id "${id}"`);
    }
    const { parent: named, context: laidOver, ...own } = options;
    const parent = parentOf(named, (known) => this.job(known));
    const { runtime, admission, defaults, gateways } = this.#options;
    const fallback = jobFallback(options.fallback, target, defaults, gateways.names);
    const { worker, claim, leave } = placeFor({
      target,
      parent,
      workers: this.workers,
      admission,
      createWorker: (settings) => this.#staffing.agent(settings),
    });
    const onEvent = (event: JobEventOtherThanChunk) => {
      if (event.type === "started") leave();
      this.#events.next({ type: "job-event", jobId: id, workerId: worker.id, event });
    };
    const settings = jobSettings(worker.settings, own, fallback);
    const context = layContext(settings.context, laidOver);
    const accounts = { worker: worker.ledger, session: this.#ledger };
    const spec = { id, worker, input, options: own, settings, context, output, runtime };
    const job = new Job({ ...spec, parent, accounts, onEvent });
    job.onEnded(leave);
    tellOfStop(job, (event) => this.#events.next(event));
    this.#jobs.set(id, job);
    job.onEnded(() => this.#settled.add(job));
    // Its terminal event can still be looked up, also where no ended job is kept.
    job.onSettled(() => this.#jobs.get(id) === job && this.#jobs.delete(id));
    parent?.adopt(job, given({ toolCallId }));
    const { parentId } = job;
    this.#events.next({ type: "job-queued", jobId: id, workerId: worker.id, parentId });
    if (options.host) void pumpToHost(job, options.host);
    worker.enqueue(job, claim);
    if (worker !== target) job.onEnded(() => void worker.stop());
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
      checkFields("input", item, ["prompt", "messages", "output", "id", "worker"], "INVALID_INPUT");
      const { id, worker, ...input } = item;
      return this.run({ ...template, ...worker }, input, given({ id, parent }));
    };
    return runAll({ inputs, concurrency, signal, start });
  }

  mcp(source: McpSource): McpHandle {
    const checked = checkedMcpSource("source", source);
    return mcpHandle(() => this.#tools.mcp.to(checked));
  }

  job(id: string): Job | undefined {
    return this.#jobs.get(id) ?? this.#settled.find(id);
  }

  close(options: CloseOptions = {}): Promise<void> {
    checkFields("options", options, ["drainMs"]);
    checkNumber("drainMs", options.drainMs, MS);
    const { clock } = this.#options.runtime;
    const timer = clock.setTimer(options.drainMs ?? 10_000, this.#drained.resolve);
    const closed = this.#ending.begin(() => this.#close());
    void closed.then(timer.cancel);
    return closed;
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
    await this.#tools.close();
    this.#settled.clear();
    this.#options.onClosed();
    this.#events.complete();
    this.#roster.post.close();
    release();
  }

  /** Its budget is used up. Children first: they are to end of it themselves, not by their parents' end. */
  #end(overrun: Overrun): void {
    for (const job of [...this.#jobs.values()].reverse()) job.account.end(overrun);
  }

  #behavior(options: BehaviorOptions): BehaviorWorker {
    this.#checkOpen();
    return this.#staffing.behavior(options);
  }

  /** One that has ended has its id for as long as it is kept. */
  #isTaken(id: string): boolean {
    return this.#jobs.get(id)?.isSettled === false || this.#settled.find(id) !== undefined;
  }

  #checkBudget(): void {
    const { spent } = this.#ledger;
    if (spent) throw budgetError(spent, "session");
  }

  #checkOpen(): void {
    if (this.#ending.hasBegun)
      throw new HeddleError("SESSION_CLOSED", `session "${this.name}" is closed`);
  }
}

function taken(code: "NAME_TAKEN" | "ID_TAKEN", field: string, message: string): HeddleError {
  return new HeddleError(code, message, { details: { field } });
}
