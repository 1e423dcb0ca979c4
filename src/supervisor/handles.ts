import type { Observable } from "rxjs";
import type { HeddleError } from "../errors.ts";
import type {
  AnyBehavior,
  MessageArguments,
  MessageName,
  MessageOf,
  ReplyOf,
  UntypedBehavior,
} from "../protocol/behavior.ts";
import type { JobEvent, JobResult } from "../protocol/job.ts";
import type { Message, ModelResponseChunk, Usage } from "../protocol/model.ts";
import type { ConfirmationRequest, ToolDecision } from "../protocol/tool.ts";
import type { WorkerState } from "../protocol/worker.ts";
import type { McpSource } from "../tools/mcp/descriptor.ts";
import type { BehaviorOptions } from "./behaviors/behavior-settings.ts";
import type { JobState } from "./jobs/job-lifecycle.ts";
import type { Media } from "./log/job-media.ts";
import type { ReadPolicy } from "./log/log-reader.ts";
import type { DeadLetter } from "./messages/letter.ts";
import type {
  BatchInput,
  BatchOptions,
  CloseOptions,
  JobInput,
  RunOptions,
  WorkerOptions,
} from "./options.ts";
import type { SessionEvent } from "./session-event.ts";
import type { DecideOptions } from "./tools/decision.ts";
import type { McpHandle } from "./tools/mcp-handle.ts";

/** One tenant: its workers and their jobs. Closing it ends all that is in it. */
export interface Session {
  readonly name: string;
  /** The workers that are not stopped, by id. */
  readonly workers: ReadonlyMap<string, Worker | BehaviorWorker>;
  /** The jobs that have not ended, by id. */
  readonly jobs: ReadonlyMap<string, WorkerJob>;
  /** The sum over all its jobs, those that run included. */
  readonly usage: Usage;
  /** What happens to the session's workers and jobs, chunks left out; hot, never errors, completes at close. */
  readonly events$: Observable<SessionEvent>;
  /**
   * The tool calls that wait for a decision, by the id of that. Whoever looks here is counted as somebody who may answer: from then on, calls
   * that need approval wait. What an MCP server asks in a call is among them, with `elicitation`.
   */
  readonly confirmations: ReadonlyMap<string, ConfirmationRequest>;
  /** Each such call as it begins to wait; hot, never errors, completes at close. Whoever is subscribed may answer. */
  readonly confirmations$: Observable<ConfirmationRequest>;
  /** Messages that nobody has handled; hot, never errors, completes at close. */
  readonly deadLetters$: Observable<DeadLetter>;
  /**
   * Makes a worker. Its thread is started by its first job.
   *
   * @throws {HeddleError} `INVALID_OPTION`, `UNKNOWN_PROVIDER`, `NAME_TAKEN`, `SESSION_CLOSED`.
   */
  createWorker(options?: WorkerOptions): Worker;
  /**
   * Makes a worker that runs a behaviour in place of the agent loop. It begins at once, with its `start()`.
   *
   * A module that cannot be loaded, or whose first `start()` throws, is the worker's failure: `BEHAVIOR_LOAD_FAILED`,
   * `BEHAVIOR_START_FAILED`.
   *
   * @throws {HeddleError} `INVALID_OPTION`, `NAME_TAKEN`, `SESSION_CLOSED`.
   */
  createWorker<B extends AnyBehavior = UntypedBehavior>(
    options: BehaviorOptions,
  ): BehaviorWorker<B>;
  /**
   * Runs a worker on an input. Given options in place of a worker, it makes one that closes with its job.
   *
   * Refusals are thrown at once, and then there is no job.
   *
   * @throws {HeddleError} `INVALID_INPUT`, `INVALID_OPTION`, `ID_TAKEN`, `UNKNOWN_WORKER`, `WORKER_STOPPED`, `WORKER_BUSY`,
   * `WORKER_FAILED`, `NOT_AN_AGENT`, `OVERLOADED`, `SESSION_CLOSED`, `BUDGET_TOKENS` and `BUDGET_TOOL_CALLS` when the session's budget is used up, and what
   * `createWorker` throws. With a `parent` also:
   * `UNKNOWN_JOB` when it is no job of the session, `JOB_SETTLED` when it has ended, `MAX_DEPTH`, `MAX_CHILDREN`, and `DEADLOCK`
   * when `worker` has jobs that wait for the parent's end, such as the parent itself.
   */
  run<Output = unknown>(
    worker: Worker | WorkerOptions,
    input: JobInput<Output>,
    options?: RunOptions,
  ): WorkerJob<JobResult<Output>>;
  /**
   * The resources and prompts of an MCP server, for the host; `source` is what `mcp()` has made. Nothing is connected to before it is asked.
   *
   * @throws {HeddleError} `INVALID_OPTION`.
   */
  mcp(source: McpSource): McpHandle;
  /**
   * Runs a batch, each input on a worker of its own, and yields the jobs as they end.
   *
   * Inputs are pulled as room allows: no more than `concurrency` are running or waiting to be taken. Leaving the loop cancels
   * what still runs. An input that is refused ends the batch: what runs is cancelled and the error is thrown.
   */
  runAll(
    inputs: Iterable<BatchInput> | AsyncIterable<BatchInput>,
    options?: BatchOptions,
  ): AsyncIterableIterator<{ job: WorkerJob; outcome: JobOutcome }>;
  /** A job that runs, or that has ended and is still kept. */
  job(id: string): WorkerJob | undefined;
  /**
   * Decides on a tool call that waits: it is carried out as it is, or with other arguments, or not. The first decision counts, also against the
   * job's host. What an MCP server asks in a call is answered (`accept`), declined (`deny`) or closed (`cancel`).
   *
   * @throws {HeddleError} `UNKNOWN_CONFIRMATION` when nothing waits under this id: it was decided, has expired, or its job was cancelled;
   * `INVALID_INPUT` for what is no decision, or an edit or answer that does not fit: the call goes on waiting.
   */
  decide(confirmationId: string, decision: ToolDecision, options?: DecideOptions): void;
  /** Queued jobs are cancelled at once, running ones after `drainMs`; then the workers are stopped. Settles when nothing is left. Never rejects. */
  close(options?: CloseOptions): Promise<void>;
  /** `close({ drainMs: 0 })`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** An agent: one conversation, on a thread of its own while it works. */
export interface Worker {
  readonly id: string;
  readonly name: string;
  readonly state: WorkerState;
  /** Begins with the present state; never errors; completes when the worker is stopped. */
  readonly state$: Observable<WorkerState>;
  /** Why its last job failed; undefined once a later job has completed. */
  readonly lastFailure: HeddleError | undefined;
  /** The name of its provider. */
  readonly provider: string;
  /** The conversation so far, as the next job will get it. */
  readonly transcript: readonly Message[];
  /** The sum over all its jobs, the one that runs included. */
  readonly usage: Usage;
  /**
   * Adds a user's message before the next model call of the running job; in its last step it makes one more. Without a job, or
   * when it comes too late for this one, it is kept for the next. Its rejection need not be handled.
   *
   * @throws {HeddleError} `INVALID_INPUT` at once. Rejects with `UNKNOWN_MESSAGE`, `MAILBOX_FULL`, `WORKER_STOPPED`.
   */
  tell(name: "steer", message: { readonly text: string }): Promise<void>;
  /** Cancels its jobs and ends its thread. `graceMs` is how long the running job may take to stop; its default is the worker's own. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** `stop({ graceMs: 0 })`: the thread is ended without waiting. */
  terminate(): Promise<void>;
}

/**
 * A worker that runs a behaviour: it handles one message at a time.
 *
 * A handler that throws has crashed its actor. By the restart policy the behaviour begins again at `start()`; what is queued
 * stays, the message that was being handled is a dead letter.
 */
export interface BehaviorWorker<B extends AnyBehavior = UntypedBehavior> {
  readonly id: string;
  readonly name: string;
  readonly state: WorkerState;
  /** Begins with the present state; never errors; completes when the worker is stopped. */
  readonly state$: Observable<WorkerState>;
  /** Why it last failed, also if it has gone on after that. */
  readonly lastFailure: HeddleError | undefined;
  /**
   * Settles when the message is queued, not when it is handled. Its rejection need not be handled.
   *
   * @throws {HeddleError} `INVALID_INPUT` at once for what cannot be cloned. Rejects with `MAILBOX_FULL`, `WORKER_STOPPED`, or what
   * the worker has failed with.
   */
  tell<K extends MessageName<B>>(
    name: K,
    ...rest: MessageArguments<MessageOf<B, K>, Record<string, never>>
  ): Promise<void>;
  /**
   * The handler's reply. Its rejection need not be handled. A message that is still queued at the deadline is dropped.
   *
   * `timeoutMs` is 1 to 2,147,483,647, 5,000 by default.
   *
   * @throws {HeddleError} `INVALID_INPUT` at once for what cannot be cloned. Rejects with `ASK_TIMEOUT`, `UNKNOWN_MESSAGE`,
   * `MAILBOX_FULL`, `INVALID_REPLY`, `WORKER_STOPPED`, or what the worker has failed with.
   */
  ask<K extends MessageName<B>>(
    name: K,
    ...rest: MessageArguments<MessageOf<B, K>, { readonly timeoutMs?: number }>
  ): Promise<ReplyOf<B, K>>;
  /**
   * Its handler is told (`ctx.signal`, `ctx.cancelled`) and may finish within `graceMs` (by default the worker's own); then its thread
   * is ended, and who has asked gets `WORKER_STOPPED`. What is queued becomes dead letters.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** `stop({ graceMs: 0 })`: the thread is ended without waiting. */
  terminate(): Promise<void>;
}

/**
 * One run of a worker on an input.
 *
 * Iterating over it gives the response's chunks, from the first one, whenever the iteration begins; it throws at the end if
 * the job failed or was cancelled. Whoever iterates holds the stream back when it reads too slowly; leaving the loop detaches
 * without cancelling.
 */
export interface WorkerJob<Result extends JobResult = JobResult>
  extends AsyncIterable<ModelResponseChunk, undefined> {
  readonly id: string;
  readonly worker: Worker;
  readonly state: JobState;
  /** Whose child it is. Undefined for a job that is nobody's, and for one that has ended: it keeps no other job in memory. */
  readonly parent: WorkerJob | undefined;
  /** The id of its parent, also after its end. */
  readonly parentId: string | undefined;
  /** Its children that have not ended, by id. */
  readonly children: ReadonlyMap<string, WorkerJob>;
  /** When it started, had its first chunk, and ended, as its log says. */
  readonly times: JobTimes;
  /** What its log holds by now; costs nothing, however much that is. */
  readonly size: JobSize;
  /**
   * What its model calls have taken so far, also while it runs; its children count for themselves. A request that was never sent,
   * or that its server has refused before anything came of it, has taken nothing.
   */
  readonly usage: Usage;
  /** Hot: from the moment of subscribing, without replay. Never error; complete with the job; hold nothing back. */
  readonly chunks$: Observable<ModelResponseChunk>;
  readonly events$: Observable<JobEvent>;
  /**
   * How it ended, and all its children with it. Never rejects. A job that has ended holds nothing, however one hears of it: its worker
   * can take the next job at once, and the name of a worker that was only for this job can be used again.
   */
  readonly outcome: Promise<JobOutcome<Result>>;
  /**
   * The job's log, from any `seq` (0 by default), at any time, also after the end. Never throws; ends after the terminal event.
   *
   * `lossless` (the default) holds the stream back when it is read too slowly, `latest` skips and says so with a `lag` event.
   *
   * @throws {HeddleError} `INVALID_OPTION`.
   */
  events(options?: {
    readonly from?: number;
    readonly policy?: ReadPolicy;
  }): AsyncIterableIterator<JobEvent, undefined>;
  /** The bytes of an image or a file that the log names by `ref`; undefined for any other `ref`. Kept as long as the log. */
  media(ref: string): Media | undefined;
  /**
   * Stops the job, and all that runs underneath it, its children included, at the same moment. Settles when nothing of it runs any more.
   *
   * Called again, it answers the same; once the job has ended, `{ how: "settled", afterMs: 0 }`.
   */
  cancel(reason?: string): Promise<CancelOutcome>;
  /** The result; rejects with the HeddleError that ended the job: `JOB_CANCELLED`, `ACTOR_CRASHED` and so on. */
  wait(): Promise<Result>;
}

/** Unix time in ms, as the supervisor saw it. Undefined: it has not happened. */
export type JobTimes = {
  /** A thread was there for it. Time in the queue is before that. */
  readonly startedAtMs: number | undefined;
  readonly firstChunkAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
};

/** How much there is in a job's log. */
export type JobSize = {
  /** Chunks included. */
  readonly events: number;
  readonly chunks: number;
  /** UTF-8 bytes of all chunks. */
  readonly chunkBytes: number;
};

/**
 * How a job was stopped: by itself (`cooperative`), with its thread (`terminated`), without its thread, which could not be ended
 * (`stuck`), or not at all, because it had ended (`settled`).
 */
export type CancelOutcome = {
  readonly how: "cooperative" | "terminated" | "stuck" | "settled";
  readonly afterMs: number;
};

export type JobOutcome<Result extends JobResult = JobResult> =
  | { readonly status: "completed"; readonly result: Result; readonly error?: undefined }
  | {
      readonly status: "cancelled" | "failed";
      readonly partial: Partial<JobResult>;
      readonly error: HeddleError;
    };
