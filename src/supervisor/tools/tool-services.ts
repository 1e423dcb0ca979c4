import { HeddleError } from "../../errors.ts";
import type { JobResult } from "../../protocol/job.ts";
import type { Elicitation, PoolCall, ToolEnd, ToolRequest } from "../../protocol/tool.ts";
import type { CallSignal } from "../../tools/call-signal.ts";
import { plainProgress } from "../../tools/progress.ts";
import { toolCallIdOf } from "../../tools/run-tool.ts";
import type {
  AnyTool,
  ApprovalContext,
  ChildInput,
  ExecResult,
  Target,
  ToolContext,
} from "../../tools/tool.ts";
import { timeoutEnd } from "../../tools/tool-end.ts";
import { clonePlain, given } from "../check.ts";
import type { Job } from "../jobs/job.ts";
import { askFrom, tellFrom } from "../messages/correspondence.ts";
import type { Timeouts } from "../options.ts";
import { resultLimits } from "./call-ends.ts";
import { startCommand } from "./command.ts";
import type { CommandSpec } from "./command-spec.ts";
import type { ElicitAnswer } from "./elicit.ts";
import { elicit } from "./elicit.ts";
import { runHostTool } from "./host-call.ts";
import type { ElicitingContext } from "./mcp-elicitation.ts";
import type { OpenCall } from "./open-call.ts";
import type { SessionTools } from "./session-tools.ts";

type OutputListener = (stream: "stdout" | "stderr", text: string) => void;
type ExecSpec = Omit<CommandSpec, "env"> & { readonly env?: CommandSpec["env"] };
export type ExecListener = (exec: number, ...output: Parameters<OutputListener>) => void;

/** Until when a service lasts, and whether its caller is code in an actor. */
type Caller = { readonly signal: AbortSignal; readonly isActor: boolean };

export type ToolServicesOptions = {
  readonly job: Job;
  readonly timeouts: Timeouts;
  readonly session: SessionTools;
  /** How long what is told to stop may take. */
  readonly graceMs: () => number;
  readonly onExecOutput: ExecListener;
  /** A call begins to wait for a child, or no longer does. */
  readonly onChange: () => void;
};

/** What is done beside the actor for the tool calls of one job. */
export class ToolServices {
  readonly #options: ToolServicesOptions;
  readonly #job: Job;
  readonly #session: SessionTools;
  #progressBytes = 0;

  constructor(options: ToolServicesOptions) {
    this.#options = options;
    this.#job = options.job;
    this.#session = options.session;
  }

  about({ index }: OpenCall): ApprovalContext {
    const { id: jobId, tally, spec } = this.#job;
    return { jobId, context: spec.context, toolCallId: toolCallIdOf(jobId, tally.steps, index) };
  }

  /** Does what a tool in the actor asks for. Messages are queued before this returns, so that they are in the order of asking. */
  serve(open: OpenCall, request: Exclude<ToolRequest, { type: "sync" }>): unknown {
    const caller = { signal: open.abort.signal, isActor: true };
    switch (request.type) {
      case "progress":
        return this.progress(open, request.progress);
      case "tell":
        return tellFrom(this.#session.society, request);
      case "ask":
        return askFrom(this.#session.society, this.#job.worker.id, request);
      case "run":
        return this.run(open, request.worker, request as ChildInput, caller);
      case "exec": {
        const { exec, argv, options, wantsOutput } = request;
        const { onExecOutput } = this.#options;
        const onOutput = wantsOutput ? onExecOutput.bind(undefined, exec) : undefined;
        return this.exec(open, { ...options, argv, ...given({ onOutput }) }, caller);
      }
      default:
        request satisfies never;
        throw new HeddleError("INVALID_INPUT", "the tool asks for what there is not");
    }
  }

  /** @throws {HeddleError} `INVALID_INPUT`. What a job shows of its calls is bounded like its text: by `maxOutputBytes`. */
  progress({ call }: OpenCall, value: unknown): void {
    const { id: toolCallId, name: toolName } = call;
    const progress = plainProgress(value);
    const { maxOutputBytes } = this.#job.spec.settings;
    // The job ends for it, and its tool may not listen.
    if (this.#progressBytes > maxOutputBytes) return;
    this.#progressBytes += Buffer.byteLength(JSON.stringify(progress));
    this.#job.append({ type: "tool-progress", toolCallId, toolName, progress });
    if (this.#progressBytes <= maxOutputBytes) return;
    const message = `the progress that the job's tools have shown is larger than maxOutputBytes (${maxOutputBytes})`;
    this.#job.fail(new HeddleError("OUTPUT_LIMIT", message, { details: { maxOutputBytes } }));
  }

  /** Runs a child until it ends, or the call does: it is no more at work then. */
  async run(
    open: OpenCall,
    worker: unknown,
    asked: ChildInput,
    { signal, isActor }: Caller,
  ): Promise<JobResult> {
    const { prompt, output } = { ...asked };
    const input = { prompt, ...given({ output }) };
    open.openChildren += 1;
    // Before it: the permit that this job has lent is the child's to claim.
    this.#options.onChange();
    const parent = this.#job;
    const child = this.#session.runChild({
      parent,
      toolCall: open.call,
      worker,
      input,
      isActor,
      signal,
    });
    open.services.add(child);
    try {
      return await child;
    } finally {
      open.services.delete(child);
      open.openChildren -= 1;
      this.#options.onChange();
    }
  }

  /** Runs a command until it ends, or the call does: nothing of it lives on then. */
  async exec(open: OpenCall, spec: ExecSpec, { signal }: Caller): Promise<ExecResult> {
    const { settings, runtime } = this.#job.spec;
    if (!settings.permissions.childProcess) throw mayNotExec();
    const env = { ...settings.profile.env, ...spec.env };
    const command = startCommand({ ...spec, env }, runtime.clock);
    const kill = () => command.kill();
    if (signal.aborted) kill();
    signal.addEventListener("abort", kill, { once: true });
    open.services.add(command.ended);
    this.#job.signal({ type: "call-opened" });
    try {
      return await command.ended;
    } finally {
      signal.removeEventListener("abort", kill);
      open.services.delete(command.ended);
      this.#job.signal({ type: "call-ended" });
    }
  }

  /** A call that takes too long is ended with its thread, and the pool goes on. */
  async callPool(open: OpenCall, call: PoolCall, signal: CallSignal): Promise<ToolEnd> {
    const { moduleUrl, options, toolName, args } = call;
    const limits = resultLimits(this.#job.spec.settings);
    const task = { toolName, args, ...this.about(open), limits };
    const { worker } = this.#job;
    try {
      return await this.#session.pool.run(
        { module: { moduleUrl, options }, ...task },
        {
          signal: signal.signal,
          onProgress: (progress) => this.progress(open, progress),
          onOutput: (stream, text) => this.#session.onOutput(worker, stream, text),
        },
      );
    } catch (error) {
      if (!signal.timeout) throw error;
      return timeoutEnd(signal.timeout);
    }
  }

  callHost(open: OpenCall, tool: AnyTool, value: unknown, signal: CallSignal): Promise<ToolEnd> {
    const { settings, runtime, worker } = this.#job.spec;
    const ctx: ElicitingContext = {
      ...this.#hostContext(open, signal),
      elicit: (elicitation) => this.#elicit(open, value, elicitation, signal),
    };
    return runHostTool({
      tool,
      value,
      ctx,
      signal,
      limits: resultLimits(settings),
      graceMs: this.#options.graceMs,
      clock: runtime.clock,
      onStuck: () =>
        runtime.report({
          type: "tool-stuck",
          workerId: worker.id,
          name: worker.name,
          tool: tool.name,
        }),
    });
  }

  /** While somebody is asked, the call's own deadline does not come nearer. */
  async #elicit(
    open: OpenCall,
    args: unknown,
    elicitation: Elicitation,
    call: CallSignal,
  ): Promise<ElicitAnswer> {
    const { timeouts, onChange } = this.#options;
    const { confirmations } = this.#session;
    const { signal } = call;
    const release = call.hold();
    try {
      const options = { job: this.#job, open, args, confirmations, timeouts, signal, onChange };
      return await elicit(elicitation, options);
    } finally {
      release();
    }
  }

  /** What a host tool knows of its call, and does. */
  #hostContext(open: OpenCall, signal: CallSignal): ToolContext {
    const { society } = this.#session;
    const caller = { signal: signal.signal, isActor: false };
    const selfId = this.#job.worker.id;
    return {
      ...this.about(open),
      // Other jobs have the same.
      context: structuredClone(this.#job.spec.context),
      signal: signal.signal,
      get cancelled() {
        return signal.isOver;
      },
      progress: (value) => this.progress(open, value),
      tell: async (target, name, message) =>
        tellFrom(society, { to: idOf(target), name, message: plainMessage(message) }),
      ask: async <R>(target: Target, name: string, message?: unknown, options?: AskOptions) =>
        (await askFrom(society, selfId, {
          to: idOf(target),
          name,
          message: plainMessage(message),
          ...options,
        })) as R,
      run: (worker, input) => unwatched(this.run(open, worker, input, caller)),
      exec: (argv, options = {}) => unwatched(this.exec(open, { ...options, argv }, caller)),
    };
  }
}

type AskOptions = { readonly timeoutMs?: number };

function idOf(target: Target): string {
  return typeof target === "string" ? target : target.id;
}

/** A tool that does not wait for it must not end the process when it is rejected, as by the end of the call. */
function unwatched<T>(served: Promise<T>): Promise<T> {
  served.catch(() => {});
  return served;
}

function plainMessage(message: unknown): unknown {
  return clonePlain("message", message, "INVALID_INPUT");
}

function mayNotExec(): HeddleError {
  const grant = "permissions.childProcess: true";
  const message = `the worker may not run commands; what would allow it: ${grant}`;
  return new HeddleError("PERMISSION_DENIED", message, { details: { grant } });
}
