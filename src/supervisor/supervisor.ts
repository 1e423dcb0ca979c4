import { randomUUID } from "node:crypto";
import type { Observable } from "rxjs";
import { Subject } from "rxjs";
import { HeddleError } from "../errors.ts";
import { systemClock } from "../transport/clock.ts";
import { checkFields, checkNumber, checkText, MS } from "./check.ts";
import { ContainedObservable } from "./contained-observable.ts";
import { checkContext, layContext } from "./context.ts";
import { Ending } from "./ending.ts";
import { Gateways, providerSpecs } from "./gateways/gateways.ts";
import { ScriptView } from "./gateways/script-view.ts";
import type { Session } from "./handles.ts";
import type { Inspection, SessionInspection } from "./inspection.ts";
import type {
  CloseOptions,
  KeepSettled,
  SessionOptions,
  SupervisorOptions,
  WorkerOptions,
} from "./options.ts";
import type { Runtime, SupervisorEvent } from "./runtime.ts";
import { SupervisorSession } from "./supervisor-session.ts";
import { notEnforced } from "./threads/actor-profile.ts";
import { Admission } from "./threads/admission.ts";
import { KeepAlive } from "./threads/keep-alive.ts";
import { spawnThread } from "./threads/thread.ts";
import { ThreadPermits } from "./threads/thread-permits.ts";
import { ThreadStock } from "./threads/thread-stock.ts";
import type { McpHost } from "./tools/mcp-host.ts";
import { checkMcpHost } from "./tools/mcp-host.ts";
import { fallbackProviders } from "./workers/provider-choice.ts";
import { checkBudget, checkWorkerOptions } from "./workers/worker-settings.ts";

/**
 * `gateway-down`: a gateway could not be started again after its thread had died. Model calls that it is to serve fail with `GATEWAY_LOST`, and each new
 * one has it tried again. `closed`: `close()` was called.
 */
export type SupervisorState = "running" | "gateway-down" | "closed";

/** What a supervisor takes from outside itself. */
export type Outside = Omit<Runtime, "report">;

let startSupervisor: (options: SupervisorOptions, outside: Outside) => Promise<Supervisor>;

/** Starts a supervisor in a world of the caller's own. Not public: tests own its time and its threads by it. */
export function startIn(options: SupervisorOptions, outside: Outside): Promise<Supervisor> {
  return startSupervisor(options, outside);
}

/**
 * Owns every thread and keeps the registry of sessions. It lives in the thread that started it.
 *
 * While none of its jobs runs it does not keep the process alive.
 */
export class Supervisor {
  /** What happens to the supervisor itself; hot, never errors, completes at close. */
  readonly events$: Observable<SupervisorEvent>;
  /** The sessions that are not closed, by name; always as it is at the moment. One is in it when its `session-opened` is told, and no longer at its `session-closed`. */
  readonly sessions: ReadonlyMap<string, Session>;
  readonly #sessions = new Map<string, SupervisorSession>();
  readonly #events = new Subject<SupervisorEvent>();
  readonly #gateways: Gateways;
  readonly #permits: ThreadPermits;
  readonly #stock: ThreadStock;
  readonly #admission: Admission;
  readonly #runtime: Runtime;
  readonly #defaults: WorkerOptions;
  readonly #keepSettled: Required<KeepSettled>;
  readonly #mcp: McpHost;
  #workers = 0;
  #stuckThreads = 0;
  #isTellingFailure: boolean = false;
  readonly #ending: Ending = new Ending();

  static {
    startSupervisor = async (options, outside) => {
      checkSupervisorOptions(options);
      const supervisor = new Supervisor(options, outside);
      await supervisor.#start();
      return supervisor;
    };
  }

  private constructor(options: SupervisorOptions, outside: Outside) {
    const { threads = {}, keepSettled = {}, defaults = {} } = options;
    this.sessions = this.#sessions;
    this.#runtime = { ...outside, report: (event) => this.#report(event) };
    this.events$ = new ContainedObservable(this.#events, (error) => this.#subscriberFailed(error));
    this.#defaults = defaults;
    this.#mcp = options.mcp ?? {};
    this.#keepSettled = { ms: keepSettled.ms ?? 60_000, count: keepSettled.count ?? 1_000 };
    this.#permits = new ThreadPermits(threads.max ?? 1_000);
    this.#stock = new ThreadStock(threads.spare ?? 4, this.#runtime);
    this.#admission = new Admission(threads.queue ?? 10_000, this.#permits);
    const specs = providerSpecs(options.providers, process.env);
    this.#gateways = new Gateways(specs, threads.gateways ?? 1, this.#runtime);
    const { provider, fallback = [] } = defaults;
    fallbackProviders("defaults.fallback", fallback, provider, this.#gateways.names);
  }

  /**
   * Starts a supervisor: loads the providers in their gateway threads. Actor threads are started by the jobs that need them.
   *
   * @throws {HeddleError} `INVALID_OPTION` that names the field and its bounds; `PROVIDER_LOAD_FAILED` and what a provider's module
   * throws with a code of its own, such as `PROVIDER_AUTH` for a missing key; `GATEWAY_START_FAILED`. Nothing is left running.
   */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const keepAlive = new KeepAlive();
    return await startSupervisor(options, {
      clock: systemClock,
      spawn: spawnThread,
      newId: randomUUID,
      random: Math.random,
      hold: () => keepAlive.hold(),
    });
  }

  /** What every worker gets that does not say otherwise, as it was given. */
  get defaults(): WorkerOptions {
    return this.#defaults;
  }

  /** @throws {HeddleError} `NAME_TAKEN`, `INVALID_OPTION`, `SUPERVISOR_CLOSED`. */
  openSession(options: SessionOptions = {}): Session {
    if (this.#ending.hasBegun)
      throw new HeddleError("SUPERVISOR_CLOSED", "the supervisor is closed");
    checkFields("options", options, ["name", "context", "budget"]);
    checkText("name", options.name);
    checkContext("context", options.context);
    checkBudget("budget", options.budget);
    const name = options.name ?? `session-${this.#runtime.newId()}`;
    if (this.#sessions.has(name)) {
      const message = `a session named "${name}" is open already`;
      throw new HeddleError("NAME_TAKEN", message, { details: { field: "name" } });
    }
    const defaults = this.#defaults;
    const context = layContext(layContext(undefined, options.context), defaults.context);
    const session = new SupervisorSession({
      name,
      budget: { ...options.budget },
      defaults: { ...defaults, context },
      keepSettled: this.#keepSettled,
      gateways: this.#gateways,
      supply: { permits: this.#permits, stock: this.#stock },
      admission: this.#admission,
      runtime: this.#runtime,
      mcp: this.#mcp,
      nextWorkerNumber: () => this.#workers++,
      onClosed: () => this.#sessionClosed(name),
    });
    this.#sessions.set(name, session);
    this.#report({ type: "session-opened", session: name });
    return session;
  }

  /** What a scripted provider was asked. @throws {HeddleError} `UNKNOWN_PROVIDER`; its methods: `NOT_SCRIPTED`. */
  scripted(provider: string): ScriptView {
    if (!this.#gateways.names.has(provider)) {
      throw new HeddleError("UNKNOWN_PROVIDER", `no provider "${provider}"`);
    }
    return new ScriptView(provider, this.#gateways.serving(provider));
  }

  /** Whether it can serve; costs nothing, however much it holds. */
  get state(): SupervisorState {
    if (this.#ending.hasBegun) return "closed";
    return this.#gateways.all.some(({ state }) => state === "down") ? "gateway-down" : "running";
  }

  /** Cheap enough for a status page, not for every chunk. */
  inspect(): Inspection {
    const { max, held, lent, waiting } = this.#permits;
    return {
      threads: {
        max,
        held,
        lent,
        waiting,
        spare: this.#stock.spares,
        executing: this.#stock.watch.executing,
        stuck: this.#stuckThreads,
      },
      notEnforced: notEnforced(),
      gateways: this.#gateways.all.map(({ name, state, threadId, openCalls }) => ({
        name,
        state,
        threadId,
        calls: openCalls,
      })),
      providers: this.#gateways.inspectProviders(),
      sessions: [...this.#sessions.values()].map(inspectSession),
    };
  }

  /**
   * Closes by layers: jobs, then actors, then gateways; sessions side by side. Queued jobs are cancelled at once, running ones
   * after `drainMs`. Settles when no thread, port or timer is left but those of stuck threads, which `inspect()` counts.
   * Called again, it can shorten the drain. Never rejects.
   */
  close(options: CloseOptions = {}): Promise<void> {
    checkFields("options", options, ["drainMs"]);
    checkNumber("drainMs", options.drainMs, MS);
    if (this.#ending.hasBegun) void this.#closeSessions(options);
    return this.#ending.begin(() => this.#close(options));
  }

  /** `close({ drainMs: 0 })`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close({ drainMs: 0 });
  }

  async #start(): Promise<void> {
    const release = this.#runtime.hold();
    await this.#gateways.start().finally(release);
    this.#stock.fill();
  }

  async #closeSessions(options: CloseOptions): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close(options)));
  }

  async #close(options: CloseOptions): Promise<void> {
    const release = this.#runtime.hold();
    await this.#closeSessions(options);
    await this.#stock.close();
    await this.#gateways.close();
    this.#events.complete();
    release();
  }

  #sessionClosed(name: string): void {
    this.#sessions.delete(name);
    this.#report({ type: "session-closed", session: name });
  }

  /** One of its own. Who fails at hearing of that is not told of: each would fail at the failures of all others. */
  #subscriberFailed(error: unknown): void {
    if (this.#isTellingFailure) return;
    this.#isTellingFailure = true;
    this.#report({ type: "subscriber-failed", error });
    this.#isTellingFailure = false;
  }

  #report(event: SupervisorEvent): void {
    if (event.type === "thread-stuck") this.#stuckThreads += 1;
    this.#events.next(event);
  }
}

function checkSupervisorOptions(given: unknown): void {
  checkFields("options", given ?? null, ["providers", "threads", "defaults", "keepSettled", "mcp"]);
  const { threads, defaults, keepSettled, mcp } = given as SupervisorOptions;
  checkFields("threads", threads, ["max", "spare", "queue", "gateways"]);
  checkNumber("threads.spare", threads?.spare, { min: 0, max: 1_000, integer: true });
  checkNumber("threads.queue", threads?.queue, { min: 0, max: 1_000_000, integer: true });
  checkNumber("threads.max", threads?.max, { min: 1, max: 10_000, integer: true });
  checkNumber("threads.gateways", threads?.gateways, { min: 1, max: 64, integer: true });
  checkFields("keepSettled", keepSettled, ["ms", "count"]);
  checkNumber("keepSettled.ms", keepSettled?.ms, MS);
  checkNumber("keepSettled.count", keepSettled?.count, { min: 0, max: 10_000_000, integer: true });
  checkMcpHost("mcp", mcp);
  if (defaults) checkWorkerOptions(defaults, "defaults");
}

function inspectSession(session: SupervisorSession): SessionInspection {
  return {
    name: session.name,
    workers: [...session.workers.values()].map((worker) => ({
      id: worker.id,
      name: worker.name,
      state: worker.state,
      provider: worker.provider,
      threadId: worker.threadId,
      queuedJobs: worker.queuedJobs,
      queuedMessages: worker.queuedMessages,
      messages: worker.transcript?.length ?? 0,
      usage: worker.usage,
    })),
    jobs: [...session.jobs.values()].map((job) => ({
      id: job.id,
      workerId: job.worker.id,
      parentId: job.parentId,
      state: job.state,
      events: job.stream.log.nextSeq,
      chunkBytes: job.stream.log.chunkBytes,
      usage: job.usage,
    })),
    mcp: session.tools.mcp.inspect(),
    confirmations: session.tools.confirmations.size,
    keptJobs: session.settledJobs,
    usage: session.usage,
  };
}
