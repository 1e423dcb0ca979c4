import type { JobCalls, LoadedTools, ToolEnd, ToolModule, ToolRequest } from "../protocol/tool.ts";
import { CallSignal } from "../tools/call-signal.ts";
import type { ToolSet } from "../tools/load-tools.ts";
import { loadTools } from "../tools/load-tools.ts";
import { runTool, toolCallIdOf } from "../tools/run-tool.ts";
import type { AnyTool } from "../tools/tool.ts";
import { performToolCall } from "../tools/tool-call.ts";
import type { ResultLimits } from "../tools/tool-end.ts";
import { Toolbox } from "../tools/toolbox.ts";
import { orAborted } from "../transport/aborted.ts";
import type { Caller } from "../transport/calls.ts";
import type { Clock } from "../transport/clock.ts";
import { systemClock } from "../transport/clock.ts";
import { RequestQueue } from "./request-queue.ts";
import { ActorToolContext, ExecOutputs } from "./tool-context.ts";
import type { OpenCall } from "./worker-loop.ts";

/** What a call must know of its job. */
export type CallingJob = {
  readonly jobId: string;
  readonly context: unknown;
  readonly signal: AbortSignal;
  readonly isCancelled: () => boolean;
  readonly limits: ResultLimits;
};

/** What is taken from outside, so that a test can own it. */
export type ToolSurroundings = {
  /** @defaultValue what imports them */
  readonly load?: (modules: readonly ToolModule[]) => Promise<ToolSet>;
  /** @defaultValue the system's */
  readonly clock?: Clock;
};

/** The tools that are loaded in an actor's thread, and how a call of one is carried out there. */
export class ToolRunner {
  readonly execOutputs: ExecOutputs = new ExecOutputs();
  readonly #supervisor: Caller<JobCalls>;
  readonly #loadTools: NonNullable<ToolSurroundings["load"]>;
  readonly #clock: Clock;
  #box: Toolbox = new Toolbox([]);
  #modules: ReadonlyMap<string, ToolModule> = new Map();

  constructor(
    supervisor: Caller<JobCalls>,
    { load = loadTools, clock = systemClock }: ToolSurroundings = {},
  ) {
    this.#supervisor = supervisor;
    this.#loadTools = load;
    this.#clock = clock;
  }

  /** @throws {HeddleError} `TOOL_LOAD_FAILED`. */
  async load(modules: readonly ToolModule[]): Promise<LoadedTools> {
    const loaded = await this.#loadTools(modules);
    this.#box = new Toolbox(loaded.tools);
    this.#modules = loaded.modules;
    return { specs: this.#box.specs, isStateful: loaded.isStateful };
  }

  /** Carries out a call, here or where its tool is. @throws the reason of the job's signal. */
  async call(open: OpenCall, job: CallingJob): Promise<ToolEnd> {
    const { jobId, signal, context } = job;
    const ref = { jobId, index: open.index };
    const ready = this.#box.find(open.call.name);
    if (!ready) return await orAborted(this.#supervisor.call("callHostTool", ref), signal);
    return await performToolCall(ready, open.call, {
      about: { context, jobId, toolCallId: toolCallIdOf(jobId, open.step, open.index) },
      confirm: (args) => orAborted(this.#supervisor.call("confirm", { ...ref, args }), signal),
      execute: (value, args) => this.#execute(ready.tool, open, job, { value, args }),
    });
  }

  async #execute(
    tool: AnyTool,
    open: OpenCall,
    job: CallingJob,
    { value, args }: { readonly value: unknown; readonly args: unknown },
  ): Promise<ToolEnd> {
    const { timeoutMs, idempotent = false, name: toolName } = tool;
    const begin = {
      jobId: job.jobId,
      index: open.index,
      args,
      isIdempotent: idempotent,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
    const module = this.#modules.get(toolName);
    if (module && tool.runsIn === "pool") {
      const call = { ...begin, ...module, toolName };
      return await orAborted(this.#supervisor.call("callPoolTool", call), job.signal);
    }
    const begun = await orAborted(this.#supervisor.call("beginTool", begin), job.signal);
    return await this.#run(tool, open, job, value, begun.timeoutMs);
  }

  /** Until it has ended: one that does not listen to its signal is ended with the thread. */
  async #run(
    tool: AnyTool,
    open: OpenCall,
    job: CallingJob,
    value: unknown,
    timeoutMs: number | undefined,
  ): Promise<ToolEnd> {
    const { jobId, context, limits } = job;
    const signal = new CallSignal(job.signal, timeoutMs, this.#clock);
    const queue = new RequestQueue<ToolRequest>(
      (request) => this.#supervisor.call("serveTool", request),
      () => this.#supervisor.call("serveTool", { type: "sync", jobId }),
    );
    const ctx = new ActorToolContext({
      ref: { jobId, index: open.index },
      toolCallId: toolCallIdOf(jobId, open.step, open.index),
      context,
      signal: signal.signal,
      isCancelled: () => signal.isOver || job.isCancelled(),
      queue,
      execOutputs: this.execOutputs,
    });
    try {
      return await runTool(() => tool.execute(value, ctx), signal, limits);
    } finally {
      signal.end();
      // Its end does not overtake what it has said.
      await queue.sent();
    }
  }
}
