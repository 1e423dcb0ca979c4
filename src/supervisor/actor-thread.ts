import { extname } from "node:path";
import { HeddleError, toHeddleError } from "../errors.ts";
import type {
  ActorCommand,
  ActorConfig,
  ActorJob,
  ActorModelCall,
  ActorReport,
} from "../protocol/actor-messages.ts";
import type { ModelResponse } from "../protocol/model.ts";
import type { CallMessage } from "../transport/calls.ts";
import { Caller, exposeMethods } from "../transport/calls.ts";
import type { Runtime } from "./runtime.ts";
import type { Thread, ThreadExit } from "./thread.ts";

const ENTRY = new URL(`../actors/entry${extname(import.meta.filename)}`, import.meta.url);
const START_MS = 60_000;

/** What the supervisor can call in an actor thread. */
export type ActorCalls = {
  configure(config: ActorConfig): Promise<void>;
  /** Settles when the job's loop has ended. */
  run(job: ActorJob): Promise<void>;
};

export type ActorThreadHandlers = {
  /** The actor asks the model. */
  onModelCall(call: ActorModelCall): Promise<ModelResponse>;
  onReport(report: ActorReport): void;
  /** After the actor's last message, once. */
  onGone(error: HeddleError): void;
};

/** The thread of one worker, from its start to its end. */
export class ActorThread {
  readonly #name: string;
  readonly #runtime: Runtime;
  readonly #handlers: ActorThreadHandlers;
  readonly #thread: Thread;
  readonly #caller: Caller<ActorCalls>;
  readonly #onCall: (body: unknown) => void;
  readonly #gone: PromiseWithResolvers<void> = Promise.withResolvers();
  #isGone: boolean = false;
  #isEnding: boolean = false;

  constructor(name: string, runtime: Runtime, handlers: ActorThreadHandlers) {
    this.#name = name;
    this.#runtime = runtime;
    this.#handlers = handlers;
    const post = (message: CallMessage) => this.#thread.post(message);
    this.#caller = new Caller(post);
    this.#onCall = exposeMethods(
      { callModel: (call: ActorModelCall) => handlers.onModelCall(call) },
      post,
    );
    this.#thread = runtime.spawn(
      { entry: ENTRY, name },
      {
        onMessage: (message) => this.#receive(message as ActorReport | CallMessage),
        onExit: (exit) => this.#exited(exit),
      },
    );
  }

  get threadId(): number {
    return this.#thread.threadId;
  }

  /** Resolves when the thread is gone, or written off. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Whether it can take a job: it is neither gone nor being ended. */
  get isUsable(): boolean {
    return !this.#isEnding;
  }

  /** @throws {HeddleError} `ACTOR_START_FAILED`. */
  async configure(config: ActorConfig): Promise<void> {
    const late = new HeddleError("ACTOR_START_FAILED", `not ready after ${START_MS} ms`);
    const timer = this.#runtime.clock.setTimer(START_MS, () => this.#caller.close(late));
    try {
      await this.#caller.call("configure", config);
    } catch (error) {
      this.terminate();
      throw new HeddleError("ACTOR_START_FAILED", "the thread did not start", { cause: error });
    } finally {
      timer.cancel();
    }
  }

  /** @throws {HeddleError} what ended the loop, or the thread (`ACTOR_CRASHED`). */
  run(job: ActorJob): Promise<void> {
    return this.#caller.call("run", job);
  }

  cancel(jobId: string, reason: string): void {
    const command: ActorCommand = { type: "cancel", jobId, reason };
    this.#thread.post(command);
  }

  /** Ends the thread; `gone` resolves when it is. Blocked in a system call it may never be: see `writeOff`. */
  terminate(): void {
    this.#isEnding = true;
    this.#thread.terminate();
  }

  /** Treats the thread as gone although it is not: it is reported, and none of its messages are taken any more. */
  writeOff(): void {
    if (this.#isGone) return;
    const { threadId } = this.#thread;
    this.#runtime.report({ type: "thread-stuck", thread: this.#name, threadId });
    this.#leave(new HeddleError("THREAD_STUCK", "the actor's thread cannot be ended"));
  }

  #receive(message: ActorReport | CallMessage): void {
    if (this.#isGone) return;
    switch (message.type) {
      case "reply":
        this.#caller.deliver(message.body);
        break;
      case "call":
        this.#onCall(message.body);
        break;
      case "tool-finished":
        this.#handlers.onReport(message);
        break;
      default:
        message satisfies never;
    }
  }

  #exited({ exitCode, error }: ThreadExit): void {
    const cause = error === undefined ? undefined : toHeddleError(error, "ACTOR_CRASHED");
    const how = cause ? `: ${cause.message}` : "";
    this.#leave(
      new HeddleError("ACTOR_CRASHED", `the actor's thread ended with code ${exitCode}${how}`, {
        ...(cause ? { cause: error } : {}),
        details: { exitCode },
      }),
    );
  }

  #leave(error: HeddleError): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#isEnding = true;
    this.#caller.close(error);
    this.#handlers.onGone(error);
    this.#gone.resolve();
  }
}
