import { HeddleError } from "../../errors.ts";
import type {
  ConfirmationAnswer,
  ConfirmationQuestion,
  PoolCall,
  ToolBegin,
  ToolBegun,
  ToolCallRef,
  ToolEnd,
  ToolRequest,
} from "../../protocol/tool.ts";
import { CallSignal, toolTimeout } from "../../tools/call-signal.ts";
import { performToolCall, unknownTool } from "../../tools/tool-call.ts";
import { given } from "../check.ts";
import type { Job } from "../jobs/job.ts";
import type { Verdict } from "../jobs/job-lifecycle.ts";
import type { Timeouts } from "../options.ts";
import type { ActorThread } from "../threads/actor-thread.ts";
import type { ThreadNeed } from "../threads/worker-thread.ts";
import { boundedEnd, cutOffEnd, lostEnd, resultLimits } from "./call-ends.ts";
import { answerOf, confirmCall } from "./confirm-call.ts";
import { JobToolset } from "./job-toolset.ts";
import { OpenCall, threadNeedOf } from "./open-call.ts";
import type { SessionTools } from "./session-tools.ts";
import type { ExecListener } from "./tool-services.ts";
import { ToolServices } from "./tool-services.ts";

export type JobToolsOptions = {
  readonly job: Job;
  readonly timeouts: Timeouts;
  readonly session: SessionTools;
  readonly graceMs: () => number;
  /** Something has changed of what `threadNeed` and `isConfirming` say. */
  readonly onChange: () => void;
  /** The actor's thread is to end for this: a tool in it does not stop. */
  readonly onOverdue: (failure: HeddleError) => void;
  readonly thread: () => ActorThread;
};

/**
 * The tool calls of one job, as the supervisor keeps them: what stands, over all threads of the worker.
 *
 * 1. A call is begun only once the supervisor has noted it, and ends once: what has ended is never carried out again.
 * 2. What needs approval is begun only with exactly the arguments that were approved, once for each approval.
 * 3. What is carried out elsewhere goes on when the actor dies; the next one is given its end.
 * 4. When the job ends, every call of the last response has an end, made up where there was none.
 */
export class JobTools {
  /** What the model is told of, and may call. */
  readonly offered: JobToolset;
  readonly #options: JobToolsOptions;
  readonly #services: ToolServices;
  readonly #stopped = new AbortController();
  #open: readonly OpenCall[] = [];

  constructor(options: JobToolsOptions) {
    this.#options = options;
    const { thread, ...services } = options;
    this.offered = new JobToolset(options.job, options.session.mcp, this.#stopped.signal);
    const onExecOutput: ExecListener = (...output) => thread().execOutput(...output);
    this.#services = new ToolServices({ ...services, onExecOutput });
  }

  /** Whether somebody is asked. */
  get isConfirming(): boolean {
    return this.#unfinished.some((one) => one.phase === "confirming" || one.elicitations > 0);
  }

  get threadNeed(): ThreadNeed {
    const { maxParallelToolCalls } = this.#options.job.spec.settings;
    return threadNeedOf(this.#unfinished, maxParallelToolCalls, this.offered.isStateful);
  }

  /**
   * Sees to the tools that the job may use: loads those of the actor in `thread`, and asks those who have others.
   *
   * @throws {HeddleError} `TOOL_LOAD_FAILED`, `MCP_NOT_INSTALLED`, `MCP_CONNECT_FAILED`; what the thread has died of.
   */
  async prepare(thread: ActorThread): Promise<void> {
    await this.offered.prepare(thread);
  }

  /** A response has come: its calls are open. */
  responded(): void {
    this.#open = this.#options.job.tally.toolCalls.map((call, index) => new OpenCall(call, index));
  }

  async confirm({ index, args }: ConfirmationQuestion): Promise<ConfirmationAnswer> {
    return await this.#confirm(this.#find(index), args);
  }

  beginTool(begin: ToolBegin): ToolBegun {
    const open = this.#find(begin.index);
    const timeoutMs = this.#begin(open, begin, "begun");
    if (timeoutMs === undefined) return {};
    const { clock } = this.#options.job.spec.runtime;
    open.deadline = clock.setTimer(timeoutMs, () => this.#expired(open, timeoutMs));
    return { timeoutMs };
  }

  callPoolTool(call: PoolCall): Promise<ToolEnd> {
    const open = this.#findAway(call.index);
    open.away ??= this.#away(open, call, (signal) => this.#services.callPool(open, call, signal));
    return open.away;
  }

  callHostTool({ index }: ToolCallRef): Promise<ToolEnd> {
    const open = this.#findAway(index);
    open.away ??= this.#callHostTool(open);
    return open.away;
  }

  async serveTool(request: ToolRequest): Promise<unknown> {
    if (request.type === "sync") return await new Promise<void>((resolve) => setImmediate(resolve));
    const open = this.#find(request.index);
    if (open.phase !== "begun") throw notOpen(request.index);
    return await this.#services.serve(open, request);
  }

  /** The actor says how a call has ended. */
  toolFinished(index: number, end: ToolEnd): void {
    const open = this.#unfinished.find((one) => one.index === index);
    if (open && open.phase !== "away") this.#finish(open, end);
  }

  /** The job is to stop, or its actor is gone, as `error` says: nothing begins any more, and what is done beside the actor is told. */
  stop(error: HeddleError): void {
    this.#stopped.abort(error);
    for (const open of this.#unfinished) {
      open.confirmation?.cancel();
      open.abort.abort(error);
    }
  }

  /** The actor's thread has ended with `failure`: what it was doing is over. Resolves when nothing of that runs any more. */
  async actorLost(failure: HeddleError): Promise<void> {
    const begun = this.#unfinished.filter(({ phase }) => phase === "begun");
    await Promise.all(begun.map((open) => open.end(failure)));
    for (const open of begun) {
      if (open.isIdempotent && !open.overdueMs) this.#replace(open);
      else this.#finish(open, lostEnd(open, failure));
    }
  }

  /** The job is about to end. */
  beforeEnd(verdict: Verdict): void {
    for (const open of this.#unfinished) this.#finish(open, cutOffEnd(open, verdict));
  }

  get #unfinished(): readonly OpenCall[] {
    const answered = new Set(this.#options.job.tally.answered);
    return this.#open.filter(({ index }) => !answered.has(index));
  }

  #find(index: number): OpenCall {
    const { job } = this.#options;
    if (job.isSettled || job.stopReason) throw new HeddleError("JOB_CANCELLED", "the job is over");
    const open = this.#unfinished.find((one) => one.index === index);
    if (!open) throw notOpen(index);
    return open;
  }

  /** Also one that has ended since the actor was told which have: it is given the end. */
  #findAway(index: number): OpenCall {
    const known = this.#open.find((open) => open.index === index);
    return known?.away ? known : this.#find(index);
  }

  async #confirm(open: OpenCall, args: unknown): Promise<ConfirmationAnswer> {
    const { job, timeouts, session, onChange } = this.#options;
    const { confirmations } = session;
    const { signal } = this.#stopped;
    signal.throwIfAborted();
    const parameters =
      this.offered.specs.find(({ name }) => name === open.call.name)?.parameters ?? {};
    const options = { job, timeouts, confirmations, parameters, signal, onChange };
    const asked = open.asked(args) ?? open.ask(args, confirmCall(open, args, options));
    const verdict = await asked;
    return answerOf(verdict, timeouts.confirmationMs ?? 0);
  }

  /** Notes that a call is about to be carried out. Returns its deadline. */
  #begin(open: OpenCall, begin: ToolBegin, phase: "begun" | "away"): number | undefined {
    this.#stopped.signal.throwIfAborted();
    const { args, isIdempotent, timeoutMs = this.#options.timeouts.toolMs } = begin;
    if (open.isUnderWay || !open.use(args)) {
      throw notOpen(open.index, "it may not begin now, or not with these arguments");
    }
    open.phase = phase;
    open.isIdempotent = isIdempotent;
    const { id: toolCallId, name: toolName } = open.call;
    this.#options.job.append({ type: "tool-started", toolCallId, toolName, args });
    this.#options.onChange();
    return timeoutMs;
  }

  async #callHostTool(open: OpenCall): Promise<ToolEnd> {
    const ready = this.offered.find(open.call.name);
    if (!ready) {
      const end = unknownTool(
        open.call,
        this.offered.specs.map(({ name }) => name),
      );
      this.#finish(open, end);
      return end;
    }
    const { tool } = ready;
    const end = await performToolCall(ready, open.call, {
      about: this.#services.about(open),
      confirm: (args) => this.#confirm(open, args),
      execute: (value, args) => {
        const begin = {
          jobId: this.#options.job.id,
          index: open.index,
          args,
          isIdempotent: false,
          ...given({ timeoutMs: tool.timeoutMs }),
        };
        return this.#away(open, begin, (signal) =>
          this.#services.callHost(open, tool, value, signal),
        );
      },
    });
    this.#finish(open, end);
    return end;
  }

  /** Carries a call out beside the actor: the job does not end before that. */
  async #away(
    open: OpenCall,
    begin: ToolBegin,
    work: (signal: CallSignal) => Promise<ToolEnd>,
  ): Promise<ToolEnd> {
    const { job } = this.#options;
    const timeoutMs = this.#begin(open, begin, "away");
    const signal = new CallSignal(open.abort.signal, timeoutMs, job.spec.runtime.clock);
    job.signal({ type: "call-opened" });
    try {
      const end = await work(signal);
      this.#finish(open, end);
      return end;
    } finally {
      signal.end();
      await open.end(new HeddleError("JOB_CANCELLED", "the call has ended"));
      job.signal({ type: "call-ended" });
    }
  }

  #finish(open: OpenCall, end: ToolEnd): void {
    const { job, onChange } = this.#options;
    const limits = resultLimits(job.spec.settings);
    const outcome = job.tally.tool(open.index, boundedEnd(end, limits));
    if (!outcome) return;
    open.confirmation?.cancel();
    void open.end(new HeddleError("JOB_CANCELLED", "the call has ended"));
    job.append({ ...outcome, type: "tool-finished" });
    onChange();
  }

  /** It is begun again by the next actor. */
  #replace(open: OpenCall): void {
    this.#open = this.#open.map((one) =>
      one === open ? new OpenCall(open.call, open.index) : one,
    );
  }

  /** A tool in the actor has had its time: what it does elsewhere is ended, and after its grace the thread. */
  #expired(open: OpenCall, timeoutMs: number): void {
    const { job, graceMs, onOverdue } = this.#options;
    open.abort.abort(toolTimeout(timeoutMs));
    open.deadline = job.spec.runtime.clock.setTimer(graceMs(), () => {
      open.overdueMs = timeoutMs;
      const message = `tool "${open.call.name}" has not stopped after its ${timeoutMs} ms`;
      onOverdue(new HeddleError("ACTOR_UNRESPONSIVE", message, { details: { timeoutMs } }));
    });
  }
}

function notOpen(index: number, why = "it is not open"): HeddleError {
  return new HeddleError("INTERNAL", `the actor speaks of tool call ${index}, but ${why}`);
}
