/*
 * `heddle/actor`: what modules import that run inside an actor. Importing it anywhere is harmless: it only makes plain objects.
 */
import type { Down, WorkerRef } from "../protocol/behavior.ts";
import type { Target } from "../tools/tool.ts";

export type { AgentTool } from "../tools/as-tool.ts";
export { asTool } from "../tools/as-tool.ts";
export { defineTool } from "../tools/define-tool.ts";
export type {
  ApprovalContext,
  ChildInput,
  ChildModule,
  ExecOptions,
  ExecResult,
  JsonSchema,
  Parameters,
  RunnableWorker,
  StandardSchema,
  Tool,
  ToolContext,
} from "../tools/tool.ts";
export type { Down, Target, WorkerRef };

/** The next state of a behaviour, and its reply to an ask. */
export type Become<S, R = undefined> = {
  readonly type: "become";
  readonly state: S;
  readonly reply: R;
};

/** The end of a behaviour. `normal` is no failure, every other reason is one. */
export type Stop<R = undefined> = {
  readonly type: "stop";
  readonly reason: string;
  readonly reply: R;
};

export type Decision<S, R = unknown> = Become<S, R> | Stop<R>;

/** What `ctx.spawn` takes. All else is as with the parent. */
export type SpawnOptions = {
  readonly behavior: URL;
  /** Unique among the session's workers. @defaultValue a random one */
  readonly name?: string;
  readonly mailbox?: { readonly max?: number; readonly whenFull?: "refuse" | "block" };
  readonly graceMs?: number;
  readonly killMs?: number;
  readonly parkAfterMs?: number;
  readonly restart?: {
    readonly policy?: "never" | "on-failure" | "always";
    readonly maxRestarts?: number;
    readonly withinMs?: number;
    readonly backoff?: { readonly initialMs?: number; readonly maxMs?: number };
  };
};

/**
 * What a handler can do beside deciding. All of it goes through the supervisor.
 *
 * A promise of it that is rejected and that nobody awaits harms nobody.
 */
export interface BehaviorContext {
  readonly self: WorkerRef;
  /** The session's and the worker's `context`, laid over each other: a copy of this thread's own. A child that it spawns has the same. */
  readonly context: { readonly [name: string]: unknown };
  /**
   * Aborts when this worker is to stop: `stop()` or `terminate()`, the end of its session, its supervisor or its parent. Whoever
   * runs then has the worker's `graceMs` to return, and what it decides counts; after that its thread is ended.
   *
   * The reason is a HeddleError `WORKER_STOPPED`. A handler that throws it, or an error with it as its cause, has not crashed:
   * who has asked is told just that.
   */
  readonly signal: AbortSignal;
  /** Whether this worker is to stop, also for code that never yields: a loop that polls it sees at once what `signal` cannot tell it. */
  readonly cancelled: boolean;
  /**
   * Settles when the message is queued; one to a worker that is not there is a dead letter.
   *
   * @throws {HeddleError} `INVALID_INPUT` at once for a message that cannot be cloned. Rejects with `MAILBOX_FULL`.
   */
  tell(target: Target, name: string, message?: unknown): Promise<void>;
  /**
   * The reply of another worker's handler. Two workers that ask each other wait until the deadline.
   *
   * @param options `timeoutMs`: 1 to 2,147,483,647, 5,000 by default.
   * @throws {HeddleError} `INVALID_INPUT` at once. Rejects with `ASK_TIMEOUT`, `ASK_SELF`, `UNKNOWN_WORKER`, `UNKNOWN_MESSAGE`,
   * `MAILBOX_FULL`, `INVALID_REPLY`, `WORKER_STOPPED`, or what the other has failed with.
   */
  ask<R = unknown>(
    target: Target,
    name: string,
    message?: unknown,
    options?: { readonly timeoutMs?: number },
  ): Promise<R>;
  /**
   * Tells in `ms` milliseconds (0 to 2,147,483,647), unless it is cancelled before, or this worker has ended or crashed by then.
   * A message that is on its way already is not called back.
   *
   * @throws {HeddleError} `INVALID_INPUT`.
   */
  tellAfter(
    ms: number,
    target: Target,
    name: string,
    message?: unknown,
  ): { readonly cancel: () => void };
  /** Makes a worker in this session that is stopped when this one ends or crashes. Rejects with what `createWorker` throws, and `OVERLOADED`. */
  spawn(options: SpawnOptions): Promise<WorkerRef>;
  /** Has the handler `down` called with a `Down` when the worker has ended for good, after the last message that it sent. */
  watch(target: Target): Promise<void>;
}

/**
 * A handler of one message. One message is handled at a time, also by async handlers.
 *
 * One that throws crashes its actor: the state is lost, and by the restart policy it begins again at `start`.
 */
export type Handler<S> = (
  state: S,
  message: never,
  ctx: BehaviorContext,
) => Decision<S> | Promise<Decision<S>>;

export type Behavior<S, H> = {
  readonly start: (ctx: BehaviorContext) => S | Promise<S>;
  readonly receive: H;
};

/**
 * An actor's own code, in place of the agent loop. A behaviour module exports it as `behavior`.
 *
 * `start` gives the first state. A handler returns what comes next: `become` or `stop`. What handlers take and reply types
 * those who call them: `session.createWorker<typeof import("./counter.js").behavior>(…)`.
 */
export function defineBehavior<S, H extends { readonly [name: string]: Handler<S> }>(
  behavior: Behavior<S, H>,
): Behavior<S, H> {
  return behavior;
}

/** Goes on with `state`; `reply` is for who has asked. */
export function become<S>(state: S): Become<S>;
export function become<S, R>(state: S, options: { readonly reply: R }): Become<S, R>;
export function become<S>(state: S, options?: { readonly reply: unknown }): Become<S, unknown> {
  return { type: "become", state, reply: options?.reply };
}

/** Ends the worker, after the reply. */
export function stop(reason: string): Stop;
export function stop<R>(reason: string, options: { readonly reply: R }): Stop<R>;
export function stop(reason: string, options?: { readonly reply: unknown }): Stop<unknown> {
  return { type: "stop", reason, reply: options?.reply };
}
