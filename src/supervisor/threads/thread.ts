import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { HeddleError } from "../../errors.ts";
import { inheritedFlags } from "./inherited-flags.ts";

/** A thread that ends closes its port, too, a moment before its `exit` is told. */
const CLOSED_PORT_MS = 1_000;

/** What to start a thread with. */
export type ThreadSpec = {
  readonly entry: URL;
  /** Shown by debuggers and `inspect()`. */
  readonly name: string;
  /** Flags of Node beside those that all threads inherit. */
  readonly flags?: readonly string[];
  /** The thread's whole environment. @defaultValue empty */
  readonly env?: { readonly [name: string]: string };
  /** What may be allocated before short-lived data is cleared away, in MB. @defaultValue Node's own */
  readonly youngGenerationMb?: number;
};

export type ThreadExit = {
  readonly exitCode: number;
  /** What was thrown in it, or what kept it from starting. */
  readonly error: unknown;
};

export type ThreadHandlers = {
  /** A throw here ends the thread: it sent what it must not send. */
  onMessage(message: unknown): void;
  /** Called once, after the last message. */
  onExit(exit: ThreadExit): void;
};

/** A thread as its owner sees it. It does not keep the process alive. */
export interface Thread {
  readonly threadId: number;
  /** Does nothing once the thread is gone. @throws what structured clone throws for data that cannot be cloned */
  post(message: unknown): void;
  /** Ends it, whatever it does; `onExit` follows, unless it is blocked in a system call. */
  terminate(): void;
  /** What its heap holds, Buffers and the like included. Rejects when the thread has ended. */
  heapBytes(): Promise<number>;
}

export type SpawnThread = (spec: ThreadSpec, handlers: ThreadHandlers) => Thread;

/**
 * Starts a worker thread with an empty environment and one private port.
 *
 * Node's `exit` event overtakes messages that are still queued on a port of one's own, so on `exit` the port is drained
 * before the owner is told. A thread that has closed its port and lives on can neither hear nor say anything: it is ended.
 */
export const spawnThread: SpawnThread = (spec, handlers) => {
  const { port1, port2 } = new MessageChannel();
  let error: unknown;
  let closedPort: NodeJS.Timeout | undefined;
  const worker = new Worker(spec.entry, {
    name: spec.name,
    env: { ...spec.env },
    execArgv: [...inheritedFlags(process.execArgv), ...(spec.flags ?? [])],
    ...(spec.youngGenerationMb === undefined
      ? {}
      : { resourceLimits: { maxYoungGenerationSizeMb: spec.youngGenerationMb } }),
    workerData: { port: port2 },
    transferList: [port2],
  });
  const terminate = () => {
    void worker.terminate();
    // It has Node wait for the thread, which may never end.
    worker.unref();
  };
  const kill = (reason: unknown) => {
    error ??= reason;
    terminate();
  };
  const receive = (message: unknown) => {
    try {
      handlers.onMessage(message);
    } catch (thrown) {
      kill(thrown);
    }
  };
  port1.on("message", receive);
  const onClose = () => {
    const reason = new HeddleError("THREAD_GONE", "the thread has closed its port");
    closedPort = setTimeout(() => kill(reason), CLOSED_PORT_MS).unref();
  };
  port1.on("close", onClose);
  worker.on("error", (thrown) => {
    error ??= thrown;
  });
  worker.on("exit", (exitCode) => {
    port1.off("close", onClose);
    clearTimeout(closedPort);
    for (let next = receiveMessageOnPort(port1); next; next = receiveMessageOnPort(port1)) {
      receive(next.message);
    }
    port1.close();
    handlers.onExit({ exitCode, error });
  });
  worker.unref();
  port1.unref();
  return {
    threadId: worker.threadId,
    post: (message) => port1.postMessage(message),
    terminate,
    heapBytes: async () => {
      const { used_heap_size: heap, external_memory: external } = await worker.getHeapStatistics();
      return heap + external;
    },
  };
};
