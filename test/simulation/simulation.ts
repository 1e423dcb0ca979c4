import { HeddleError } from "../../src/errors.ts";
import type { WorkerState } from "../../src/protocol/worker.ts";
import { given } from "../../src/supervisor/check.ts";
import type { Session, Worker } from "../../src/supervisor/handles.ts";
import type { WorkerOptions } from "../../src/supervisor/options.ts";
import type { SupervisorEvent } from "../../src/supervisor/runtime.ts";
import type { SessionEvent } from "../../src/supervisor/session-event.ts";
import type { Supervisor } from "../../src/supervisor/supervisor.ts";
import { startIn } from "../../src/supervisor/supervisor.ts";
import type { SupervisorSession } from "../../src/supervisor/supervisor-session.ts";
import { jsonSchemaIssues } from "../../src/tools/schema.ts";
import { at } from "./at.ts";
import { expectNow, heldAtEnd } from "./checks-now.ts";
import type { Action, Schedule, WorkerPlan } from "./commands.ts";
import { harmActor, harmGateway } from "./faults.ts";
import { promptOf } from "./plan.ts";
import { decisionOf } from "./sim-host.ts";
import type { RunAction } from "./sim-job.ts";
import { SimJob } from "./sim-job.ts";
import { SimReader } from "./sim-reader.ts";
import { SimHostTools, toolSourcesOf } from "./sim-tools.ts";
import { World } from "./world.ts";

const REFUSALS = new Set([
  "WORKER_STOPPED",
  "WORKER_BUSY",
  "WORKER_FAILED",
  "OVERLOADED",
  "SESSION_CLOSED",
  "SUPERVISOR_CLOSED",
  "ID_TAKEN",
  "UNKNOWN_JOB",
  "JOB_SETTLED",
  "MAX_DEPTH",
  "MAX_CHILDREN",
  "DEADLOCK",
  "BUDGET_TOKENS",
  "BUDGET_TOOL_CALLS",
  "UNKNOWN_CONFIRMATION",
  "MAILBOX_FULL",
]);

const BREAKER = { failures: 2, withinMs: 60_000, pauseMs: 300 };

export type SimSession = { readonly session: SupervisorSession; readonly seen: SessionEvent[] };

export type SimWorker = {
  readonly worker: Worker;
  readonly plan: WorkerPlan;
  readonly session: SimSession;
  readonly states: WorkerState[];
};

/** A supervisor in a world of its own, and all that a schedule has made of it. */
export class Simulation {
  readonly world: World;
  readonly schedule: Schedule;
  readonly sessions: SimSession[] = [];
  readonly workers: SimWorker[] = [];
  readonly jobs: SimJob[] = [];
  readonly readers: SimReader[] = [];
  readonly hostTools: SimHostTools;
  readonly events: SupervisorEvent[] = [];
  /** Of promises that must not reject, and of what a check saw while things went on. */
  readonly violations: string[] = [];
  #supervisor: Supervisor | undefined;
  readonly #closing: Promise<void>[] = [];

  constructor(schedule: Schedule) {
    this.schedule = schedule;
    const awaitsChildren = (jobId: string) =>
      this.jobs.some(
        ({ job, action }) => job.id === jobId && action.awaitsChildren && job.children.size > 0,
      );
    this.world = new World(schedule.seed, schedule.isEager, awaitsChildren);
    this.hostTools = new SimHostTools((call) => this.world.note(call));
    this.world.participants.push(this.hostTools);
  }

  get supervisor(): Supervisor {
    return this.#supervisor as Supervisor;
  }

  async start(): Promise<void> {
    // The validator is loaded with the first check, and that takes turns of the real loop.
    await jsonSchemaIssues({});
    const { maxThreads: max, spare, queue, gateways, limits } = this.schedule;
    const builtIn = new URL("../../src/providers/scripted/provider.ts", import.meta.url);
    const starting = startIn(
      {
        providers: {
          shared: { module: builtIn, limits, breaker: BREAKER },
          own: { module: new URL("file:///own.js"), limits, breaker: BREAKER },
        },
        threads: { max, spare, queue, gateways },
      },
      this.world.outside,
    ).then((supervisor) => {
      this.#supervisor = supervisor;
    });
    await this.world.until(() => this.#supervisor !== undefined);
    await starting;
    this.supervisor.events$.subscribe((event) => this.events.push(event));
    this.#openSession();
  }

  async perform(action: Action, turns: number): Promise<void> {
    try {
      await this.#perform(action);
    } catch (error) {
      if (!HeddleError.is(error) || !REFUSALS.has(error.code)) throw error;
    }
    // With none, the next command comes in the same turn.
    if (turns === 0) return;
    await this.world.settle();
    for (let i = 1; i < turns; i++) await this.world.step();
    expectNow(this);
  }

  /** Resolves when the supervisor has closed; rejects when it does not in the time it may take. */
  async close(drainMs: number, withinMs: number): Promise<void> {
    const { clock } = this.world;
    let isClosed: boolean = false;
    const closing = this.supervisor.close({ drainMs }).then(() => {
      isClosed = true;
    });
    this.#closing.push(closing);
    const untilMs = clock.monotonicMs() + withinMs;
    await this.world.until(() => isClosed || clock.monotonicMs() > untilMs);
    if (!isClosed) throw new Error(`not closed after ${withinMs} ms`);
    await Promise.all(this.#closing);
  }

  #perform(action: Action): void | Promise<void> {
    switch (action.type) {
      case "open-session":
        return this.#openSession();
      case "create-worker":
        return this.#createWorker(action.session, action.worker);
      case "run":
        return this.#run(action);
      case "cancel":
        return at(this.jobs, action.job)?.cancel();
      case "abort":
        return at(this.jobs, action.job)?.abort();
      case "steer":
        return this.#steer(action.worker);
      case "look":
        void at(this.sessions, action.session)?.session.confirmations;
        return;
      case "decide":
        return this.#decide(action);
      case "read":
        return this.#read(action);
      case "reader":
        return steer(at(this.readers, action.reader), action.does);
      case "pass":
        return this.world.pass(action.ms);
      case "actor":
        return harmActor(this.world, action);
      case "gateway":
        return harmGateway(at(this.world.living("gateway"), action.thread), action.does);
      case "next-thread":
        this.world.spawnFaults[action.kind].push(action.fault);
        return;
      default:
        this.#end(action);
    }
  }

  #end(action: Extract<Action, { type: "stop" | "terminate" | "close-session" | "close" }>): void {
    if (action.type === "close") {
      this.#closing.push(this.supervisor.close({ drainMs: action.drainMs }));
    } else if (action.type === "close-session") {
      const closing = at(this.sessions, action.session)?.session.close({ drainMs: action.drainMs });
      if (closing) this.#closing.push(closing);
    } else {
      const worker = at(this.workers, action.worker)?.worker;
      if (!worker) return;
      const isStop = action.type === "stop" && action.graceMs !== undefined;
      const stop = isStop ? { graceMs: action.graceMs as number } : {};
      this.#closing.push(action.type === "stop" ? worker.stop(stop) : worker.terminate());
    }
  }

  #openSession(): void {
    const { budget = {} } = this.schedule;
    const session = this.supervisor.openSession({ budget }) as Session as SupervisorSession;
    const seen: SessionEvent[] = [];
    session.events$.subscribe((event) => {
      seen.push(event);
      this.violations.push(...heldAtEnd(session, event));
    });
    this.sessions.push({ session, seen });
  }

  #createWorker(place: number, plan: WorkerPlan): void {
    const session = at(this.sessions, place);
    if (session) this.#note(session.session.createWorker(this.#optionsOf(plan)), plan, session);
  }

  #note(worker: Worker, plan: WorkerPlan, session: SimSession): SimWorker {
    const states: WorkerState[] = [];
    worker.state$.subscribe((state) => states.push(state));
    const noted = { worker, plan, session, states };
    this.workers.push(noted);
    return noted;
  }

  #run(action: RunAction): void {
    const template = at(this.workers, action.worker ?? 0);
    if (!template) return;
    const { session, plan } = template;
    const parent = this.#parentOf(action, session);
    const options = SimJob.optionsOf(action, this.jobs.length, parent);
    const target = action.worker === undefined ? this.#optionsOf(plan) : template.worker;
    const job = session.session.run(target, { prompt: promptOf(action.plan) }, options.run);
    const isOwn = action.worker === undefined;
    const worker = isOwn ? this.#note(job.worker, plan, session) : template;
    const { abort } = options;
    this.world.participants.push(options.host);
    this.jobs.push(new SimJob(job, { worker, parent, action, abort, simulation: this }));
    if (action.reader === "none") return;
    const reader = new SimReader(job, "lossless", 0);
    reader.isPaused = action.reader === "pauses";
    this.#add(reader);
  }

  /** If there is one, a job that can have children. */
  #parentOf({ parent }: RunAction, session: SimSession): SimJob | undefined {
    if (parent === undefined) return undefined;
    const open = this.jobs.filter((of) => of.worker.session === session && !of.job.isSettled);
    return at(open, parent) ?? at(this.jobs, parent);
  }

  #read({ job, as, from }: Extract<Action, { type: "read" }>): void {
    const of = at(this.jobs, job)?.job;
    if (of) this.#add(new SimReader(of, as, from));
  }

  #steer(place: number): void {
    const worker = at(this.workers, place)?.worker;
    worker?.tell("steer", { text: "go on" }).catch((error: unknown) => {
      if (!HeddleError.is(error) || !REFUSALS.has(error.code)) this.violations.push(String(error));
    });
  }

  #decide({ session: place, confirmation, decides }: Extract<Action, { type: "decide" }>): void {
    const of = at(this.sessions, place);
    const asked = this.jobs
      .filter(({ worker }) => worker.session === of)
      .flatMap(({ observed }) =>
        observed.flatMap((event) => (event.type === "confirmation-requested" ? [event] : [])),
      );
    const request = at(asked, confirmation);
    if (!of || !request) return;
    const { confirmationId, args } = request;
    try {
      of.session.decide(confirmationId, decisionOf(decides, args));
    } catch (error) {
      // What is no valid edit leaves it waiting.
      if (decides !== "says nonsense" || (error as HeddleError).code !== "INVALID_INPUT")
        throw error;
    }
  }

  #optionsOf(plan: WorkerPlan): WorkerOptions {
    const { policy, maxRestarts, withinMs, initialMs, tools, toolMs, confirmationMs, ...others } =
      plan;
    const { fallsBack, ...rest } = others;
    return {
      ...rest,
      fallback: fallsBack ? [plan.provider === "shared" ? "own" : "shared"] : [],
      unresponsiveMs: 500,
      restart: { policy, maxRestarts, withinMs, backoff: { initialMs, maxMs: 1_000 } },
      tools: toolSourcesOf(tools),
      hostTools: this.hostTools.tools,
      timeouts: given({ toolMs, confirmationMs }),
    };
  }

  #add(reader: SimReader): void {
    this.readers.push(reader);
    this.world.participants.push(reader);
  }
}

function steer(reader: SimReader | undefined, does: "pauses" | "goes on" | "leaves"): void {
  if (!reader) return;
  if (does === "leaves") reader.leave();
  else reader.isPaused = does === "pauses";
}
