import type { WireError } from "./error.ts";
import type { ToolSpec } from "./model.ts";

/** A module of tools, as an actor loads it. */
export type ToolModule = {
  readonly moduleUrl: string;
  /** Handed to the module's function; undefined: it exports `tools` themselves, or takes none. */
  readonly options: unknown;
};

/** What an actor's tool modules have given. */
export type LoadedTools = {
  readonly specs: readonly ToolSpec[];
  /** A module keeps state in the thread that must not be lost: the worker is not parked. */
  readonly isStateful: boolean;
};

/** A tool call of the job's last response: the place in it. Ids are the model's, and need not be unique. */
export type ToolCallRef = { readonly jobId: string; readonly index: number };

/** Asks whether a call may be carried out. `args` are what the model wrote, as JSON, once they have been found valid. */
export type ConfirmationQuestion = ToolCallRef & { readonly args: unknown };

/** What becomes of a call that was asked about. `expired` is no denial: nobody has answered in time. */
export type ConfirmationAnswer =
  | { readonly type: "approved" }
  | { readonly type: "edited"; readonly args: unknown }
  | { readonly type: "denied"; readonly reason: string }
  | { readonly type: "expired"; readonly afterMs: number };

/** A call is about to be carried out in the actor: it waits until the supervisor has noted it, so that none is run unseen. */
export type ToolBegin = ToolCallRef & {
  readonly args: unknown;
  /** The tool's own deadline; left out: the worker's. */
  readonly timeoutMs?: number;
  readonly isIdempotent: boolean;
};

/** A call that is carried out in the session's pool of threads, with arguments that were found valid. */
export type PoolCall = ToolBegin & ToolModule & { readonly toolName: string };

/** How a call has ended. `result` is what the model is told; `error` is why it is not what the tool was to give. */
export type ToolEnd = { readonly result: string; readonly error?: WireError };

/** A decision on a tool call, by a person or in a person's name. */
export type ToolDecision = (
  | { readonly approve: true }
  /** Why, for the model. */
  | { readonly deny: string }
  /** To be carried out with these arguments, which are checked like the model's own. */
  | { readonly edit: unknown }
) & {
  /** Later calls of the same tool by the same worker name in this session are decided alike. An edit is never remembered. */
  readonly remember?: "session";
};

/** A tool call that waits for a decision. */
export type ConfirmationRequest = {
  readonly confirmationId: string;
  readonly jobId: string;
  /** The job that this one is a child of. */
  readonly parentId?: string;
  readonly workerId: string;
  readonly workerName: string;
  readonly toolCallId: string;
  readonly toolName: string;
  /** Exactly what it is to be called with. */
  readonly args: unknown;
  /** Unix time in ms. Left out: it can wait for ever. */
  readonly expiresAtMs?: number;
};
