import { HeddleError, toHeddleError, toWireError } from "../../errors.ts";
import type { Message } from "../../protocol/model.ts";
import type { Timer } from "../../transport/clock.ts";
import { Deadline } from "../../transport/deadline.ts";
import { given } from "../check.ts";
import type { ProviderRoute } from "../gateways/gateways.ts";
import type { Timeouts } from "../options.ts";
import type { JobDesk } from "../threads/actor-owner.ts";
import type { ActorThread } from "../threads/actor-thread.ts";
import type { ThreadNeed } from "../threads/worker-thread.ts";
import { JobTools } from "../tools/job-tools.ts";
import type { SessionTools } from "../tools/session-tools.ts";
import type { Steering } from "../workers/steering.ts";
import { askFirst } from "./first-call.ts";
import type { Job } from "./job.ts";
import { questionOf } from "./job-input.ts";
import type { Stop, Verdict } from "./job-lifecycle.ts";
import { jobTimeout } from "./job-outcome.ts";
import { isAnswered } from "./job-progress.ts";
import type { JobDriver } from "./job-spec.ts";
import { ModelSteps } from "./model-steps.ts";

/** One for all jobs: every one of them ends with it, and where it was made says nothing. */
const ACTOR_GONE = new HeddleError("JOB_CANCELLED", "the actor is gone");

/** What a run needs from its worker. */
export type RunContext = {
  /** Has begun its life, and is the worker's. */
  readonly thread: ActorThread;
  /** The thread has ended by itself. Resolves to the one that goes on in its place, or to the failure that the job ends with. */
  readonly replaceThread: (failure: HeddleError) => Promise<ActorThread | HeddleError>;
  /** The thread was given up while the actor only waited. Resolves to another, to what keeps it from that, or to undefined when the job was stopped first. */
  readonly resumeThread: () => Promise<ActorThread | HeddleError | undefined>;
  /** What the job needs its thread for, each time that this changes. */
  readonly onThreadNeed: (need: ThreadNeed) => void;
  readonly tools: SessionTools;
  readonly routeTo: (provider: string) => ProviderRoute;
  /** The name of the worker's session. */
  readonly session: string;
  /** Counts the worker's model calls: the number of the next one. */
  readonly nextCallIndex: () => number;
  /** What came before this job. */
  readonly history: readonly Message[];
  /** How long a stopped actor may take; asked when it is stopped. */
  readonly graceMs: () => number;
  readonly onState: (state: "working" | "awaiting-confirmation" | "cancelling") => void;
  /** The actor's part is over, and the job about to settle, unless a model call or a child is still to end. */
  readonly onActorEnded: () => void;
  readonly steering: Steering;
};

/**
 * Carries one job out on its worker's thread: model calls, deadlines, and the ladder that stops it.
 *
 * The ladder: the actor's signal and the model call are cancelled at the same moment; `graceMs` later the thread is ended;
 * `killMs` after that the job settles without it.
 */
export class JobRun implements JobDriver {
  readonly #job: Job;
  readonly #context: RunContext;
  readonly #timeouts: Timeouts;
  readonly #tools: JobTools;
  /** Readers hold the stream back. */
  #isHeld: boolean = false;
  #threadNeed: ThreadNeed = "runs";
  /** Its worker's state says so, whatever happens meanwhile. */
  #isRestarting: boolean = false;
  /** Resolves when the thread is needed that was given up while the actor only waited. */
  #wanted: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #model: ModelSteps;
  /** The thread that carries the job out now. */
  #thread: ActorThread;
  #total: Deadline | undefined;
  #ladder: Timer | undefined;
  #isKilled: boolean = false;
  #actorHasEnded: boolean = false;

  constructor(job: Job, context: RunContext) {
    this.#job = job;
    this.#context = context;
    this.#thread = context.thread;
    const { settings, options } = job.spec;
    this.#timeouts = { ...settings.timeouts, ...given(options.timeouts) };
    this.#tools = new JobTools({
      job,
      timeouts: this.#timeouts,
      session: context.tools,
      graceMs: context.graceMs,
      onChange: () => this.#toolsChanged(),
      onOverdue: (failure) => this.#thread.terminate(failure),
      thread: () => this.#thread,
    });
    this.#model = new ModelSteps({
      job,
      routeTo: context.routeTo,
      session: context.session,
      timeouts: this.#timeouts,
      steering: context.steering,
      nextCallIndex: context.nextCallIndex,
      tools: this.#tools.offered,
      onResponse: () => this.#tools.responded(),
    });
  }

  /** What serves the actor. */
  get desk(): JobDesk {
    const tools = this.#tools;
    return {
      callModel: (call) => this.#model.ask(call),
      confirm: (question) => tools.confirm(question),
      beginTool: (begin) => tools.beginTool(begin),
      callPoolTool: (call) => tools.callPoolTool(call),
      callHostTool: (call) => tools.callHostTool(call),
      serveTool: (request) => tools.serveTool(request),
      toolFinished: (index, end) => tools.toolFinished(index, end),
    };
  }

  /** Resolves when the job has settled. */
  async perform(): Promise<void> {
    const job = this.#job;
    job.begin(this);
    this.#context.onState("working");
    const { totalMs } = this.#timeouts;
    if (totalMs !== undefined) this.#total = this.#deadline(totalMs);
    this.#context.steering.follow((text) => this.#thread.steer(job.id, text));
    const failure = (await this.#carryOut()) ?? this.#model.missing();
    this.#context.steering.follow(undefined);
    if (failure && this.#thread.isStuck) this.#writtenOff(failure);
    else this.#actorEnded(failure);
    await job.outcome;
    this.#total?.stop();
    this.#ladder?.cancel();
  }

  stop(stop: Stop): void {
    const job = this.#job;
    const { graceMs } = this.#context;
    const { clock } = job.spec.runtime;
    const reason = stop.type === "cancel" ? stop.reason : stop.error.message;
    this.#total?.stop();
    this.#context.onState("cancelling");
    this.#model.cancel(reason);
    this.#thread.cancel(job.id, reason);
    this.#tools.stop(new HeddleError("JOB_CANCELLED", reason));
    this.#wanted.resolve();
    this.#ladder = clock.setTimer(graceMs(), () => this.#kill());
  }

  /** The grace is shorter than it was when the job was stopped. */
  shortenGrace(): void {
    if (!this.#ladder || this.#isKilled) return;
    const { clock } = this.#job.spec.runtime;
    this.#ladder.cancel();
    this.#ladder = clock.setTimer(this.#context.graceMs(), () => this.#kill());
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#runTotal();
  }

  beforeEnd(verdict: Verdict): void {
    this.#tools.beforeEnd(verdict);
  }

  /** `totalMs` stands still while readers hold the stream back, and while somebody is asked about a tool call. */
  #runTotal(): void {
    if (this.#job.stopReason) return;
    if (this.#isHeld || this.#tools.isConfirming) this.#total?.pause();
    else this.#total?.resume();
  }

  #toolsChanged(): void {
    const { threadNeed, isConfirming } = this.#tools;
    if (this.#job.isSettled || this.#job.stopReason || this.#actorHasEnded) return;
    this.#runTotal();
    if (!this.#isRestarting)
      this.#context.onState(isConfirming ? "awaiting-confirmation" : "working");
    if (threadNeed === this.#threadNeed) return;
    this.#threadNeed = threadNeed;
    if (threadNeed === "nothing") this.#wanted = Promise.withResolvers();
    else this.#wanted.resolve();
    this.#context.onThreadNeed(threadNeed);
  }

  /** Runs the actor's part to its end, over as many threads as it takes. Resolves to the failure that it ended with. */
  async #carryOut(): Promise<HeddleError | undefined> {
    for (;;) {
      const failure = await this.#attempt();
      const next = await this.#after(failure);
      if (next === undefined || HeddleError.is(next)) return next;
      this.#thread = next;
      if (this.#job.stopReason) return failure;
      // It may only wait, as the one before it did.
      this.#threadNeed = "runs";
      this.#toolsChanged();
    }
  }

  /** The actor's part has ended in one thread. Resolves to the thread that goes on, to the failure that the job ends with, or to undefined when all is done. */
  async #after(failure: HeddleError | undefined): Promise<ActorThread | HeddleError | undefined> {
    // The failure may be the loop's own, and its thread have died right after it. And a thread that is stuck may still
    // do what it did: nothing may do it again.
    if (!failure?.code.startsWith("ACTOR_") || this.#thread.isUsable) return failure;
    if (this.#thread.isGivenUp) return await this.#resume();
    await this.#tools.actorLost(failure);
    if (this.#job.stopReason) return failure;
    return await this.#recover(failure);
  }

  /** The thread was given up while the actor only waited: there is another when it is needed. */
  async #resume(): Promise<ActorThread | HeddleError | undefined> {
    while (this.#tools.threadNeed === "nothing" && !this.#job.stopReason)
      await this.#wanted.promise;
    return this.#job.stopReason ? undefined : await this.#context.resumeThread();
  }

  /** The actor has died. Resolves as `#after` does. */
  async #recover(failure: HeddleError): Promise<ActorThread | HeddleError | undefined> {
    // What the actor was waiting for is not lost with it: the response, or why there is none.
    await this.#model.idle();
    if (this.#model.failure) return this.#model.failure;
    if (isAnswered(this.#job, this.#context.steering)) return undefined;
    this.#isRestarting = true;
    const next = await this.#context.replaceThread(failure);
    this.#isRestarting = false;
    return next;
  }

  async #attempt(): Promise<HeddleError | undefined> {
    const job = this.#job;
    const { id: jobId, tally, spec } = job;
    const { steering, history } = this.#context;
    const thread = this.#thread;
    try {
      await this.#tools.prepare(thread);
      // The actor was told before it knew the job, and would not stop.
      if (job.stopReason) return undefined;
      const question = questionOf(spec.input, history);
      this.#model.restarted();
      if (tally.steps === 0) {
        await askFirst({ job, model: this.#model, steering, thread, question });
        if (job.stopReason || isAnswered(job, steering)) return undefined;
        this.#model.restarted();
      }
      const messages = [...question, ...tally.completed()];
      const { answered, steps: stepsDone } = tally;
      const { context, settings } = spec;
      const { maxSteps } = settings;
      const { waiting } = steering;
      const about = { jobId, messages, stepsDone, answered, maxSteps, context };
      await thread.run({ ...about, steering: waiting });
      return undefined;
    } catch (error) {
      return toHeddleError(error, "ACTOR_CRASHED");
    }
  }

  #kill(): void {
    if (this.#actorHasEnded) return;
    this.#isKilled = true;
    this.#job.stoppedBy("terminated");
    this.#thread.terminate();
  }

  #writtenOff(error: HeddleError): void {
    this.#actorHasEnded = true;
    this.#job.stoppedBy("stuck");
    this.#leave();
    this.#job.signal({ type: "written-off", error: toWireError(error) });
  }

  #actorEnded(failure: HeddleError | undefined): void {
    this.#actorHasEnded = true;
    const job = this.#job;
    this.#leave();
    this.#context.onActorEnded();
    job.signal({ type: "actor-ended", error: failure && toWireError(failure) });
  }

  /** What runs for the actor beside it ends with it. */
  #leave(): void {
    const { isConfirming } = this.#tools;
    this.#model.cancel(ACTOR_GONE.message);
    this.#tools.stop(ACTOR_GONE);
    if (isConfirming && !this.#job.stopReason) this.#context.onState("working");
  }

  #deadline(totalMs: number): Deadline {
    const { clock } = this.#job.spec.runtime;
    return new Deadline(clock, totalMs, () => this.#job.fail(jobTimeout(totalMs)));
  }
}
