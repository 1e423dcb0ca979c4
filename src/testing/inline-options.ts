import type { Decided } from "../protocol/job.ts";
import type { Message, ModelRequest } from "../protocol/model.ts";
import type { ConfirmationRequest, ToolDecision, ToolEnd } from "../protocol/tool.ts";
import { checkResponse } from "../providers/scripted/descriptor.ts";
import type { ScriptedResponse } from "../providers/scripted/script.ts";
import { checkFields, checkText, refuse } from "../supervisor/check.ts";
import type { JobOutcome } from "../supervisor/handles.ts";
import type { Timeouts, WorkerOptions } from "../supervisor/options.ts";
import type { ToolSource } from "../supervisor/tools/tool-settings.ts";
import { checkHostTools, checkToolSources } from "../supervisor/tools/tool-settings.ts";
import type { WorkerSettings } from "../supervisor/workers/worker-settings.ts";
import { workerSettings } from "../supervisor/workers/worker-settings.ts";
import { isMcpSource } from "../tools/mcp/check.ts";
import type { McpSource } from "../tools/mcp/descriptor.ts";
import type { AnyTool } from "../tools/tool.ts";
import type { ContextAnswers, ContextCall } from "./answers.ts";
import { ANSWERS } from "./answers.ts";
import { checkAnswers } from "./test-context.ts";

/**
 * What the model answers: what `scriptedProvider` takes, or a function of the request that gives it. Nobody reads chunks here, so
 * their pace says nothing; an endless response, like one that stalls, never comes.
 */
export type InlineResponse =
  | ScriptedResponse
  | ((request: ModelRequest, signal: AbortSignal) => ScriptedResponse | Promise<ScriptedResponse>);

/** What is left out is as with a worker. `tell`, `ask`, `run` and `exec` answer the tools' contexts. */
export type InlineOptions = Pick<
  WorkerOptions,
  | "instructions"
  | "context"
  | "maxSteps"
  | "approvals"
  | "maxParallelToolCalls"
  | "maxToolResultBytes"
  | "maxToolMediaBytes"
  | "graceMs"
> &
  ContextAnswers & {
    /** One for each model call, in order; one call more fails with `SCRIPT_EXHAUSTED`. */
    readonly responses: readonly InlineResponse[];
    /** The tools themselves: `(await import("./tools.ts")).tools`. @defaultValue none */
    readonly tools?: readonly AnyTool[];
    /** Modules of tools by URL, imported on the calling thread. To load them takes real time, whatever timers are fake. @defaultValue none */
    readonly modules?: readonly Exclude<ToolSource, McpSource>[];
    /** @defaultValue "go" */
    readonly prompt?: string;
    /** Answers for whoever would be asked to approve a call, as a host's `getToolConfirmation`. @defaultValue nobody is there: denied */
    readonly decide?: (
      request: ConfirmationRequest,
      signal: AbortSignal,
    ) => ToolDecision | Promise<ToolDecision>;
    /** Cancels the run when it aborts; its reason becomes the run's. */
    readonly signal?: AbortSignal;
    readonly timeouts?: Pick<Timeouts, "totalMs" | "toolMs" | "confirmationMs">;
  };

/** A tool call that the model has made. */
export type InlineCall = {
  /** The model's own id of it. */
  readonly toolCallId: string;
  readonly name: string;
  /** What it was, or would have been, carried out with, as JSON: edited, if it was. Undefined: the model's arguments were not valid. */
  readonly args: unknown;
  /** What was decided on it, also by `approvals`. Undefined: it needed no approval, or did not come so far. */
  readonly decision: Decided | undefined;
  /** What the model is told, and why that is not what the tool was to give. */
  readonly end: ToolEnd;
  /** What the tool showed by `ctx.progress`, in order. */
  readonly progressed: readonly unknown[];
  /** What it asked of others through its context, in order. */
  readonly asked: readonly ContextCall[];
};

/** How the run has ended, as a job's outcome, and what led to it. */
export type InlineRun = JobOutcome & {
  /** The conversation, from the prompt to the last response, as the worker's transcript would have it. */
  readonly messages: readonly Message[];
  /** All tool calls, in the order of the model. */
  readonly calls: readonly InlineCall[];
  /** What the model was asked, call by call. */
  readonly requests: readonly ModelRequest[];
};

const WORKER_FIELDS = [
  "instructions",
  "context",
  "maxSteps",
  "approvals",
  "maxParallelToolCalls",
  "maxToolResultBytes",
  "maxToolMediaBytes",
  "graceMs",
] as const satisfies (keyof InlineOptions)[];
const OWN_FIELDS = [
  "responses",
  "tools",
  "modules",
  "prompt",
  "decide",
  "signal",
  "timeouts",
] as const satisfies (keyof InlineOptions)[];

/** Checks the options and fills in what a worker would have. @throws {HeddleError} `INVALID_OPTION` that names the field. */
export function inlineSettings(options: InlineOptions): WorkerSettings {
  checkFields("", options ?? null, [...WORKER_FIELDS, ...OWN_FIELDS, ...ANSWERS]);
  const { responses, tools, modules, prompt, decide, signal, timeouts } = options;
  checkResponses(responses);
  checkHostTools("tools", tools);
  checkToolSources("modules", modules);
  const servers = modules?.findIndex(isMcpSource) ?? -1;
  if (servers >= 0) refuse(`modules[${servers}]`, "a module: no server is started here");
  checkText("prompt", prompt);
  if (!["undefined", "function"].includes(typeof decide)) refuse("decide", "a function");
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse("signal", "an AbortSignal");
  checkFields("timeouts", timeouts, ["totalMs", "toolMs", "confirmationMs"]);
  checkAnswers(options);
  const plain = Object.fromEntries(WORKER_FIELDS.map((name) => [name, options[name]]));
  const worker = {
    ...plain,
    tools: modules ?? [],
    hostTools: tools ?? [],
    timeouts: timeouts ?? {},
  };
  return workerSettings(worker, {}, new Set(["script"]));
}

function checkResponses(responses: readonly InlineResponse[] | undefined): void {
  if (!Array.isArray(responses) || responses.length === 0) {
    refuse("responses", "an array of at least one response");
  }
  for (const [i, response] of responses.entries()) {
    if (typeof response !== "function") checkResponse(`responses[${i}]`, response);
  }
}
