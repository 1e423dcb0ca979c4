import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import type { Piscina } from "piscina";
import { describe, HeddleError } from "../../errors.ts";
import type { PoolReport, PoolTaken, PoolTask } from "../../protocol/pool-messages.ts";
import type { ToolEnd, ToolModule } from "../../protocol/tool.ts";
import { MAX_TIMER_MS } from "../../transport/clock.ts";
import { readableFor } from "../behaviors/user-module.ts";
import { filesOf, profileOf } from "../threads/actor-profile.ts";
import type { ActorWatch, Watched } from "../threads/actor-watch.ts";
import { inheritedFlags } from "../threads/inherited-flags.ts";

const ENTRY: string = fileURLToPath(
  new URL(`../../tools/pool-entry${extname(import.meta.filename)}`, import.meta.url),
);

/** Who hears of a call while it goes on. */
export type CallListeners = {
  readonly onProgress: (progress: unknown) => void;
  readonly onOutput?: (stream: "stdout" | "stderr", text: string) => void;
};

/** How a call has left its thread. `gone`: the thread has exited, and `hasBegun` says whether it had taken the call before. */
export type CallOutcome =
  | { readonly type: "ended"; readonly end: ToolEnd }
  | { readonly type: "gone"; readonly hasBegun: boolean; readonly failure: HeddleError };

/** What a thread of the pool is made with. */
export type PoolThreadParts = {
  readonly Piscina: typeof Piscina;
  readonly watch: ActorWatch;
  readonly heapMb: number;
};

/**
 * One thread for the tools of one module, and one call at a time.
 *
 * It is a piscina of exactly one thread, because what a thread may do holds for a whole piscina, and because of a piscina of several nobody
 * can end the one that is idle. Piscina rejects before a thread is gone and starts another for it; here a thread that has ended stays
 * ended, and `exited` tells when.
 */
export class PoolThread {
  /** Resolves when the thread is gone. */
  readonly exited: Promise<void>;
  readonly #piscina: Piscina;
  readonly #worker: Worker;
  readonly #watch: ActorWatch;
  readonly #heapMb: number;
  #isEnding: boolean = false;
  #isDestroyed: boolean = false;
  #failure: HeddleError | undefined;

  /** @throws what `new Worker` throws, and what the file system does when it is asked where packages are. */
  constructor(module: ToolModule, { Piscina, watch, heapMb }: PoolThreadParts) {
    const readable = [...filesOf("piscina"), ...readableFor(module.moduleUrl)];
    const { flags, env } = profileOf({}, readable, {});
    this.#watch = watch;
    this.#heapMb = heapMb;
    this.#piscina = new Piscina({
      filename: ENTRY,
      name: "run",
      minThreads: 1,
      maxThreads: 1,
      atomics: "disabled",
      recordTiming: false,
      env: { ...env },
      execArgv: [...inheritedFlags(process.execArgv), ...flags],
      workerData: { module },
    });
    // Of what is thrown between two calls. The thread's own events tell the same.
    this.#piscina.on("error", () => {});
    // While it takes a thread out, only to be destroyed keeps it from starting another.
    this.#piscina.on("workerDestroy", () => this.#destroy());
    const [worker] = this.#piscina.threads;
    this.#worker = worker as Worker;
    this.#worker.on("error", (error) => this.#failed(this.#crash(error)));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.exited = promise;
    this.#worker.on("exit", (exitCode) => {
      const message = `the tool's thread has ended itself with exit code ${exitCode}`;
      this.#failed(new HeddleError("TOOL_FAILED", message, { details: { exitCode } }));
      resolve();
    });
  }

  get threadId(): number {
    return this.#worker.threadId;
  }

  /** Whether it can take a call: it is neither gone nor being ended. */
  get isUsable(): boolean {
    return !this.#isEnding;
  }

  /** Ends it, whatever it does; `exited` resolves when it is gone. */
  kill(failure: HeddleError = new HeddleError("THREAD_GONE", "the tool's thread was ended")): void {
    this.#failed(failure);
    this.#destroy();
  }

  /** Never rejects. What the call reports is told in order, and all of it before the promise resolves. */
  async run(task: PoolTask, listeners: CallListeners): Promise<CallOutcome> {
    const { port1: port, port2 } = new MessageChannel();
    let hasBegun: boolean = false;
    const receive = (report: PoolReport) => {
      hasBegun = true;
      this.#tell(report, listeners);
      port.postMessage({ type: "taken" } satisfies PoolTaken);
    };
    port.on("message", receive);
    port.unref();
    const watched = this.#enterWatch();
    const end = await this.#settle({ ...task, port: port2 }, port2);
    watched.leave();
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      receive(next.message);
    }
    port.close();
    if (end) return { type: "ended", end };
    const failure =
      this.#failure ?? new HeddleError("INTERNAL", "a thread is gone without a reason");
    return { type: "gone", hasBegun, failure };
  }

  /** Undefined: there is no end, and the thread has exited. */
  async #settle(task: object, port: MessagePort): Promise<ToolEnd | undefined> {
    try {
      // Its types are those of an older Node.
      return await this.#piscina.run(task, { transferList: [port] as never });
    } catch (error) {
      this.kill(this.#crash(error));
      await this.exited;
      return undefined;
    }
  }

  /** Once: a second time would have piscina believe that all is over, and start another thread at this one's exit. */
  #destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    void this.#piscina.destroy();
  }

  /** The first reason holds. */
  #failed(failure: HeddleError): void {
    this.#isEnding = true;
    this.#failure ??= failure;
  }

  #crash(error: unknown): HeddleError {
    const { code } = (error ?? {}) as { readonly code?: unknown };
    if (code === "ERR_WORKER_OUT_OF_MEMORY") return this.#outOfMemory(error);
    const message = `the tool's thread has crashed: ${describe(error)}`;
    return new HeddleError("TOOL_FAILED", message, { cause: error });
  }

  #outOfMemory(cause: unknown): HeddleError {
    const message = `the tool has used more memory than the ${this.#heapMb} MB that a pool tool may have`;
    return new HeddleError("TOOL_FAILED", message, { cause, details: { heapMb: this.#heapMb } });
  }

  /** Node's own limit is one of the heap: Buffers and the like are not in it. A call may take its time, so nobody asks for a sign of life. */
  #enterWatch(): Watched {
    return this.#watch.enter({
      heapLimitBytes: this.#heapMb * 1_048_576,
      unresponsiveMs: MAX_TIMER_MS,
      heapBytes: async () => {
        const { used_heap_size, external_memory } = await this.#worker.getHeapStatistics();
        return used_heap_size + external_memory;
      },
      ping: () => {},
      overLimit: (usedBytes) => this.kill(this.#outOfMemory(`${usedBytes} bytes`)),
      unresponsive: () => {},
    });
  }

  /** Whoever listens and throws has the thread ended: an error must not come up where nobody has called. */
  #tell(report: PoolReport, listeners: CallListeners): void {
    try {
      tell(report, listeners);
    } catch (error) {
      const message = `what a pool tool reported was not taken: ${describe(error)}`;
      this.kill(new HeddleError("INTERNAL", message, { cause: error }));
    }
  }
}

function tell(report: PoolReport, { onProgress, onOutput }: CallListeners): void {
  switch (report.type) {
    case "begun":
      break;
    case "progress":
      onProgress(report.progress);
      break;
    case "output":
      onOutput?.(report.stream, report.text);
      break;
    default:
      report satisfies never;
  }
}
