import type { ActorModelCall } from "./actor-messages.ts";
import type { Delivery } from "./behavior.ts";
import type { WireError } from "./error.ts";
import type { ContentPart, ModelResponse, ToolSpec } from "./model.ts";

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

/** Until when a call that has begun may take, in ms; left out: as long as it likes. */
export type ToolBegun = { readonly timeoutMs?: number };

/** A call that is carried out in the session's pool of threads, with arguments that were found valid. */
export type PoolCall = ToolBegin & ToolModule & { readonly toolName: string };

/** What a command is run with on behalf of a tool. `exec` is its number in the thread, for its output. */
export type ExecRequest = {
  readonly exec: number;
  readonly argv: readonly string[];
  readonly options: {
    readonly cwd?: string;
    readonly env?: { readonly [name: string]: string };
    readonly input?: string;
    readonly timeoutMs?: number;
    readonly maxOutputBytes?: number;
  };
  readonly wantsOutput: boolean;
};

/** What a tool that is being carried out asks of its supervisor, in order. */
export type ToolRequest =
  | ({ readonly type: "progress"; readonly progress: unknown } & ToolCallRef)
  | ({ readonly type: "tell"; readonly to: string } & Delivery & ToolCallRef)
  | ({ readonly type: "ask"; readonly to: string; readonly timeoutMs?: number } & Delivery &
      ToolCallRef)
  | ({
      readonly type: "run";
      readonly worker: unknown;
      readonly prompt: string;
      /** A JSON Schema. Left out: any text. */
      readonly output?: unknown;
    } & ToolCallRef)
  | ({ readonly type: "exec" } & ExecRequest & ToolCallRef)
  /** Answered in a later turn: whoever waits for it does not flood. */
  | { readonly type: "sync"; readonly jobId: string };

/** What an actor that carries out a job can call in its supervisor. */
export type JobCalls = {
  callModel(call: ActorModelCall): Promise<ModelResponse>;
  confirm(question: ConfirmationQuestion): Promise<ConfirmationAnswer>;
  beginTool(begin: ToolBegin): Promise<ToolBegun>;
  /** Carries out in the pool what the actor has checked. */
  callPoolTool(call: PoolCall): Promise<ToolEnd>;
  /** Checks and carries out, beside the supervisor, a call of a tool that the actor does not have. */
  callHostTool(call: ToolCallRef): Promise<ToolEnd>;
  serveTool(request: ToolRequest): Promise<unknown>;
};

/**
 * How a call has ended. `result` is what the model is told, in words; `content` is the same with its images and files, where there
 * are any; `error` is why it is not what the tool was to give.
 */
export type ToolEnd = {
  readonly result: string;
  readonly content?: readonly ContentPart[];
  readonly error?: WireError;
};

/** A decision on a tool call, by a person or in a person's name. */
export type ToolDecision = (
  | { readonly approve: true }
  /** Why, for the model. */
  | { readonly deny: string }
  /** To be carried out with these arguments, which are checked like the model's own. */
  | { readonly edit: unknown }
  /** Of an elicitation: the answer. A field that is left out has its default. `approve` is the same as an answer of defaults. */
  | { readonly accept: { readonly [field: string]: unknown } }
  /** Of an elicitation: it is closed without an answer. `deny` is the answer that nobody will give one. */
  | { readonly cancel: true }
) & {
  /**
   * Calls of the same tool by the same worker name in this session are decided alike: those that wait already, and later ones. An edit is
   * never remembered.
   */
  readonly remember?: "session";
};

/** What an MCP server asks a person, in the middle of a call of one of its tools. All of it is the server's word, and no more to be trusted than that. */
export type Elicitation = {
  /** What the server is called. */
  readonly server: string;
  readonly message: string;
  /** The fields of the answer, as a JSON Schema: an object whose properties are texts, numbers, true or false, or choices, with their defaults. */
  readonly schema: { readonly [name: string]: unknown };
};

/** A tool call that waits for a decision. */
export type ConfirmationRequest = {
  /** The call is under way, and this is asked in it. Left out: whether it may be carried out is asked. */
  readonly elicitation?: Elicitation;
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
