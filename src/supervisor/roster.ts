import { HeddleError } from "../errors.ts";
import type { WorkerRef } from "../protocol/behavior.ts";
import type { BehaviorWorker } from "./behaviors/behavior-worker.ts";
import { DeathWatch } from "./messages/death-watch.ts";
import { PostOffice } from "./messages/post-office.ts";
import type { Society } from "./messages/society.ts";
import type { Runtime } from "./runtime.ts";
import type { SessionWorker } from "./workers/session-worker.ts";

export type RosterOptions = {
  readonly runtime: Runtime;
  readonly nextWorkerNumber: () => number;
};

export type RosterWorker = SessionWorker | BehaviorWorker;

/** A session's workers, and how they find, tell and watch each other. */
export class Roster implements Society {
  readonly workers: Map<string, RosterWorker> = new Map();
  readonly post: PostOffice;
  readonly deathWatch: DeathWatch;
  readonly spawn: Society["spawn"];
  readonly #options: RosterOptions;
  readonly #byName = new Map<string, RosterWorker>();

  constructor(options: RosterOptions, spawn: Society["spawn"]) {
    this.#options = options;
    this.post = new PostOffice(options.runtime);
    this.spawn = spawn;
    this.deathWatch = new DeathWatch((watcher, down) => {
      void this.post.tell(watcher, "down", down, "supervisor");
    });
  }

  find(target: string): RosterWorker | undefined {
    return this.workers.get(target) ?? this.#byName.get(target);
  }

  /** A name for a new worker, and its number. @throws {HeddleError} `NAME_TAKEN`. */
  named(given: string | undefined): WorkerRef & { readonly number: number } {
    const { runtime, nextWorkerNumber } = this.#options;
    const number = nextWorkerNumber();
    const name = given ?? `worker-${number}`;
    if (!this.isTaken(name)) return { id: runtime.newId(), name, number };
    const message = `the session has a worker named "${name}" already`;
    throw new HeddleError("NAME_TAKEN", message, { details: { field: "name" } });
  }

  /** Whether a worker has the name that still has something to do. */
  isTaken(name: string): boolean {
    return this.#byName.get(name)?.isOver === false;
  }

  add(worker: RosterWorker): void {
    this.workers.set(worker.id, worker);
    this.#byName.set(worker.name, worker);
  }

  remove(worker: RosterWorker): void {
    this.workers.delete(worker.id);
    if (this.#byName.get(worker.name) === worker) this.#byName.delete(worker.name);
  }
}
