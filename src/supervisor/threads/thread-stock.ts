import type { Timer } from "../../transport/clock.ts";
import type { Runtime } from "../runtime.ts";
import type { ActorProfile } from "./actor-profile.ts";
import { BARE_PROFILE } from "./actor-profile.ts";
import { ActorThread } from "./actor-thread.ts";
import { ActorWatch } from "./actor-watch.ts";

/** How long after a spare was taken the next one is made: the taker's own work comes first. */
const REFILL_MS = 5;

/**
 * Warm spares: threads that are loaded and belong to nobody yet. A thread is never given back: it dies with its worker.
 */
export class ThreadStock {
  /** Over all threads that come from here. */
  readonly watch: ActorWatch;
  readonly #runtime: Runtime;
  readonly #size: number;
  readonly #spares = new Set<ActorThread>();
  #made = 0;
  #isClosed: boolean = false;
  #isRefilling: boolean = false;
  #refilling: Timer | undefined;

  constructor(size: number, runtime: Runtime) {
    this.#size = size;
    this.#runtime = runtime;
    this.watch = new ActorWatch(runtime.clock);
  }

  /** Begins to make spares, in the background. */
  fill(): void {
    void this.#refill();
  }

  /** Spares that are ready. */
  get spares(): number {
    return [...this.#spares].filter((spare) => spare.isReady).length;
  }

  /**
   * A thread for a worker: a spare, or one that is being started. Spares have the bare profile; any other starts cold.
   *
   * @throws what `new Worker` throws.
   */
  take(profile: ActorProfile): ActorThread {
    const spare = [...this.#spares].find(({ isReady }) => isReady);
    if (!spare || profile !== BARE_PROFILE) return this.#make(profile);
    this.#spares.delete(spare);
    this.#refilling?.cancel();
    this.#refilling = this.#runtime.clock.setTimer(REFILL_MS, () => void this.#refill());
    return spare;
  }

  /** Resolves when no spare is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#refilling?.cancel();
    const spares = [...this.#spares];
    for (const spare of spares) spare.terminate();
    await Promise.all(spares.map((spare) => spare.gone));
  }

  /** One after the other: to start many at once would take the cores from those who work. */
  async #refill(): Promise<void> {
    if (this.#isRefilling) return;
    this.#isRefilling = true;
    while (!this.#isClosed && this.#spares.size < this.#size && (await this.#addSpare()));
    this.#isRefilling = false;
  }

  /** Resolves to false when no thread can be made at present: whoever needs one will hear why. */
  async #addSpare(): Promise<boolean> {
    try {
      const spare = this.#make(BARE_PROFILE);
      this.#spares.add(spare);
      void spare.gone.then(() => this.#spares.delete(spare));
      await spare.ready();
      return true;
    } catch {
      return false;
    }
  }

  #make(profile: ActorProfile): ActorThread {
    return new ActorThread(`actor-${this.#made++}`, profile, this.watch, this.#runtime);
  }
}
