import type { ContentPart, Message, ModelSettings } from "../protocol/model.ts";
import type { ProviderDescriptor } from "../protocol/provider.ts";
import type { AnyTool, JsonSchema, StandardSchema } from "../tools/tool.ts";
import type { Context } from "./context.ts";
import type { WorkerJob } from "./handles.ts";
import type { WorkerHost } from "./host.ts";
import type { Permissions } from "./threads/actor-profile.ts";
import type { RestartOptions } from "./threads/restart-policy.ts";
import type { McpHost } from "./tools/mcp-host.ts";
import type { ToolSource } from "./tools/tool-settings.ts";

export type SupervisorOptions = {
  /** The models, by a name that workers use. Read-only afterwards. */
  readonly providers: { readonly [name: string]: ProviderDescriptor };
  readonly threads?: ThreadOptions;
  /** What every worker gets that does not say otherwise. */
  readonly defaults?: Omit<WorkerOptions, "name" | "transcript">;
  readonly keepSettled?: KeepSettled;
  /** What the host program does for MCP servers that somebody has to sign in to. */
  readonly mcp?: McpHost;
};

export type ThreadOptions = {
  /**
   * How many workers may hold a thread at once, 1 to 10,000; jobs past that wait their turn. A job that waits for a person or for children
   * does not count. Mostly its thread is given up when others need it; one that must be kept, because a tool in it waits for `ctx.run` or is
   * `stateful`, is there beside the `max` others: up to `max` of them, and more only where those are children. @defaultValue 1_000
   */
  readonly max?: number;
  /** Threads kept ready for workers to come, 0 to 1,000. They do not count against `max`. @defaultValue 4 */
  readonly spare?: number;
  /** Jobs that may wait for a thread; one more is refused with `OVERLOADED`, and a child job always: it does not wait for one. 0 to 1,000,000. @defaultValue 10_000 */
  readonly queue?: number;
  /** How many gateway threads share the built-in providers, 1 to 64. A provider module of your own always has one for itself. @defaultValue 1 */
  readonly gateways?: number;
};

/** How long `session.job(id)` still finds a job that has ended. Whoever holds the job itself keeps its log anyway. */
export type KeepSettled = {
  /** @defaultValue 60_000 */
  readonly ms?: number;
  /** @defaultValue 1_000 */
  readonly count?: number;
};

export type SessionOptions = {
  /** Unique among the open sessions. @defaultValue a random one */
  readonly name?: string;
  /** For all its workers: the supervisor's `defaults.context` is laid over it, field by field. See `WorkerOptions.context`. @defaultValue {} */
  readonly context?: Context;
  /** Of all its jobs together, over its life. Once it is used up, they end and `run` is refused. @defaultValue none */
  readonly budget?: Budget;
};

/**
 * What may be used, children included: a child counts in the budgets of all jobs above it, and in its session's, as it happens.
 *
 * Whose budget it was is in the error's `details`: `limit`, `used`, and `scope`: `"job"`, `"parent"` or `"session"`.
 */
export type Budget = {
  /**
   * Tokens, input and output, 1 to 1,000,000,000,000 (`BUDGET_TOKENS`). A model call whose input does not fit is not sent, and one that
   * grows past the limit is cut off, by an estimate (`Usage.estimated`); a job that would go on with nothing left ends. A last response
   * counts, also when its server says that it went over. @defaultValue none
   */
  readonly maxTotalTokens?: number;
  /**
   * Tool calls that responses may ask for, 0 to 1,000,000 (`BUDGET_TOOL_CALLS`). Of a response that asks for more, none is carried
   * out. @defaultValue none
   */
  readonly maxToolCalls?: number;
};

/**
 * The name of a provider, or also what is asked of its model. What is left out there is as in the worker's `model`, but for the
 * model's name: that is the provider's own default.
 */
export type Fallback = string | { readonly provider: string; readonly model?: ModelSettings };

export type WorkerOptions = {
  /** Unique among the session's workers. @defaultValue a random one */
  readonly name?: string;
  /** One of the supervisor's `providers`. @defaultValue the only one, if there is only one */
  readonly provider?: string;
  readonly model?: ModelSettings;
  /**
   * Who is asked when that provider does not answer: names of other `providers`, in order, up to 8. The next one is asked after the
   * retries of the one before, and only while nothing of a response has come; the job's log says so (`fallback`), and the
   * response says who has answered. None: `[]`, also where the supervisor's `defaults` have some. Of those, the worker's own
   * provider is left out. See docs/fallback.md. @defaultValue none
   */
  readonly fallback?: readonly Fallback[];
  readonly instructions?: string;
  /**
   * What tools and behaviours are to know of whom they work for, as `ctx.context`; the model does not see it. Plain data, at most 1 MiB. A job's
   * `context` is laid over it, field by field, and it over that of the supervisor's `defaults`, and that over the session's.
   *
   * @defaultValue {}
   */
  readonly context?: Context;
  /** A conversation to go on with. */
  readonly transcript?: readonly Message[];
  /**
   * Modules of tools, which run in the worker's thread: a URL, an absolute path, or one of Heddle's own (`heddle/tools/fs`, `heddle/tools/shell`,
   * `heddle/tools/http`); with options, if the module takes some. Beside them, `mcp(…)`: the tools of a server.
   */
  readonly tools?: readonly ToolSource[];
  /** Tools that run beside the supervisor, in the thread that started it: for what cannot be handed to a thread. They can only be asked to stop. */
  readonly hostTools?: readonly AnyTool[];
  /**
   * What happens to a call of a tool that needs approval. `ask`: the job's host and the session's `confirmations` are asked, and it is denied
   * if there is nobody. `deny` and `allow`: without asking. @defaultValue "ask"
   */
  readonly approvals?: "ask" | "deny" | "allow";
  /** Tool calls of one response that are carried out at once, 1 to 100. @defaultValue 8 */
  readonly maxParallelToolCalls?: number;
  /** How long a tool's result may be, in UTF-8 bytes, 1 to 16,777,216; what is more is cut off, and the model is told so. @defaultValue 65_536 */
  readonly maxToolResultBytes?: number;
  /**
   * How much a tool's result may have of images and files, in bytes, 0 to 52,428,800; one that would be more is left out, and the model is
   * told so. @defaultValue 5_242_880
   */
  readonly maxToolMediaBytes?: number;
  /** Model calls of one job, 1 to 1,000; a job that wants more fails with `MAX_STEPS`. @defaultValue 20 */
  readonly maxSteps?: number;
  /**
   * How many levels of child jobs there may be below a job of this worker, 0 to 100; one deeper is refused with `MAX_DEPTH`,
   * whatever the workers in between allow. @defaultValue 8
   */
  readonly maxDepth?: number;
  /** How many children of one job may be open at once, 0 to 10,000; one more is refused with `MAX_CHILDREN`. @defaultValue 100 */
  readonly maxChildren?: number;
  /** How long a cancelled job may take to stop by itself, in ms, before its thread is terminated. @defaultValue 2_000 */
  readonly graceMs?: number;
  /** How long a terminated thread may take to end, in ms, before the job settles without it (`THREAD_STUCK`). @defaultValue 5_000 */
  readonly killMs?: number;
  readonly timeouts?: Timeouts;
  /** Of each of its jobs. @defaultValue none */
  readonly budget?: Budget;
  /** How many bytes of a stream a lossless reader may leave unread before the model's server is made to wait. @defaultValue 262_144 */
  readonly windowBytes?: number;
  /** How many bytes of streamed text a job may keep, and as many of what its tools show as progress; past that it fails with `OUTPUT_LIMIT`. @defaultValue 8_388_608 */
  readonly maxOutputBytes?: number;
  /** How much memory code in the worker's thread may use, Buffers included, in MB, 16 to 65,536: past that the thread is ended (`ACTOR_OUT_OF_MEMORY`). @defaultValue 256 */
  readonly heapMb?: number;
  /** How long its loop may stand still while it executes code, in ms. @defaultValue 5_000 */
  readonly unresponsiveMs?: number;
  /** Then: an `actor-unresponsive` event of the supervisor, and if asked for the thread's end (`ACTOR_UNRESPONSIVE`). @defaultValue "report" */
  readonly whenUnresponsive?: "report" | "kill";
  /** What code in the worker's thread may do. @defaultValue nothing */
  readonly permissions?: Permissions;
  /** When the worker's thread is started again after it has ended by itself; a job under way goes on from its last completed step. */
  readonly restart?: RestartOptions;
  /** How long an idle worker keeps its thread, in ms. @defaultValue 30_000 */
  readonly parkAfterMs?: number;
  /** What `run` does when the worker has a job already: wait its turn, refuse with `WORKER_BUSY`, or cancel what is there. @defaultValue "enqueue" */
  readonly whenBusy?: "enqueue" | "reject" | "interrupt";
};

/**
 * Deadlines in ms, 1 to 2,147,483,647. All but `totalMs` and `stepMs` have a default; all stand still while a lossless reader
 * holds the stream back, and `totalMs` also while somebody is asked about a tool call. While a request waits for its provider's limits, or because that has refused one, only `totalMs` runs.
 */
export type Timeouts = {
  /** From the start of the job (`JOB_TIMEOUT`). Time in the queue does not count. @defaultValue none */
  readonly totalMs?: number;
  /** One model call, with its retries and those of every `fallback` (`STEP_TIMEOUT`). @defaultValue none */
  readonly stepMs?: number;
  /** From sending a request to its first chunk (`FIRST_CHUNK_TIMEOUT`), for each attempt. @defaultValue 300_000 */
  readonly firstChunkMs?: number;
  /** Between two chunks; a server's keep-alive comments do not count (`CHUNK_TIMEOUT`). @defaultValue 120_000 */
  readonly chunkMs?: number;
  /** A call of a tool that has no `timeoutMs` of its own (`TOOL_TIMEOUT`, for the model). @defaultValue none */
  readonly toolMs?: number;
  /** How long a tool call waits for a decision (`CONFIRMATION_EXPIRED`, for the model). @defaultValue none */
  readonly confirmationMs?: number;
};

/** A schema of zod 4, valibot, arktype and the like, or a JSON Schema. */
export type OutputSchema<Output = unknown> = StandardSchema<unknown, Output> | JsonSchema;

/** What the user says, or a whole conversation. */
type Question =
  | {
      /** Text, or text, images and files. */
      readonly prompt: string | readonly ContentPart[];
      readonly messages?: never;
    }
  | {
      /**
       * A conversation to answer in place of the worker's own, which the job then neither reads nor adds to: for servers whose clients keep the
       * conversation. It has one message or more, and a result for each tool call. One that ends with the assistant is answered where
       * its model's server takes such a conversation.
       */
      readonly messages: readonly Message[];
      readonly prompt?: never;
    };

export type JobInput<Output = unknown> = Question & {
  /**
   * What the last response is to be: JSON that this schema finds valid. The model's server is told, in its strict mode where the
   * schema allows that: an object, all properties required and no others allowed, at each level. Whatever the server makes of it, the text is checked,
   * alone or inside one Markdown fence. If it is not valid, the model is told what is wrong and asked once more, in a step of its own. After that, when `maxSteps`
   * leaves no such step, or when the response is a refusal or was cut off, the job fails with `OUTPUT_INVALID`.
   *
   * The schema is called in the supervisor's thread. @defaultValue any text
   */
  readonly output?: OutputSchema<Output>;
};

export type RunOptions = {
  readonly host?: WorkerHost;
  /** Cancels the job when it aborts; its reason becomes the job's. */
  readonly signal?: AbortSignal;
  /** The job's own id, unique among the session's running and kept jobs. @defaultValue a random one */
  readonly id?: string;
  /**
   * The job that this one is a child of, or its id: a job of the session that has not ended. A child ends no later than its
   * parent, and is cancelled as soon as that can only end. It never waits for a thread: without a free or idle one it is refused.
   *
   * @defaultValue none
   */
  readonly parent?: WorkerJob | string;
  /** Laid over the worker's `context`, field by field, for this job only. */
  readonly context?: Context;
  /** In place of the worker's, for this job only. */
  readonly instructions?: string;
  /** Laid over the worker's model settings, for this job only. */
  readonly model?: ModelSettings;
  /** In place of the worker's, for this job only. */
  readonly fallback?: readonly Fallback[];
  /** Laid over the worker's timeouts, for this job only. */
  readonly timeouts?: Timeouts;
  /** Laid over the worker's budget, field by field, for this job only. */
  readonly budget?: Budget;
  /** In place of the worker's, for this job only. */
  readonly maxSteps?: number;
};

/** One input of `runAll`. */
export type BatchInput = JobInput & {
  readonly id?: string;
  /** Laid over the batch's worker options, for this input only. */
  readonly worker?: WorkerOptions;
};

export type BatchOptions = {
  /** Each input gets a worker with these options, which closes with its job. */
  readonly worker?: Omit<WorkerOptions, "name">;
  /** How many jobs run at once, 1 to 10,000. @defaultValue 16 */
  readonly concurrency?: number;
  /** Each job is a child of this one. */
  readonly parent?: WorkerJob | string;
  /** Cancels what runs and ends the iteration when it aborts. */
  readonly signal?: AbortSignal;
};

export type CloseOptions = {
  /** How long running jobs may go on, in ms, before they are cancelled. @defaultValue 10_000 */
  readonly drainMs?: number;
};
