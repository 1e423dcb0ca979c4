import type { JobEvent } from "../../src/protocol/job.ts";
import type { CancelOutcome, JobOutcome } from "../../src/supervisor/handles.ts";
import type { Job } from "../../src/supervisor/jobs/job.ts";
import type { RunOptions } from "../../src/supervisor/options.ts";
import type { Action } from "./commands.ts";
import { SimActor } from "./sim-actor.ts";
import { SimCalls } from "./sim-calls.ts";
import { SimHost } from "./sim-host.ts";
import type { Simulation, SimWorker } from "./simulation.ts";
import { endsByItself } from "./tool-kinds.ts";

export type RunAction = Extract<Action, { type: "run" }>;

/** A job, and what was asked and seen of it. */
export class SimJob {
  readonly job: Job;
  readonly worker: SimWorker;
  readonly parent: SimJob | undefined;
  readonly action: RunAction;
  readonly cancels: Promise<CancelOutcome>[] = [];
  /** What `events$` has shown, from the start. */
  readonly observed: JobEvent[] = [];
  readonly calls: SimCalls = new SimCalls();
  hasCompleted: boolean = false;
  outcome: JobOutcome | undefined;
  settledTurn: number | undefined;
  readonly #abort: AbortController;

  constructor(
    job: Job,
    options: {
      readonly worker: SimWorker;
      readonly parent: SimJob | undefined;
      readonly action: RunAction;
      readonly abort: AbortController;
      readonly simulation: Simulation;
    },
  ) {
    this.job = job;
    this.worker = options.worker;
    this.parent = options.parent;
    this.action = options.action;
    this.#abort = options.abort;
    job.events$.subscribe({
      next: (event) => {
        this.observed.push(event);
        this.calls.take(event);
      },
      complete: () => {
        this.hasCompleted = true;
      },
    });
    void job.outcome.then((outcome) => this.#settled(outcome, options.simulation));
    job.wait().catch(() => {});
  }

  static optionsOf(
    { id, signal, host: takes, decides, totalMs }: RunAction,
    number: number,
    parent: SimJob | undefined,
  ): { run: RunOptions; abort: AbortController; host: SimHost } {
    const abort = new AbortController();
    const host = new SimHost(takes, decides);
    if (signal === "aborted") abort.abort("aborted before");
    const run: RunOptions = {
      ...(id === "given" ? { id: `job-${number}` } : {}),
      ...(signal === "none" ? {} : { signal: abort.signal }),
      ...(totalMs === undefined ? {} : { timeouts: { totalMs } }),
      ...(parent === undefined ? {} : { parent: number % 2 === 0 ? parent.job : parent.job.id }),
      ...(takes === "none" && decides === "is not asked" ? {} : { host: host.host }),
    };
    return { run, abort, host };
  }

  /** Whether it ends without anybody's help. */
  get endsByItself(): boolean {
    const { plan, host } = this.action;
    const { toolMs } = this.worker.plan;
    const goesOn = ({ end, isDeaf, toolCalls }: RunAction["plan"][number]) =>
      end === "stalls" ||
      (end === "expires" && isDeaf) ||
      (toolMs === undefined && !toolCalls.every(endsByItself));
    return host !== "hangs" && !plan.some(goesOn);
  }

  cancel(): void {
    this.cancels.push(this.job.cancel("enough"));
  }

  abort(): void {
    this.#abort.abort("aborted");
  }

  /** When a job has settled, nothing of it runs any more. */
  #settled(outcome: JobOutcome, simulation: Simulation): void {
    const { world, events, jobs, violations } = simulation;
    const { id } = this.job;
    this.outcome = outcome;
    this.settledTurn = world.turns;
    const writtenOff = new Set(
      events.flatMap((event) => (event.type === "thread-stuck" ? [event.threadId] : [])),
    );
    violations.push(...this.#hostToolsLeft(simulation));
    const isOpen = jobs.some((child) => child.parent === this && !child.job.isSettled);
    if (isOpen) violations.push(`${id} has settled, and a child of it has not`);
    for (const thread of world.threads) {
      if (thread.isDead || writtenOff.has(thread.threadId)) continue;
      const runs = thread.body instanceof SimActor && thread.body.jobId === id;
      if (runs) violations.push(`${id} has settled, and its actor works on`);
      const isAsking = world.requests.some(
        (request) => request.thread === thread && request.jobId === id && !request.end,
      );
      if (isAsking) violations.push(`${id} has settled, and its model works on`);
    }
  }

  /** Host tools that work on, although nobody was told that they do not stop. */
  #hostToolsLeft({ world, events }: Simulation): readonly string[] {
    const { id, worker } = this.job;
    const stuck = events.flatMap((event) =>
      event.type === "tool-stuck" && event.workerId === worker.id ? [event.tool] : [],
    );
    return world.executions
      .filter(({ jobId, isOver, threadId }) => jobId === id && !isOver && threadId === undefined)
      .filter(({ name }) => !stuck.includes(name))
      .map(({ name }) => `${id} has settled, and ${name} works on`);
  }
}
