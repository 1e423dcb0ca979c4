import type { Runtime, SupervisorEvent } from "../../../src/supervisor/runtime.ts";
import type { Thread, ThreadHandlers, ThreadSpec } from "../../../src/supervisor/threads/thread.ts";
import { FakeClock, turn } from "../../support/fake-clock.ts";

type Posted = { readonly type: string; readonly [field: string]: unknown };
type Call = { readonly id: string; readonly path: readonly string[] };

/** A thread that does what a test says. */
export class FakeThread implements Thread {
  readonly threadId: number;
  readonly spec: ThreadSpec;
  readonly posted: Posted[] = [];
  terminations = 0;
  usedBytes = 0;
  readonly #handlers: ThreadHandlers;

  constructor(threadId: number, spec: ThreadSpec, handlers: ThreadHandlers) {
    this.threadId = threadId;
    this.spec = spec;
    this.#handlers = handlers;
  }

  /** What was posted, calls left out. */
  get commands(): Posted[] {
    return this.posted.filter(({ type }) => type !== "call");
  }

  post(message: unknown): void {
    this.posted.push(structuredClone(message) as Posted);
  }

  terminate(): void {
    this.terminations += 1;
  }

  async heapBytes(): Promise<number> {
    return this.usedBytes;
  }

  send(message: object): void {
    this.#handlers.onMessage(structuredClone(message));
  }

  /** Answers the last call of `method`. */
  async answer(method: string, result: object = { ok: true, value: undefined }): Promise<void> {
    const calls = this.posted.filter(({ type }) => type === "call").map(({ body }) => body as Call);
    const call = calls.findLast(({ path }) => path[0] === method);
    this.send({ type: "reply", body: { id: call?.id, type: "RAW", value: result } });
    await turn();
  }

  async exit(exitCode = 1, error?: unknown): Promise<void> {
    this.#handlers.onExit({ exitCode, error });
    await turn();
  }
}

/** A runtime with no thread and no time of its own. */
export class FakeRuntime implements Runtime {
  readonly clock: FakeClock = new FakeClock();
  readonly threads: FakeThread[] = [];
  readonly reported: SupervisorEvent[] = [];
  holders = 0;
  #ids = 0;

  /** The thread started last. */
  get thread(): FakeThread {
    return this.threads.at(-1) as FakeThread;
  }

  readonly spawn = (spec: ThreadSpec, handlers: ThreadHandlers): FakeThread => {
    const thread = new FakeThread(this.threads.length + 1, spec, handlers);
    this.threads.push(thread);
    return thread;
  };

  readonly newId = (): string => `id-${++this.#ids}`;

  readonly random = (): number => 0;

  readonly hold = (): (() => void) => {
    this.holders += 1;
    return () => {
      this.holders -= 1;
    };
  };

  readonly report = (event: SupervisorEvent): void => {
    this.reported.push(event);
  };

  /** Lets `ms` pass and everything run. */
  async pass(ms: number): Promise<void> {
    await turn();
    this.clock.advance(ms);
    await turn();
  }
}
