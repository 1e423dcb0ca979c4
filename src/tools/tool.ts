import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { JobResult } from "../protocol/job.ts";
import type { McpSource } from "./mcp/descriptor.ts";

/** A JSON Schema, of drafts 4 to 2020-12 or as OpenAPI has them: what a model's server is shown, and arguments are checked against. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * A schema of a library: of zod 4 and zod/mini, arktype, of effect 4 by its `toStandardJSONSchemaV1`, of valibot where
 * `@valibot/to-json-schema` is installed, and of any other that says by itself what it is as a JSON Schema.
 */
export type StandardSchema<Input = unknown, Output = Input> =
  | StandardSchemaV1<Input, Output>
  | (StandardSchemaV1<Input, Output> & StandardJSONSchemaV1<Input, Output>);

export type Parameters = StandardSchema | JsonSchema;

/** What `execute` is called with: what the schema makes of the arguments. */
export type ArgumentsOf<P> =
  P extends StandardSchemaV1<unknown, infer Output> ? Output : { readonly [name: string]: unknown };

/** What a tool knows of the call when it says whether that needs approval. */
export type ApprovalContext = {
  readonly context: unknown;
  readonly jobId: string;
  readonly toolCallId: string;
};

/** A worker of the session: by id, by name, or as `ctx.spawn` has returned it. */
export type Target = string | { readonly id: string };

/** What runs a command on behalf of a tool. */
export type ExecOptions = {
  /** Absolute. @defaultValue the process's own */
  readonly cwd?: string;
  /** Beside the variables that the worker was granted by `permissions.env`. */
  readonly env?: { readonly [name: string]: string };
  /** What the command reads. @defaultValue nothing */
  readonly input?: string;
  /** 1 to 2,147,483,647. @defaultValue none: the tool's own deadline holds */
  readonly timeoutMs?: number;
  /** How much is kept of each of the two outputs, 1 to 16,777,216; what is more is dropped. @defaultValue 65_536 */
  readonly maxOutputBytes?: number;
  /** Called with the output as it comes. */
  readonly onOutput?: (stream: "stdout" | "stderr", text: string) => void;
};

export type ExecResult = {
  /** Null: a signal has ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether output was dropped. */
  readonly isTruncated: boolean;
  readonly isTimedOut: boolean;
};

/** What a tool can do beside computing. All of it goes through the supervisor. */
export interface ToolContext extends ApprovalContext {
  /** Aborts when the call is to stop: the job was cancelled or has failed, or the tool's deadline has passed. */
  readonly signal: AbortSignal;
  /** The same, also for code that never yields: a loop that polls it sees at once what `signal` cannot tell it. */
  readonly cancelled: boolean;
  /** The session's, the worker's and the job's `context`, laid over each other. */
  readonly context: unknown;
  readonly jobId: string;
  /**
   * Names the call for all time, as a key for doing a thing only once: it is made of the job's id and the place of the call in the
   * job, and the same when a job is run again under its own `id`.
   */
  readonly toolCallId: string;
  /** Shows how far the call is: plain data, in a `tool-progress` event. More than 8 KiB is refused with `INVALID_INPUT`. */
  progress(value: unknown): void;
  /** As `tell` in a behaviour. */
  tell(target: Target, name: string, message?: unknown): Promise<void>;
  /** As `ask` in a behaviour. */
  ask<R = unknown>(
    target: Target,
    name: string,
    message?: unknown,
    options?: { readonly timeoutMs?: number },
  ): Promise<R>;
  /**
   * Runs a worker on an input as a child of this job, and gives its result. It is cancelled with this call, what it uses counts in this
   * job's budget, and its permissions are no more than this worker's. Its chunks and states go to this job's host, which is asked about its tool
   * calls, too. While it works, this job's thread does not count against `threads.max`.
   *
   * Rejects with what the child has failed with, and with `INVALID_INPUT`, `INVALID_OPTION`; `PERMISSION_DENIED` for what this worker does not have
   * itself, where `details.grant` says what it lacks; `OVERLOADED`, because a child does not wait for a thread; `MAX_DEPTH`, `MAX_CHILDREN`.
   */
  run(worker: RunnableWorker, input: ChildInput): Promise<JobResult>;
  /**
   * Runs a command, given as its program and its arguments, without a shell. It is started from the supervisor's thread, in a process group of its own,
   * and killed with all its descendants when this call is to stop, or its thread has ended.
   *
   * @throws {HeddleError} `PERMISSION_DENIED` unless the worker has `permissions.childProcess`; `INVALID_INPUT`; `EXEC_FAILED` when it cannot be started.
   */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
}

/** A module of tools, and plain data for its function of them. */
export type ChildModule = { readonly module: URL | string; readonly options?: unknown };

/** What a worker is run on. */
export type ChildInput = {
  readonly prompt: string;
  /** What its last response is to be, as with `session.run`: the result then has an `output`. @defaultValue any text */
  readonly output?: JsonSchema;
};

/**
 * The options of a worker that a tool can run: plain data, but for `hostTools`.
 *
 * What is left out, limits that cannot be named here included, is as with the worker that runs it and the job that the call is part of. Not so
 * `instructions` and `budget`, which it has only if it is given some, or the supervisor's `defaults` do; and `tools`, `hostTools` and
 * `permissions`, where left out is none.
 */
export type RunnableWorker = {
  /** Unique among the session's workers. @defaultValue the names of the running worker and the tool, `lead/research`, with a number when that is taken */
  readonly name?: string;
  readonly provider?: string;
  /** As with `createWorker`. Left out, with another `provider`: what the supervisor's `defaults` say. */
  readonly fallback?: readonly (
    | string
    | { readonly provider: string; readonly model?: { readonly [name: string]: unknown } }
  )[];
  readonly instructions?: string;
  /** Laid over that of the running job, without its `toolChoice`; with another `provider`, all there is. */
  readonly model?: { readonly [name: string]: unknown };
  /**
   * As with `createWorker`. Where a tool in an actor's thread names them: modules only, and none that this thread could not read itself
   * (`PERMISSION_DENIED`).
   */
  readonly tools?: readonly (URL | string | ChildModule | McpSource)[];
  /** Only from a host tool: an actor cannot hand functions on. */
  readonly hostTools?: readonly AnyTool[];
  readonly maxSteps?: number;
  /** Laid over that of the running job, field by field. */
  readonly context?: { readonly [name: string]: unknown };
  /** Laid over those of the running job, field by field. */
  readonly timeouts?: { readonly [name: string]: number };
  readonly budget?: { readonly maxTotalTokens?: number; readonly maxToolCalls?: number };
  /** They restrain the child's model. The code that runs it may choose them: it could do without a child what its thread can do. */
  readonly approvals?: "ask" | "deny" | "allow";
  /** Each of them one that the running worker has: a path within one of its own, a name among its own. */
  readonly permissions?: { readonly [name: string]: boolean | readonly string[] };
};

/** A tool: what a model may call, once its arguments were found valid and, where it is asked for, somebody has approved. */
export type Tool<P extends Parameters = Parameters, R = unknown> = {
  /** 1 to 64 of `a-z`, `A-Z`, `0-9`, `_` and `-`; unique among the tools of a worker. */
  readonly name: string;
  /** For the model. */
  readonly description?: string;
  readonly parameters: P;
  /**
   * Whether the model's server is to hold the arguments to the schema. Such a schema requires all properties and allows no others, at each
   * level, and has no choices but `anyOf`; one that servers would not take is refused. @defaultValue false
   */
  readonly strict?: boolean;
  /** Whether somebody must approve a call before it is carried out. @defaultValue false */
  readonly needsApproval?:
    | boolean
    | ((args: ArgumentsOf<P>, ctx: ApprovalContext) => boolean | Promise<boolean>);
  /**
   * `actor`: in the worker's thread, with whatever state its module has. `pool`: in a thread of the session's pool, for computing:
   * without permissions and without state, and it can be ended at once without harm to the worker. A host tool runs beside the supervisor whatever this says.
   *
   * @defaultValue "actor"
   */
  readonly runsIn?: "actor" | "pool";
  /** How long a call may take, in ms, 1 to 2,147,483,647. @defaultValue the worker's `timeouts.toolMs` */
  readonly timeoutMs?: number;
  /** Whether a call that was cut off by its thread's end may be carried out again. @defaultValue false */
  readonly idempotent?: boolean;
  /**
   * Its result goes to the model: text as it is, other plain data as JSON, nothing in words that say so. An image or a file, as a
   * `ContentPart`, or an array of parts with one of them, goes to it as that; `data` may be bytes. What it throws, too, as an error.
   */
  readonly execute: (args: ArgumentsOf<P>, ctx: ToolContext) => R | Promise<R>;
};

// biome-ignore lint/suspicious/noExplicitAny: what a tool takes is known to who has made it, and checked by `parameters`.
type AnyArguments = any;

/** A tool of any kind, as it is kept. */
export type AnyTool = Omit<Tool, "needsApproval" | "execute"> & {
  readonly needsApproval?:
    | boolean
    | ((args: AnyArguments, ctx: ApprovalContext) => boolean | Promise<boolean>);
  readonly execute: (args: AnyArguments, ctx: ToolContext) => unknown;
};
