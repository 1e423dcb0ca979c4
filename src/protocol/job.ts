import type { WireError } from "./error.ts";
import type { ContentPart, ModelResponse, ModelResponseChunk, Usage } from "./model.ts";
import type { ConfirmationRequest } from "./tool.ts";
import type { WorkerState } from "./worker.ts";

/** What a completed job gives back. */
export type JobResult<Output = unknown> = JobOutput<Output> & {
  /** The text of the last response, as it was shown: remarks on the way to the answer are in it, though not in the output. */
  readonly text: string;
  /** The sum over all model calls of the job, those of its children not included. */
  readonly usage: Usage;
  /** How many model calls it took. */
  readonly steps: number;
  readonly finishReason: FinishReason;
};

/** What the schema that the job was given makes of that text: always there when there was a schema, and never without one. */
type JobOutput<Output> = unknown extends Output
  ? { readonly output?: Output }
  : { readonly output: Output };

export type FinishReason = "stop" | "length" | "content-filter" | "refusal";

/** A tool call, as the model's response names it. */
export type NamedToolCall = { readonly toolCallId: string; readonly toolName: string };

/** How a tool call ended. `result` is what the model is told; `error` says why it is not what the tool was to give. */
export type ToolOutcome = NamedToolCall & {
  readonly result: string;
  /** Left out where the model is told the text alone. In the log, bytes are left out: `job.media(ref)` gives them. */
  readonly content?: readonly ContentPart[];
  readonly isError: boolean;
  readonly error?: WireError;
};

/** What was decided on a tool call. `expired`: nobody has, in time; `cancelled`: the job has ended before. */
export type Decided = "approved" | "edited" | "denied" | "expired" | "cancelled";

/** What became of an elicitation. What was answered is told to the server, and to nobody else. */
export type ElicitationEnd = {
  readonly confirmationId: string;
  /**
   * `accepted`: it was answered; `denied`: it will not be, also because nobody is there; `dismissed`: it was closed without an answer;
   * `expired`: nobody has answered in time; `cancelled`: the call has ended before.
   */
  readonly decision: "accepted" | "denied" | "dismissed" | "expired" | "cancelled";
  /** Who has decided. Left out: nobody has. */
  readonly by?: "host" | "session";
  /** Of a denial. */
  readonly reason?: string;
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
  /**
   * `to` is asked in place of `from`: of the two the next one in the job's `fallback`. `error` is what `from` has failed with, or
   * `BREAKER_OPEN` if it was not asked.
   */
  | {
      readonly type: "fallback";
      readonly from: string;
      readonly to: string;
      readonly error: WireError;
    }
  | { readonly type: "chunk"; readonly chunk: ModelResponseChunk }
  | { readonly type: "response"; readonly response: ModelResponse }
  /** A call that was found valid, and approved where that is asked for, is carried out with `args`. */
  | ({ readonly type: "tool-started"; readonly args: unknown } & NamedToolCall)
  | ({ readonly type: "tool-progress"; readonly progress: unknown } & NamedToolCall)
  /** Every call of a response has one, also one that was never carried out, before the next response or the terminal event. */
  | ({ readonly type: "tool-finished" } & ToolOutcome)
  | ({ readonly type: "confirmation-requested" } & ConfirmationRequest)
  | ({
      readonly type: "confirmation-decided";
      readonly confirmationId: string;
      readonly decision: Decided;
      /** Who has decided: the job's host, `session.decide`, or what was remembered. Left out: nobody has. */
      readonly by?: "host" | "session" | "remembered";
      /** Of an edit: what the tool is called with. */
      readonly args?: unknown;
      /** Of a denial. */
      readonly reason?: string;
    } & NamedToolCall)
  /** The MCP server of a call that is under way asks a person. */
  | ({ readonly type: "elicitation-requested" } & ConfirmationRequest)
  | ({ readonly type: "elicitation-decided" } & ElicitationEnd & NamedToolCall)
  /** The worker's thread had ended with `failure`, and there is a new one. It goes on from the last completed step. */
  | { readonly type: "restarted"; readonly attempt: number; readonly failure: WireError }
  /** A job was run as a child of this one. */
  | {
      readonly type: "child-started";
      readonly jobId: string;
      readonly workerId: string;
      readonly workerName: string;
      /** The call that it was run by, as the model names it. Left out: no tool has run it. */
      readonly toolCallId?: string;
    }
  /** It has ended. Every `child-started` has its `child-settled` before the terminal event. */
  | {
      readonly type: "child-settled";
      readonly jobId: string;
      readonly workerId: string;
      readonly status: TerminalBody["type"];
    }
  /** Something was asked for and is not done, and the job goes on. `source` is what says so, such as a provider's name. */
  | { readonly type: "warning"; readonly source: string; readonly message: string }
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
