import { randomUUID } from "node:crypto";
import type {
  BehaviorWorker,
  ConfirmationRequest,
  JobInput,
  RunOptions,
  Session,
  Worker,
  WorkerJob,
  WorkerOptions,
} from "../index.ts";
import { HeddleError } from "../index.ts";
import type { ServerLimits } from "./limits.ts";
import { checkRoom } from "./limits.ts";
import type { ProviderStates } from "./provider-state.ts";

export type TenantDeskOptions = {
  readonly session: Session;
  readonly agents: ReadonlyMap<string, WorkerOptions>;
  readonly limits: Required<ServerLimits>;
  readonly states: ProviderStates;
  /** @throws {HeddleError} `DRAINING` when nothing new is begun. */
  readonly checkOpen: () => void;
};

/** What one tenant has on this server: a session, and in it what the server's limits leave room for. Ids of other tenants are unknown here. */
export class TenantDesk {
  readonly session: Session;
  /** What providers want back of the conversations that the tenant's clients keep. */
  readonly states: ProviderStates;
  readonly #options: TenantDeskOptions;
  /** The agent that each worker was made as, by the worker's id. */
  readonly #agentOf = new Map<string, string>();
  /** Workers that wait for a conversation to answer, by agent. */
  readonly #idle = new Map<string, Worker[]>();
  /** Workers that are kept for a conversation while there is room, the one that was used last at the end. */
  readonly #kept = new Map<string, Worker>();
  #streams = 0;

  constructor(options: TenantDeskOptions) {
    this.#options = options;
    this.session = options.session;
    this.states = options.states;
    // Whoever is subscribed may answer: calls that need approval wait from now on.
    this.session.confirmations$.subscribe();
    this.session.events$.subscribe((event) => {
      if (event.type !== "worker-stopped") return;
      this.#agentOf.delete(event.workerId);
      this.#kept.delete(event.workerId);
    });
  }

  get name(): string {
    return this.session.name;
  }

  /** Streams of it that are open. */
  get streams(): number {
    return this.#streams;
  }

  /** Nothing of it is under way, and no worker is kept by a client. Conversations that only the client keeps do not count. */
  get isIdle(): boolean {
    const waiting = [...this.#idle.values()].reduce((sum, workers) => sum + workers.length, 0);
    return (
      this.#streams === 0 &&
      this.session.jobs.size === 0 &&
      this.session.workers.size <= waiting + this.#kept.size
    );
  }

  /** Counts a stream until the returned function is called. @throws {HeddleError} `LIMIT_REACHED`. */
  openStream(): () => void {
    const { streamsPerSession } = this.#options.limits;
    checkRoom("streamsPerSession", this.#streams, streamsPerSession);
    this.#streams += 1;
    let isOpen: boolean = true;
    return () => {
      if (isOpen) this.#streams -= 1;
      isOpen = false;
    };
  }

  /** The name of the agent that a worker was made as; undefined: it is none of this server's. */
  agentOf(workerId: string): string | undefined {
    return this.#agentOf.get(workerId);
  }

  /** @throws {HeddleError} `UNKNOWN_AGENT`. */
  agent(name: string): WorkerOptions {
    const agent = this.#options.agents.get(name);
    if (agent) return agent;
    const known = [...this.#options.agents.keys()].map((one) => `"${one}"`).join(", ");
    throw new HeddleError("UNKNOWN_AGENT", `no agent "${name}"; known are ${known}`);
  }

  /** Makes a worker of an agent; `own` is laid over the agent's options. @throws {HeddleError} `UNKNOWN_AGENT`, `LIMIT_REACHED`, and what `createWorker` throws. */
  createWorker(agent: string, own: WorkerOptions = {}): Worker {
    this.#options.checkOpen();
    const options = this.agent(agent);
    this.#makeRoom();
    // A name by number would tell how many workers others have made.
    const name = `${agent}-${randomUUID()}`;
    const worker = this.session.createWorker({ name, ...options, ...own });
    this.#agentOf.set(worker.id, agent);
    return worker;
  }

  /**
   * Keeps a worker while there is room: when another is wanted, the one without a job goes for which this was called longest ago. Nobody but the
   * server may know of it.
   */
  keep(worker: Worker): void {
    this.#kept.delete(worker.id);
    this.#kept.set(worker.id, worker);
  }

  /** Agents and behaviours. @throws {HeddleError} `UNKNOWN_WORKER`. */
  anyWorker(id: string): Worker | BehaviorWorker {
    const worker = this.session.workers.get(id);
    if (worker) return worker;
    throw new HeddleError("UNKNOWN_WORKER", "no such worker");
  }

  /** @throws {HeddleError} `UNKNOWN_WORKER`; `NOT_AN_AGENT` for a behaviour, which those who run the server have put there. */
  worker(id: string): Worker {
    const worker = this.anyWorker(id);
    if (isAgent(worker)) return worker;
    throw new HeddleError(
      "NOT_AN_AGENT",
      "the worker runs a behaviour: it cannot be used from here",
    );
  }

  /** @throws {HeddleError} `UNKNOWN_JOB`: it never was, or has been over for longer than jobs are kept. */
  job(id: string): WorkerJob {
    const job = this.session.job(id);
    if (job) return job;
    throw new HeddleError("UNKNOWN_JOB", "no such job, or one that is no longer kept");
  }

  /** @throws {HeddleError} `DRAINING`, `LIMIT_REACHED`, and what `session.run` throws. */
  run(worker: Worker, input: JobInput, options: RunOptions = {}): WorkerJob {
    this.#options.checkOpen();
    checkRoom("jobsPerSession", this.session.jobs.size, this.#options.limits.jobsPerSession);
    return this.session.run(worker, input, options);
  }

  /**
   * Answers a conversation that a client keeps. An agent without modules of tools, of which nothing stays in its thread, is carried out by a worker
   * that has answered for the same tenant before, if one is free; any other gets a worker that ends with its job.
   *
   * `own` is laid over the agent's options, and makes a worker for this job alone.
   *
   * @throws {HeddleError} what `createWorker` and `run` throw.
   */
  answer(agent: string, input: JobInput, options: RunOptions = {}, own?: WorkerOptions): WorkerJob {
    const template = this.agent(agent);
    const isReusable = own === undefined && (template.tools ?? []).length === 0;
    const worker =
      (isReusable ? this.#takeIdle(agent) : undefined) ?? this.createWorker(agent, own);
    try {
      const job = this.run(worker, input, options);
      void job.outcome.then(() => (isReusable ? this.#putBack(agent, worker) : worker.stop()));
      return job;
    } catch (error) {
      if (isReusable) this.#putBack(agent, worker);
      else void worker.stop();
      throw error;
    }
  }

  /** Tool calls that wait for a decision. */
  get confirmations(): readonly ConfirmationRequest[] {
    return [...this.session.confirmations.values()];
  }

  /** A worker that waits for a conversation goes when another is wanted. */
  #makeRoom(): void {
    const { workersPerSession } = this.#options.limits;
    const { size } = this.session.workers;
    if (size < workersPerSession) return;
    const waiting = [...this.#idle.values()].find((workers) => workers.length > 0)?.shift();
    const idle = waiting ?? this.#takeKept();
    if (!idle) checkRoom("workersPerSession", size, workersPerSession);
    void idle?.stop();
  }

  #takeKept(): Worker | undefined {
    const busy = new Set([...this.session.jobs.values()].map(({ worker }) => worker.id));
    const worker = [...this.#kept.values()].find(({ id }) => !busy.has(id));
    if (worker) this.#kept.delete(worker.id);
    return worker;
  }

  #takeIdle(agent: string): Worker | undefined {
    const workers = this.#idle.get(agent) ?? [];
    for (;;) {
      const worker = workers.pop();
      if (!worker || worker.state === "idle") return worker;
    }
  }

  #putBack(agent: string, worker: Worker): void {
    if (worker.state !== "idle") {
      void worker.stop();
      return;
    }
    const workers = this.#idle.get(agent);
    if (workers) workers.push(worker);
    else this.#idle.set(agent, [worker]);
  }
}

/** Whether it is no behaviour. */
export function isAgent(worker: Worker | BehaviorWorker): worker is Worker {
  return (worker as Partial<Worker>).transcript !== undefined;
}
