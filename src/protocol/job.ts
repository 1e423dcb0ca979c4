import type { WireError } from "./error.ts";
import type { ModelResponse, ModelResponseChunk, Usage } from "./model.ts";
import type { WorkerState } from "./worker.ts";

/** What a completed job gives back. */
export type JobResult = {
  /** The text of the last response. */
  readonly text: string;
  readonly output?: unknown;
  /** The sum over all model calls of the job. */
  readonly usage: Usage;
  /** How many model calls it took. */
  readonly steps: number;
  readonly finishReason: FinishReason;
};

export type FinishReason = "stop" | "length" | "content-filter" | "refusal";

/** How a tool call ended. `result` is what the model is told. */
export type ToolOutcome = {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly result: string;
  readonly isError: boolean;
};

/** What happened to a job, without its place in the log. */
export type JobEventBody =
  | { readonly type: "started" }
  | { readonly type: "state"; readonly state: WorkerState }
  /** `rate-limit`: for the limits of its provider, or because that has asked all to wait. `untilMs` is left out where it cannot be told. */
  | {
      readonly type: "waiting";
      readonly for: "thread" | "rate-limit" | "retry";
      readonly untilMs?: number;
    }
  | { readonly type: "chunk"; readonly chunk: ModelResponseChunk }
  | { readonly type: "response"; readonly response: ModelResponse }
  | ({ readonly type: "tool-finished" } & ToolOutcome)
  /** The worker's thread had ended with `failure`, and there is a new one. It goes on from the last completed step. */
  | { readonly type: "restarted"; readonly attempt: number; readonly failure: WireError }
  /** A job was run as a child of this one. */
  | { readonly type: "child-started"; readonly jobId: string; readonly workerId: string }
  /** It has ended. Every `child-started` has its `child-settled` before the terminal event. */
  | {
      readonly type: "child-settled";
      readonly jobId: string;
      readonly workerId: string;
      readonly status: TerminalBody["type"];
    }
  | { readonly type: "lag"; readonly skipped: number }
  | TerminalBody;

/** The one event that ends a log. */
export type TerminalBody =
  | { readonly type: "completed"; readonly result: JobResult }
  | { readonly type: "cancelled"; readonly reason: string; readonly partial: Partial<JobResult> }
  | { readonly type: "failed"; readonly error: WireError; readonly partial: Partial<JobResult> };

/**
 * One entry of a job's log.
 *
 * `seq` starts at 0 and has no gaps; `atMs` is Unix time in milliseconds, as the supervisor saw it. Only a `lag` event,
 * which a `latest` reader gets in place of what it skipped, is not in the log: it carries the `seq` of the first skipped event.
 */
export type JobEvent = { readonly seq: number; readonly atMs: number } & JobEventBody;
