import type { OpenCall } from "../actors/worker-loop.ts";
import { runWorkerLoop } from "../actors/worker-loop.ts";
import { describe, HeddleError, toHeddleError, toWireError } from "../errors.ts";
import type { Message, ModelRequest, ModelResponse } from "../protocol/model.ts";
import type { ConfirmationAnswer, ToolEnd } from "../protocol/tool.ts";
import { given } from "../supervisor/check.ts";
import type { JobOutcome } from "../supervisor/handles.ts";
import { Ledger } from "../supervisor/jobs/budget.ts";
import type { Verdict } from "../supervisor/jobs/job-lifecycle.ts";
import { jobTimeout, outcomeOf } from "../supervisor/jobs/job-outcome.ts";
import { JobTally } from "../supervisor/jobs/job-tally.ts";
import { cutOffEnd, resultLimits } from "../supervisor/tools/call-ends.ts";
import { answerOf } from "../supervisor/tools/confirm-call.ts";
import { runHostTool } from "../supervisor/tools/host-call.ts";
import type { WorkerSettings } from "../supervisor/workers/worker-settings.ts";
import { CallSignal } from "../tools/call-signal.ts";
import { loadTools } from "../tools/load-tools.ts";
import { toolCallIdOf } from "../tools/run-tool.ts";
import { performToolCall, unknownTool } from "../tools/tool-call.ts";
import type { ReadyTool } from "../tools/toolbox.ts";
import { distinct, Toolbox } from "../tools/toolbox.ts";
import { orAborted } from "../transport/aborted.ts";
import { Deadline } from "../transport/deadline.ts";
import { CallRecord } from "./inline-call.ts";
import { inlineClock } from "./inline-clock.ts";
import { InlineConfirming } from "./inline-confirming.ts";
import { InlineModel } from "./inline-model.ts";
import type { InlineOptions, InlineRun } from "./inline-options.ts";
import { inlineSettings } from "./inline-options.ts";
import { JOB_ID } from "./test-context.ts";

const WORKER = { workerId: "worker-1", workerName: "worker-1" };

/**
 * Runs an agent on the calling thread: the same loop, checks, approvals and deadlines as in a worker's job, with a script for a model.
 *
 * It resolves however the run ends, with that in `status`, as soon as nothing of it runs any more. Only a tool that does not stop
 * within `graceMs` of its cancel or its deadline is left to itself: a thread could be ended for it, this one cannot. There is no
 * supervisor: no restarts, budgets, limits or permissions, and a tool of the pool runs here, too.
 *
 * Its time is that of `setTimeout`, `Date` and `performance`, also when they are fake: between two of its timers it takes no real time.
 *
 * @throws {HeddleError} `INVALID_OPTION` that names the field: nothing was run.
 */
export async function runInline(options: InlineOptions): Promise<InlineRun> {
  return await new InlineJob(options, inlineSettings(options)).perform();
}

class InlineJob {
  readonly #options: InlineOptions;
  readonly #settings: WorkerSettings;
  readonly #model: InlineModel;
  readonly #confirming: InlineConfirming;
  readonly #abort = new AbortController();
  readonly #tally = new JobTally();
  readonly #usage = new Ledger();
  readonly #calls: CallRecord[] = [];
  readonly #prompt: Message;
  #total: Deadline | undefined;
  #box: Toolbox = new Toolbox([]);

  constructor(options: InlineOptions, settings: WorkerSettings) {
    this.#options = options;
    this.#settings = settings;
    this.#model = new InlineModel(options.responses);
    this.#prompt = { role: "user", content: options.prompt ?? "go" };
    this.#confirming = new InlineConfirming({
      approvals: settings.approvals,
      decide: options.decide,
      confirmationMs: settings.timeouts.confirmationMs,
      signal: this.#signal,
      onFailed: (error) => this.#abort.abort(error),
      onWaiting: (count) => this.#runTotal(count > 0),
    });
  }

  async perform(): Promise<InlineRun> {
    const { signal } = this.#options;
    const onAbort = () =>
      this.#abort.abort(new HeddleError("JOB_CANCELLED", describe(signal?.reason)));
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#startTotal();
    try {
      await this.#load();
      await this.#loop();
      const result = this.#tally.result(this.#usage.usage);
      return { status: "completed", result, ...this.#record() };
    } catch (error) {
      return this.#endedBy(toHeddleError(error, "INTERNAL"));
    } finally {
      this.#total?.stop();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  get #signal(): AbortSignal {
    return this.#abort.signal;
  }

  #startTotal(): void {
    const { totalMs } = this.#settings.timeouts;
    if (totalMs === undefined) return;
    const expire = () => this.#abort.abort(jobTimeout(totalMs));
    this.#total = new Deadline(inlineClock, totalMs, expire);
  }

  /** It stands still while somebody decides. */
  #runTotal(isDeciding: boolean): void {
    if (this.#signal.aborted) return;
    if (isDeciding) this.#total?.pause();
    else this.#total?.resume();
  }

  async #load(): Promise<void> {
    const { modules, hostTools } = this.#settings.tools;
    const loaded = modules.length === 0 ? [] : (await loadTools(modules)).tools;
    this.#box = new Toolbox([...loaded, ...hostTools]);
    distinct(this.#box.specs);
  }

  async #loop(): Promise<void> {
    const { maxSteps, maxParallelToolCalls } = this.#settings;
    await runWorkerLoop({
      messages: [this.#prompt],
      stepsDone: 0,
      maxSteps,
      maxParallelToolCalls,
      signal: this.#signal,
      askModel: (messages) => this.#askModel(messages),
      callTool: (open) => this.#callTool(open),
      onToolFinished: ({ index }, end) => this.#finished(index, end),
    });
  }

  async #askModel(messages: readonly Message[]): Promise<ModelResponse> {
    const request = this.#request(messages);
    const response = await orAborted(this.#model.ask(request, this.#signal), this.#signal);
    this.#tally.response(response);
    this.#usage.open(0).said(response.usage);
    const { steps: step } = this.#tally;
    for (const [index, call] of response.toolCalls.entries()) {
      this.#calls.push(new CallRecord({ call, index, step }, this.#options));
    }
    return response;
  }

  #request(messages: readonly Message[]): ModelRequest {
    const { specs } = this.#box;
    return {
      ...given({ instructions: this.#settings.instructions }),
      messages: [...messages],
      ...(specs.length === 0 ? {} : { tools: specs }),
      settings: {},
      origin: { ...WORKER, jobId: JOB_ID, callIndex: this.#model.requests.length },
    };
  }

  async #callTool(open: OpenCall): Promise<ToolEnd> {
    const { call, index, step } = open;
    const ready = this.#box.find(call.name);
    if (!ready) {
      return unknownTool(
        call,
        this.#box.specs.map(({ name }) => name),
      );
    }
    const record = this.#open[index] as CallRecord;
    const { context } = this.#settings;
    const about = { context, jobId: JOB_ID, toolCallId: toolCallIdOf(JOB_ID, step, index) };
    return await performToolCall(ready, call, {
      about,
      confirm: (args) => this.#confirm(open, record, ready, args),
      execute: (value, args) => {
        record.args = args;
        return this.#execute(ready, value, record, about);
      },
    });
  }

  async #confirm(
    { call }: OpenCall,
    record: CallRecord,
    { schema }: ReadyTool,
    args: unknown,
  ): Promise<ConfirmationAnswer> {
    record.args = args;
    const about = { ...WORKER, jobId: JOB_ID, toolCallId: call.id, toolName: call.name, args };
    const verdict = await this.#confirming.confirm(about, schema.json);
    record.decision = verdict.decision;
    if (verdict.decision === "edited") record.args = verdict.args;
    this.#signal.throwIfAborted();
    return answerOf(verdict, this.#settings.timeouts.confirmationMs ?? 0);
  }

  async #execute(
    { tool }: ReadyTool,
    value: unknown,
    record: CallRecord,
    about: { readonly context: unknown; readonly jobId: string; readonly toolCallId: string },
  ): Promise<ToolEnd> {
    const { timeouts, graceMs } = this.#settings;
    const signal = new CallSignal(this.#signal, tool.timeoutMs ?? timeouts.toolMs, inlineClock);
    record.isUnderWay = true;
    try {
      return await runHostTool({
        tool,
        value,
        ctx: record.context(about, signal),
        signal,
        limits: resultLimits(this.#settings),
        graceMs: () => graceMs,
        clock: inlineClock,
        onStuck: () => {},
      });
    } finally {
      signal.end();
    }
  }

  /** The calls of the last response. */
  get #open(): readonly CallRecord[] {
    return this.#calls.slice(this.#calls.length - this.#tally.toolCalls.length);
  }

  #finished(index: number, end: ToolEnd): void {
    this.#tally.tool(index, end);
    const record = this.#open[index];
    if (record) record.end = end;
  }

  /** The calls that have no end are given one, as by a supervisor. */
  #endedBy(error: HeddleError): InlineRun {
    const { message: reason } = error;
    const isCancelled = error.code === "JOB_CANCELLED";
    const verdict: Verdict = isCancelled
      ? { status: "cancelled", reason }
      : { status: "failed", error: toWireError(error) };
    const { answered } = this.#tally;
    for (const record of this.#open) {
      if (answered.includes(record.index)) continue;
      this.#finished(record.index, cutOffEnd(record, verdict));
    }
    const partial = this.#tally.partial("", this.#usage.usage);
    const outcome: JobOutcome = isCancelled
      ? outcomeOf({ type: "cancelled", reason, partial })
      : { status: "failed", partial, error };
    return { ...outcome, ...this.#record() };
  }

  #record(): Pick<InlineRun, "messages" | "calls" | "requests"> {
    return {
      messages: [this.#prompt, ...this.#tally.messages("")],
      calls: this.#calls.map((record) => record.shown()),
      requests: this.#model.requests,
    };
  }
}
