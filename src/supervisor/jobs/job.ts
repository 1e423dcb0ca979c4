import type { Observable } from "rxjs";
import type { HeddleError } from "../../errors.ts";
import { describe, toWireError } from "../../errors.ts";
import type { JobEvent, JobEventBody, JobResult, TerminalBody } from "../../protocol/job.ts";
import type { Message, ModelResponseChunk, Usage } from "../../protocol/model.ts";
import { checkFields, checkNumber, checkOneOf } from "../check.ts";
import type {
  CancelOutcome,
  JobOutcome,
  JobSize,
  JobTimes,
  Worker,
  WorkerJob,
} from "../handles.ts";
import type { Media } from "../log/job-media.ts";
import { JobMedia } from "../log/job-media.ts";
import { JobStream } from "../log/job-stream.ts";
import type { JobEventOtherThanChunk } from "../session-event.ts";
import { cancelWith } from "./cancel-with.ts";
import { JobAccount } from "./job-account.ts";
import type { JobLifecycle, JobSignal, JobState, Stop, Verdict } from "./job-lifecycle.ts";
import { endingOf, jobStateOf, nextLifecycle, QUEUED } from "./job-lifecycle.ts";
import { outcomeOf } from "./job-outcome.ts";
import type { JobDriver, JobSpec } from "./job-spec.ts";
import { JobTally } from "./job-tally.ts";

/** A job: its log, its lifecycle, and what users hold of it. What carries it out is its driver. */
export class Job implements WorkerJob {
  readonly id: string;
  readonly worker: Worker;
  readonly parentId: string | undefined;
  readonly outcome: Promise<JobOutcome>;
  readonly spec: Omit<JobSpec, "parent" | "accounts">;
  /** How many levels of children there may be below it. */
  readonly levelsBelow: number;
  readonly tally: JobTally = new JobTally();
  readonly account: JobAccount;
  readonly stream: JobStream;
  readonly #outcome: PromiseWithResolvers<JobOutcome> = Promise.withResolvers();
  readonly #media: JobMedia = new JobMedia();
  readonly #children = new Map<string, Job>();
  #life: JobLifecycle = QUEUED;
  /** Forgotten at the end: a job that is kept must not keep another one. */
  #parent: Job | undefined;
  #driver: JobDriver | undefined;
  #ended: JobOutcome | undefined;
  #cancelled: Promise<CancelOutcome> | undefined;
  #how: Exclude<CancelOutcome["how"], "settled"> = "cooperative";
  readonly #onEnded: (() => void)[] = [];
  readonly #onSettled: (() => void)[] = [];
  readonly #onStopped: (() => void)[] = [];

  constructor({ parent, accounts, ...spec }: JobSpec) {
    this.id = spec.id;
    this.worker = spec.worker;
    this.spec = spec;
    this.parentId = parent?.id;
    this.outcome = this.#outcome.promise;
    this.account = new JobAccount(this, accounts, parent?.account);
    const { windowBytes, maxOutputBytes, maxDepth } = spec.settings;
    this.levelsBelow = parent ? Math.min(maxDepth, parent.levelsBelow - 1) : maxDepth;
    this.stream = new JobStream({
      windowBytes,
      maxOutputBytes,
      onHeld: (isHeld) => this.#driver?.hold(isHeld),
      onSubscriberFailed: (error) => spec.runtime.report({ type: "subscriber-failed", error }),
      onEvent: (event) => spec.onEvent(event as JobEventOtherThanChunk),
    });
    this.onSettled(spec.runtime.hold());
    cancelWith(spec.options.signal, this);
  }

  get parent(): Job | undefined {
    return this.#parent;
  }

  get children(): ReadonlyMap<string, Job> {
    return this.#children;
  }

  get state(): JobState {
    return jobStateOf(this.#life);
  }

  get isSettled(): boolean {
    return this.#ended !== undefined;
  }

  /** It was told to stop, or its actor is done: what is run under it now is cancelled. */
  get isEnding(): boolean {
    return endingOf(this.#life) !== undefined;
  }

  /** How it stopped, if it was told to. */
  get how(): Exclude<CancelOutcome["how"], "settled"> {
    return this.#how;
  }

  /** How it ended; undefined while it has not. */
  get ended(): JobOutcome | undefined {
    return this.#ended;
  }

  get stopReason(): Stop | undefined {
    return this.#life.stop;
  }

  get usage(): Usage {
    return this.account.usage;
  }

  get times(): JobTimes {
    const { log } = this.stream;
    return {
      startedAtMs: log.firstAtMs("started"),
      firstChunkAtMs: log.firstAtMs("chunk"),
      endedAtMs: log.terminal?.atMs,
    };
  }

  get size(): JobSize {
    const { nextSeq: events, chunks, chunkBytes } = this.stream.log;
    return { events, chunks, chunkBytes };
  }

  get chunks$(): Observable<ModelResponseChunk> {
    return this.stream.fanOut.chunks$;
  }

  get events$(): Observable<JobEvent> {
    return this.stream.fanOut.events$;
  }

  events(
    options: { from?: number; policy?: "lossless" | "latest" } = {},
  ): AsyncIterableIterator<JobEvent, undefined> {
    checkFields("options", options, ["from", "policy"]);
    const { from = 0, policy = "lossless" } = options;
    checkNumber("from", from, { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true });
    checkOneOf("policy", policy, ["lossless", "latest"]);
    return this.stream.events(from, policy);
  }

  media(ref: string): Media | undefined {
    return this.#media.get(ref);
  }

  [Symbol.asyncIterator](): AsyncIterator<ModelResponseChunk, undefined> {
    return this.stream.chunks(() => {
      if (this.#ended?.error) throw this.#ended.error;
    });
  }

  async wait(): Promise<JobResult> {
    const outcome = await this.outcome;
    if (outcome.status === "completed") return outcome.result;
    throw outcome.error;
  }

  cancel(reason: string = "cancelled"): Promise<CancelOutcome> {
    if (this.isSettled) return Promise.resolve({ how: "settled", afterMs: 0 });
    this.#cancelled ??= this.#stopped();
    this.stop({ type: "cancel", reason: describe(reason) });
    return this.#cancelled;
  }

  /** Stops the job for `stop`, unless there was a reason before. */
  stop(stop: Stop): void {
    if (this.isSettled || this.#life.stop) return;
    this.signal({ type: "stop", stop });
    this.#driver?.stop(stop);
    this.#tellStopped();
  }

  /** Calls `run` once, as soon as the job is to stop, or has ended. */
  onStopped(run: () => void): void {
    if (this.isSettled || this.#life.stop) run();
    else this.#onStopped.push(run);
  }

  fail(error: HeddleError): void {
    this.stop({ type: "fail", error: toWireError(error) });
  }

  /** A thread is there for it. */
  begin(driver: JobDriver): void {
    this.#driver = driver;
    this.signal({ type: "begin" });
    this.append({ type: "started" });
  }

  /** How the ladder has stopped it. */
  stoppedBy(how: "terminated" | "stuck"): void {
    this.#how = how;
  }

  append(body: Exclude<JobEventBody, { type: "chunk" | "lag" } | TerminalBody>): void {
    if (!this.isSettled) this.#log(body);
  }

  signal(signal: JobSignal): void {
    const before = this.#life;
    this.#life = nextLifecycle(before, signal);
    if (this.#life.verdict && !before.verdict) this.#settle(this.#life.verdict);
    else if (this.isEnding && endingOf(before) === undefined) this.#endChildren();
  }

  /** Calls `run` as soon as the job has ended, before anybody is told: what it held is free when its terminal event comes. */
  onEnded(run: () => void): void {
    if (this.isSettled) run();
    else this.#onEnded.push(run);
  }

  /** Calls `run` in the turn in which the job settles, right after its terminal event. */
  onSettled(run: () => void): void {
    if (this.isSettled) run();
    else this.#onSettled.push(run);
  }

  /** Takes `child` under it: it does not settle before that. If it is ending already, so does the child. `by`: what has run it. */
  adopt(child: Job, by: { readonly toolCallId?: string } = {}): void {
    child.#parent = this;
    this.#children.set(child.id, child);
    this.signal({ type: "child-opened" });
    const { id: workerId, name: workerName } = child.worker;
    this.append({ type: "child-started", jobId: child.id, workerId, workerName, ...by });
    // Not at once: whoever made the child gets it before it ends.
    if (this.isEnding) queueMicrotask(() => child.stop(this.#endOfChild()));
  }

  /** What the worker's conversation has gained by this job, its input included: nothing, if it had a conversation of its own. */
  messages(): readonly Message[] {
    const { input } = this.spec;
    if (input.messages) return [];
    const openText = this.#ended?.error ? this.stream.openText() : "";
    return [{ role: "user", content: input.prompt }, ...this.tally.messages(openText)];
  }

  #childSettled(child: Job, status: JobOutcome["status"]): void {
    this.append({ type: "child-settled", jobId: child.id, workerId: child.worker.id, status });
    this.signal({ type: "child-ended" });
  }

  #endChildren(): void {
    for (const child of this.#children.values()) child.stop(this.#endOfChild());
  }

  #endOfChild(): Stop {
    return { type: "cancel", reason: `its parent ${endingOf(this.#life)}` };
  }

  #tellStopped(): void {
    for (const run of this.#onStopped.splice(0)) run();
  }

  #settle(verdict: Verdict): void {
    this.#driver?.beforeEnd(verdict);
    const body = this.#terminalOf(verdict);
    this.#ended = outcomeOf(body);
    // A job that is kept must not keep the conversation it ran with.
    this.#driver = undefined;
    this.account.close();
    const parent = this.#parent;
    if (parent) parent.#children.delete(this.id);
    for (const run of this.#onEnded.splice(0)) run();
    this.#log(body);
    for (const run of this.#onSettled.splice(0)) run();
    this.#tellStopped();
    this.#outcome.resolve(this.#ended);
    this.#parent = undefined;
    if (parent) parent.#childSettled(this, this.#ended.status);
  }

  #log(body: Exclude<JobEventBody, { type: "chunk" | "lag" }>): void {
    this.stream.log.append(this.#media.logged(body), this.spec.runtime.clock.now());
  }

  #terminalOf(verdict: Verdict): TerminalBody {
    const { tally, usage } = this;
    if (verdict.status === "completed") return { type: "completed", result: tally.result(usage) };
    const partial = tally.partial(this.stream.openText(), usage);
    return verdict.status === "cancelled"
      ? { type: "cancelled", reason: verdict.reason, partial }
      : { type: "failed", error: verdict.error, partial };
  }

  async #stopped(): Promise<CancelOutcome> {
    const { clock } = this.spec.runtime;
    const startMs = clock.monotonicMs();
    await this.outcome;
    return { how: this.#how, afterMs: clock.monotonicMs() - startMs };
  }
}
