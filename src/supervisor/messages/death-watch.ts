import type { Down, WorkerRef } from "../../protocol/behavior.ts";
import type { Addressee } from "./letter.ts";

/** Who wants to be told when a worker has ended for good. */
export class DeathWatch {
  readonly #watchers = new Map<string, Set<Addressee>>();
  readonly #notify: (watcher: Addressee, down: Down) => void;

  constructor(notify: (watcher: Addressee, down: Down) => void) {
    this.#notify = notify;
  }

  /** Watching twice is the same as once. */
  watch(watcher: Addressee, targetId: string): void {
    const watchers = this.#watchers.get(targetId) ?? new Set();
    watchers.add(watcher);
    this.#watchers.set(targetId, watchers);
  }

  /** `watcher` has ended, or begins anew. */
  forget(watcher: Addressee): void {
    for (const [targetId, watchers] of this.#watchers) {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(targetId);
    }
  }

  /** Tells those who watch, once: after the last message of the dead one has been queued. */
  died({ id, name }: WorkerRef, reason: string): void {
    const watchers = this.#watchers.get(id);
    this.#watchers.delete(id);
    for (const watcher of watchers ?? []) this.#notify(watcher, { id, name, reason });
  }
}
