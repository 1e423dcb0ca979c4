import type { WorkerRef } from "../protocol/behavior.ts";
import type { WorkerState } from "../protocol/worker.ts";
import type { BehaviorOptions } from "./behaviors/behavior-settings.ts";
import { behaviorSettings } from "./behaviors/behavior-settings.ts";
import { BehaviorWorker } from "./behaviors/behavior-worker.ts";
import type { Gateways } from "./gateways/gateways.ts";
import type { WorkerOptions } from "./options.ts";
import type { Roster, RosterWorker } from "./roster.ts";
import type { Runtime } from "./runtime.ts";
import type { SessionEvent } from "./session-event.ts";
import type { ThreadSupply } from "./threads/worker-thread.ts";
import type { SessionTools } from "./tools/session-tools.ts";
import { SessionWorker } from "./workers/session-worker.ts";
import { workerSettings } from "./workers/worker-settings.ts";

export type StaffingOptions = {
  /** The session's name. */
  readonly session: string;
  readonly defaults: WorkerOptions;
  readonly gateways: Gateways;
  readonly supply: ThreadSupply;
  readonly runtime: Runtime;
  readonly roster: Roster;
  readonly tools: SessionTools;
  readonly onEvent: (event: SessionEvent) => void;
};

/** Makes a session's workers, and tells what becomes of them. */
export class Staffing {
  readonly #options: StaffingOptions;

  constructor(options: StaffingOptions) {
    this.#options = options;
  }

  agent(options: WorkerOptions): SessionWorker {
    const { gateways, defaults } = this.#options;
    const settings = workerSettings(options, defaults, gateways.names);
    const { number, ...named } = this.#options.roster.named(settings.name);
    const worker: SessionWorker = new SessionWorker({
      ...named,
      settings,
      routeTo: (provider) => gateways.route(provider, number),
      session: this.#options.session,
      tools: this.#options.tools,
      ...this.#shared(named, () => worker),
    });
    this.#created(worker);
    return worker;
  }

  behavior(options: BehaviorOptions): BehaviorWorker {
    const settings = behaviorSettings(options, this.#options.defaults);
    const { id, name } = this.#options.roster.named(settings.name);
    const worker: BehaviorWorker = new BehaviorWorker({
      id,
      name,
      options,
      settings,
      society: this.#options.roster,
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
        this.#options.onEvent({ type: "worker-output", workerId: id, name, stream, text }),
      onStopped: () => this.#workerStopped(worker()),
    };
  }

  #created(worker: RosterWorker): void {
    this.#options.roster.add(worker);
    this.#options.onEvent({ type: "worker-created", workerId: worker.id, name: worker.name });
  }

  #workerState(worker: RosterWorker, state: WorkerState): void {
    if (state === "failed") this.#died(worker);
    this.#options.onEvent({ type: "worker-state", workerId: worker.id, name: worker.name, state });
  }

  #workerStopped(worker: RosterWorker): void {
    this.#options.roster.remove(worker);
    this.#died(worker);
    this.#options.onEvent({ type: "worker-stopped", workerId: worker.id, name: worker.name });
  }

  #died(worker: RosterWorker): void {
    this.#options.roster.deathWatch.died(worker, worker.endReason ?? "stopped");
  }
}
