import type { Clock, Timer } from "../../transport/clock.ts";

const TICK_MS = 10;
/** Of a thread that is far from its limit; one near it is looked at every tick. A look costs about 40 µs. */
const LOOK_MS = 100;
const PING_MS = 100;

/** What is watched of a thread while it executes an actor's code. */
export type WatchedThread = {
  readonly heapLimitBytes: number;
  readonly unresponsiveMs: number;
  /** Heap, and what hangs on it outside: Buffers and the like. */
  heapBytes(): Promise<number>;
  /** Asks the thread's loop for a sign of life, which `Watched.answered` is told of. */
  ping(): void;
  overLimit(usedBytes: number): void;
  /** Once, for a loop that has not turned for so long. */
  unresponsive(forMs: number): void;
};

/** A thread under watch, as long as it executes. */
export type Watched = {
  answered(): void;
  leave(): void;
};

type Entry = {
  readonly thread: WatchedThread;
  nextLookMs: number;
  isLooking: boolean;
  nextPingMs: number;
  pingedMs: number | undefined;
  isReported: boolean;
};

/**
 * Heap guard and watchdog, over those threads only that execute actor code at the moment: to look at all of a thousand idle
 * ones would take most of a core.
 *
 * Node's own limits end the whole process for many ways of using memory; asking from outside and ending the one thread
 * contains them. One huge allocation can still outrun it, and a blocked supervisor blinds it.
 */
export class ActorWatch {
  readonly #clock: Clock;
  readonly #entries = new Set<Entry>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many threads execute actor code. */
  get executing(): number {
    return this.#entries.size;
  }

  enter(thread: WatchedThread): Watched {
    const nowMs = this.#clock.monotonicMs();
    const entry: Entry = {
      thread,
      nextLookMs: nowMs,
      isLooking: false,
      nextPingMs: nowMs + PING_MS,
      pingedMs: undefined,
      isReported: false,
    };
    this.#entries.add(entry);
    this.#arm();
    return {
      answered: () => {
        entry.pingedMs = undefined;
        entry.isReported = false;
      },
      leave: () => this.#entries.delete(entry),
    };
  }

  #arm(): void {
    if (this.#timer || this.#entries.size === 0) return;
    this.#timer = this.#clock.setTimer(TICK_MS, () => {
      this.#timer = undefined;
      const nowMs = this.#clock.monotonicMs();
      for (const entry of this.#entries) this.#watch(entry, nowMs);
      this.#arm();
    });
  }

  #watch(entry: Entry, nowMs: number): void {
    if (nowMs >= entry.nextLookMs && !entry.isLooking) void this.#look(entry);
    if (entry.pingedMs === undefined) {
      if (nowMs < entry.nextPingMs) return;
      entry.pingedMs = nowMs;
      entry.nextPingMs = nowMs + PING_MS;
      entry.thread.ping();
      return;
    }
    const silentMs = nowMs - entry.pingedMs;
    if (silentMs < entry.thread.unresponsiveMs || entry.isReported) return;
    entry.isReported = true;
    entry.thread.unresponsive(silentMs);
  }

  /** Never rejects: a thread that has ended needs no look. */
  async #look(entry: Entry): Promise<void> {
    entry.isLooking = true;
    const usedBytes = await entry.thread.heapBytes().catch(() => 0);
    entry.isLooking = false;
    const { heapLimitBytes } = entry.thread;
    const isNear = usedBytes > heapLimitBytes / 2;
    entry.nextLookMs = this.#clock.monotonicMs() + (isNear ? 0 : LOOK_MS);
    if (usedBytes > heapLimitBytes && this.#entries.has(entry)) entry.thread.overLimit(usedBytes);
  }
}
