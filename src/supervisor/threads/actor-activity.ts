import type { ActorWatch, Watched, WatchedThread } from "./actor-watch.ts";

/** Knows when a thread executes its actor's code, and has it watched meanwhile: while it works, and does not only wait for the supervisor. */
export class ActorActivity {
  readonly #watch: ActorWatch;
  readonly #thread: () => WatchedThread;
  #watched: Watched | undefined;
  #isOver: boolean = false;
  /** What the actor works on, and what it waits for. */
  #work = 0;
  #asks = 0;
  /** Tool calls that it is carrying out, which go on while it waits. */
  readonly #tools = new Set<number>();

  constructor(watch: ActorWatch, thread: () => WatchedThread) {
    this.#watch = watch;
    this.#thread = thread;
  }

  /** The actor works until `work` has settled. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#work += 1;
    this.#update();
    try {
      return await work;
    } finally {
      this.#work -= 1;
      this.#update();
    }
  }

  /** The actor waits until `answer` has settled. */
  async waiting<T>(answer: T | Promise<T>): Promise<T> {
    this.#asks += 1;
    this.#update();
    try {
      return await answer;
    } finally {
      this.#asks -= 1;
      this.#update();
    }
  }

  toolBegun(index: number): void {
    this.#tools.add(index);
    this.#update();
  }

  toolEnded(index: number): void {
    this.#tools.delete(index);
    this.#update();
  }

  /** Its loop has turned. */
  answered(): void {
    this.#watched?.answered();
  }

  /** The thread is gone. */
  end(): void {
    this.#isOver = true;
    this.#update();
  }

  #update(): void {
    const isBusy = this.#tools.size > 0 || (this.#work > 0 && this.#asks === 0);
    if (isBusy && !this.#isOver) {
      this.#watched ??= this.#watch.enter(this.#thread());
      return;
    }
    this.#watched?.leave();
    this.#watched = undefined;
  }
}
