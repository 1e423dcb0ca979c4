import type {
  Thread,
  ThreadExit,
  ThreadHandlers,
  ThreadSpec,
} from "../../src/supervisor/threads/thread.ts";
import type { Clock, Timer } from "../../src/transport/clock.ts";

/** What runs in a thread. */
export type ThreadBody = {
  /** Takes the next message. */
  receive(message: unknown): void;
  /** What it could do now by itself; the scheduler chooses. */
  actions(): readonly (() => void)[];
};

/** What a body can do to its thread. */
export type ThreadInside = {
  post(message: unknown): void;
  /** Ends the thread from inside. */
  exit(exit: ThreadExit): void;
  /** Its timers fire when its loop turns, and die with it. */
  readonly clock: Clock;
};

/** How a thread starts: as it should, not at all, or to its death. */
export type Boot = "boots" | "hangs" | "dies";

/**
 * A thread in memory. Nothing in it happens by itself: it offers actions, and a scheduler performs them one by one.
 *
 * As `spawnThread` guarantees it, messages of one direction stay in order, and `onExit` comes after the last message.
 */
export class SimThread implements Thread {
  readonly threadId: number;
  readonly spec: ThreadSpec;
  readonly kind: "actor" | "gateway";
  body: ThreadBody | undefined;
  /** Its loop does not turn. */
  isSpinning: boolean = false;
  /** It cannot be ended. */
  isUnkillable: boolean = false;
  /** Somebody has tried to end it. */
  wasTerminated: boolean = false;
  /** Since when it is a worker's, and no spare. */
  ownedSinceMs: number | undefined;
  usedBytes = 0;
  readonly #boot: Boot;
  readonly #handlers: ThreadHandlers;
  readonly #start: (inside: ThreadInside) => ThreadBody;
  readonly #inbox: unknown[] = [];
  readonly #outbox: unknown[] = [];
  #exit: ThreadExit | undefined;
  #isGone: boolean = false;
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  readonly #due: (() => void)[] = [];
  #error: unknown;

  constructor(options: {
    readonly threadId: number;
    readonly spec: ThreadSpec;
    readonly kind: "actor" | "gateway";
    readonly boot: Boot;
    readonly handlers: ThreadHandlers;
    readonly start: (inside: ThreadInside) => ThreadBody;
    readonly clock: Clock;
  }) {
    this.#clock = options.clock;
    this.threadId = options.threadId;
    this.spec = options.spec;
    this.kind = options.kind;
    this.#boot = options.boot;
    this.#handlers = options.handlers;
    this.#start = options.start;
  }

  get isOwned(): boolean {
    return this.ownedSinceMs !== undefined;
  }

  /** Timers of its own that have not fired. */
  get timers(): number {
    return this.#timers.size;
  }

  /** It executes nothing any more. */
  get isDead(): boolean {
    return this.#exit !== undefined;
  }

  /** Its owner was told of its end. */
  get isGone(): boolean {
    return this.#isGone;
  }

  get isExiting(): boolean {
    return this.isDead && !this.#isGone;
  }

  post(message: unknown): void {
    if (isConfigure(message)) this.ownedSinceMs = this.#clock.monotonicMs();
    if (!this.isDead) this.#inbox.push(structuredClone(message));
  }

  terminate(): void {
    this.wasTerminated = true;
    if (!this.isUnkillable) this.die({ exitCode: 1, error: undefined });
  }

  async heapBytes(): Promise<number> {
    if (this.isDead) throw new Error("the thread has ended");
    return this.usedBytes;
  }

  /** It stops executing; what it has sent is still on its way. */
  die(exit: ThreadExit): void {
    this.#exit ??= exit;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  /** Adds to `all` what can happen to it next. */
  collect(all: (() => void)[]): void {
    if (this.#isGone) return;
    if (this.#outbox.length > 0) all.push(this.#deliver);
    if (this.isDead) all.push(this.exited);
    else if (!this.body && this.#boot !== "hangs") all.push(this.#boots);
    else if (this.body && !this.isSpinning) this.#collectOwn(this.body, all);
  }

  /** What it can do by itself. */
  #collectOwn(body: ThreadBody, all: (() => void)[]): void {
    if (this.#inbox.length > 0) all.push(this.#receive);
    if (this.#due.length > 0) all.push(this.#fire);
    for (const action of body.actions()) all.push(action);
  }

  /** `exit` overtakes what is on its way; then the port is drained, all in one turn. */
  readonly exited = (): void => {
    while (this.#outbox.length > 0) this.#deliver();
    this.#isGone = true;
    const { exitCode, error } = this.#exit as ThreadExit;
    this.#handlers.onExit({ exitCode, error: this.#error ?? error });
  };

  /** Delivers all it has sent, in one turn of the owner's loop. */
  deliverAll(): void {
    while (this.#outbox.length > 0) this.#deliver();
  }

  send(message: unknown): void {
    if (!this.isDead) this.#outbox.push(structuredClone(message));
  }

  readonly #boots = (): void => {
    if (this.#boot === "dies") {
      this.die({ exitCode: 1, error: new Error("the entry could not be loaded") });
      return;
    }
    this.body = this.#start({
      post: (message) => this.send(message),
      exit: (exit) => this.die(exit),
      clock: {
        now: () => this.#clock.now(),
        monotonicMs: () => this.#clock.monotonicMs(),
        setTimer: (ms, run) => this.#setTimer(ms, run),
      },
    });
  };

  #setTimer(ms: number, run: () => void): Timer {
    if (this.isDead) return { cancel: () => {} };
    const fire = () => {
      this.#timers.delete(timer);
      this.#due.push(run);
    };
    const timer = this.#clock.setTimer(ms, fire);
    this.#timers.add(timer);
    return {
      cancel: () => {
        timer.cancel();
        this.#timers.delete(timer);
        const place = this.#due.indexOf(run);
        if (place >= 0) this.#due.splice(place, 1);
      },
    };
  }

  readonly #fire = (): void => {
    this.#due.shift()?.();
  };

  readonly #receive = (): void => {
    this.body?.receive(this.#inbox.shift());
  };

  readonly #deliver = (): void => {
    try {
      this.#handlers.onMessage(this.#outbox.shift());
    } catch (thrown) {
      this.#error ??= thrown;
      this.terminate();
    }
  };
}

function isConfigure(message: unknown): boolean {
  const { body } = message as { body?: { path?: readonly string[] } };
  return body?.path?.[0] === "configure";
}
