import { availableParallelism } from "node:os";
import { serialize } from "node:v8";
import type { Piscina } from "piscina";
import { describe, HeddleError } from "../../errors.ts";
import type { PoolTask } from "../../protocol/pool-messages.ts";
import type { ToolEnd, ToolModule } from "../../protocol/tool.ts";
import { poolError } from "../../tools/pool-context.ts";
import { errorEnd } from "../../tools/tool-end.ts";
import type { Clock, Timer } from "../../transport/clock.ts";
import { FairQueue } from "../gateways/fair-queue.ts";
import { ActorWatch } from "../threads/actor-watch.ts";
import type { CallListeners, CallOutcome } from "./pool-thread.ts";
import { PoolThread } from "./pool-thread.ts";

const IDLE_MS = 30_000;
const HEAP_MB = 256;

export type ToolPoolOptions = {
  readonly clock: Clock;
  /** Looks after the memory of threads that carry out a call. @defaultValue one of its own */
  readonly watch?: ActorWatch;
  /** How many threads there are at once, 1 or more. @defaultValue the number of cores */
  readonly maxThreads?: number;
  /** How long a thread is kept without a call, in ms. @defaultValue 30_000 */
  readonly idleMs?: number;
  /** How much memory a call may use, in MB. @defaultValue 256 */
  readonly heapMb?: number;
};

/** A call of a tool, with arguments that were found valid. */
export type PoolToolCall = PoolTask & { readonly module: ToolModule };

export type PoolCallOptions = CallListeners & { readonly signal: AbortSignal };

type PiscinaClass = typeof Piscina;

/** A call that has no thread yet. */
type Waiting = {
  readonly key: string;
  /** `idle`: one that has the module loaded; else one is to be started. */
  readonly begin: (idle: PoolThread | undefined) => void;
  readonly refuse: (reason: unknown) => void;
};

/**
 * The threads of a session for tools with `runsIn: "pool"`.
 *
 * A thread serves one module with one set of options, so that it can read nothing but that module; of all modules together there are at most
 * `maxThreads`. Calls wait for a thread in turns, job by job, and in a job first come first served; when all threads are taken and one of
 * another module is idle, the one that has been so for longest makes room.
 *
 * What is in a thread's memory from earlier calls is neither kept nor cleared: tools here must not count on state. An idle pool does not
 * keep the process alive.
 */
export class ToolPool {
  readonly #options: ToolPoolOptions;
  readonly #watch: ActorWatch;
  readonly #maxThreads: number;
  readonly #waiting: FairQueue<Waiting> = new FairQueue();
  /** All that have not exited, and the module that each has. */
  readonly #threads = new Map<PoolThread, string>();
  /** The longest idle first. */
  readonly #idle = new Map<PoolThread, Timer>();
  /** Those that were ended for the sake of calls that wait. */
  readonly #leaving = new Set<PoolThread>();
  #lastOrder = 0;
  #closedFor: HeddleError | undefined;
  /** Loaded with the first call. */
  #piscina: Promise<PiscinaClass> | undefined;

  constructor(options: ToolPoolOptions) {
    this.#options = options;
    this.#watch = options.watch ?? new ActorWatch(options.clock);
    this.#maxThreads = options.maxThreads ?? availableParallelism();
  }

  /** The ids of its threads that have not exited. */
  get threadIds(): readonly number[] {
    return [...this.#threads.keys()].map(({ threadId }) => threadId);
  }

  /** How many calls wait for a thread. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Carries out a call, and gives its end. Whatever the tool does to its thread is an error in that end; the next call has another one.
   *
   * @throws the reason of `signal`, once the thread that worked on the call has exited; at once, if none did.
   * @throws {HeddleError} `SESSION_CLOSED` likewise, when the pool is closed.
   */
  async run(call: PoolToolCall, options: PoolCallOptions): Promise<ToolEnd> {
    this.#piscina ??= import("piscina").then((module) => module.Piscina);
    const Piscina = await this.#piscina;
    const { signal } = options;
    if (this.#closedFor) throw this.#closedFor;
    signal.throwIfAborted();
    return await new Promise((resolve, reject) => {
      const waiting: Waiting = {
        key: keyOf(call.module),
        begin: (idle) => {
          signal.removeEventListener("abort", withdraw);
          resolve(this.#carryOut(call, options, Piscina, idle));
        },
        refuse: (reason) => {
          signal.removeEventListener("abort", withdraw);
          reject(reason);
        },
      };
      const withdraw = () => {
        this.#waiting.remove(call.jobId, waiting);
        reject(signal.reason);
      };
      signal.addEventListener("abort", withdraw, { once: true });
      this.#lastOrder += 1;
      this.#waiting.add(call.jobId, this.#lastOrder, waiting);
      this.#pump();
    });
  }

  /** Ends all threads, and with them all calls. Resolves when every thread has exited; a second time the same. */
  async close(): Promise<void> {
    this.#closedFor ??= new HeddleError("SESSION_CLOSED", "the session's tool pool is closed");
    for (let next = this.#waiting.take(); next; next = this.#waiting.take()) {
      next.refuse(this.#closedFor);
    }
    for (const thread of this.#threads.keys()) thread.kill();
    await Promise.all([...this.#threads.keys()].map(({ exited }) => exited));
  }

  /** Who is next gets a thread, until there is none. */
  #pump(): void {
    for (let next = this.#waiting.first; next; next = this.#waiting.first) {
      const idle = this.#takeIdle(next.key);
      if (!idle && this.#threads.size >= this.#maxThreads) {
        this.#makeRoom();
        return;
      }
      this.#waiting.take();
      next.begin(idle);
    }
  }

  async #carryOut(
    call: PoolToolCall,
    options: PoolCallOptions,
    Piscina: PiscinaClass,
    idle: PoolThread | undefined,
  ): Promise<ToolEnd> {
    const { module, ...task } = call;
    const { signal } = options;
    const thread = idle ?? this.#start(module, Piscina);
    if (thread instanceof HeddleError) return errorEnd(thread, task.limits.maxBytes);
    const kill = () => thread.kill();
    signal.addEventListener("abort", kill, { once: true });
    const outcome = await thread.run(task, options);
    signal.removeEventListener("abort", kill);
    this.#leave(thread, outcome);
    if (signal.aborted || this.#closedFor) {
      await thread.exited;
      throw signal.aborted ? signal.reason : this.#closedFor;
    }
    if (outcome.type === "ended") return outcome.end;
    // What an earlier call had left behind has ended the thread before it took this one.
    if (idle && !outcome.hasBegun) return await this.run(call, options);
    return errorEnd(poolError(outcome.failure), task.limits.maxBytes);
  }

  #start(module: ToolModule, Piscina: PiscinaClass): PoolThread | HeddleError {
    const { heapMb = HEAP_MB } = this.#options;
    try {
      const thread = new PoolThread(module, { Piscina, watch: this.#watch, heapMb });
      this.#threads.set(thread, keyOf(module));
      void thread.exited.then(() => this.#exited(thread));
      return thread;
    } catch (error) {
      const message = `no thread can be started for ${module.moduleUrl}: ${describe(error)}`;
      return new HeddleError("TOOL_FAILED", message, { cause: error });
    }
  }

  /** The call is over. */
  #leave(thread: PoolThread, outcome: CallOutcome): void {
    // What a thread has failed to load, it would never load.
    const isLoaded = outcome.type === "ended" && outcome.end.error?.code !== "TOOL_LOAD_FAILED";
    if (!isLoaded) thread.kill();
    if (!thread.isUsable) return;
    const { clock, idleMs = IDLE_MS } = this.#options;
    this.#idle.set(
      thread,
      clock.setTimer(idleMs, () => this.#endIdle(thread)),
    );
    this.#pump();
  }

  /** The one that was idle last, so that the others come to their end. */
  #takeIdle(key: string): PoolThread | undefined {
    const thread = [...this.#idle.keys()].findLast(
      (idle) => idle.isUsable && this.#threads.get(idle) === key,
    );
    if (thread) this.#forgetIdle(thread);
    return thread;
  }

  #makeRoom(): void {
    const [longest] = this.#idle.keys();
    if (!longest || this.#leaving.size >= this.#waiting.size) return;
    this.#leaving.add(longest);
    this.#endIdle(longest);
  }

  #endIdle(thread: PoolThread): void {
    this.#forgetIdle(thread);
    thread.kill();
  }

  #forgetIdle(thread: PoolThread): void {
    this.#idle.get(thread)?.cancel();
    this.#idle.delete(thread);
  }

  #exited(thread: PoolThread): void {
    this.#forgetIdle(thread);
    this.#threads.delete(thread);
    this.#leaving.delete(thread);
    this.#pump();
  }
}

function keyOf({ moduleUrl, options }: ToolModule): string {
  return `${moduleUrl} ${serialize(options).toString("base64")}`;
}
