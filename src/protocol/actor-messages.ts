import type { WireError } from "./error.ts";
import type { Message } from "./model.ts";
import type { ToolCallRef, ToolEnd } from "./tool.ts";

/** What an actor must know of its Worker. */
export type ActorConfig = {
  readonly workerId: string;
  readonly workerName: string;
  readonly maxSteps: number;
  /** How many tool calls of one response are carried out at once. */
  readonly maxParallelToolCalls: number;
  /** How long a tool's result may be, in UTF-8 bytes. */
  readonly maxToolResultBytes: number;
  /** How much a tool's result may have of images and files, in bytes. */
  readonly maxToolMediaBytes: number;
};

/**
 * One job, as the actor gets it. `messages` ends with the job's input, or, when the job goes on after a restart, with what its
 * completed steps have added; tool calls of the last response that have no result are still to be answered.
 */
export type ActorJob = {
  readonly jobId: string;
  /** Its number among the thread's jobs, for the thread's cancel cell. */
  readonly work: number;
  /** For tools. */
  readonly context: unknown;
  readonly messages: readonly Message[];
  /** Model calls that the job has made already. */
  readonly stepsDone: number;
  /** Which calls of the last response have their results at the end of `messages`, in order. Left out: none. */
  readonly answered?: readonly number[];
  /** Of this job. Left out: the worker's. */
  readonly maxSteps?: number;
  /** What the user has said beside the input. Left out: nothing. */
  readonly steering?: readonly string[];
};

/** What the actor asks of the model. Provider, settings and instructions are the supervisor's to add: an actor cannot choose them. */
export type ActorModelCall = {
  readonly jobId: string;
  readonly messages: readonly Message[];
  /** How many of the texts that this thread was steered with are in `messages`. Left out: none. */
  readonly steered?: number;
};

/** Supervisor to actor, beside calls. */
export type ActorCommand =
  | { readonly type: "cancel"; readonly jobId: string; readonly reason: string }
  /** What the user says in the middle of the job. */
  | { readonly type: "steer"; readonly jobId: string; readonly text: string }
  /** What a command has printed that a tool is running. */
  | {
      readonly type: "exec-output";
      readonly exec: number;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  /** The worker is to stop: what its behaviour does now may come to its end. */
  | { readonly type: "stop"; readonly reason: string }
  /** Answered by a `pong` as soon as the actor's loop turns. */
  | { readonly type: "ping" };

/** Actor to supervisor, beside calls. */
export type ActorReport =
  | ({ readonly type: "tool-finished"; readonly end: ToolEnd } & ToolCallRef)
  | { readonly type: "pong" }
  /** What code in the actor's thread has printed. */
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly text: string }
  /** The last message of an actor that dies of an error. */
  | { readonly type: "crashed"; readonly error: WireError };
