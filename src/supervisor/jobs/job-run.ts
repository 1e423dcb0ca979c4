import { HeddleError, toHeddleError, toWireError } from "../../errors.ts";
import type { ActorModelCall, ActorReport } from "../../protocol/actor-messages.ts";
import type { Message, ModelRequest, ModelResponse } from "../../protocol/model.ts";
import type { ChunkRun } from "../../transport/chunk-frame.ts";
import type { Timer } from "../../transport/clock.ts";
import { Deadline } from "../../transport/deadline.ts";
import { given } from "../check.ts";
import type { Gateway } from "../gateways/gateway.ts";
import type { ModelCall } from "../gateways/model-call.ts";
import type { Timeouts } from "../options.ts";
import type { ActorThread } from "../threads/actor-thread.ts";
import type { Steering } from "../workers/steering.ts";
import type { Job, JobDriver } from "./job.ts";
import type { Stop } from "./job-lifecycle.ts";

/** What a run needs from its worker. */
export type RunContext = {
  /** Has begun its life, and is the worker's. */
  readonly thread: ActorThread;
  /** The thread has ended by itself. Resolves to the one that goes on in its place, or to the failure that the job ends with. */
  readonly replaceThread: (failure: HeddleError) => Promise<ActorThread | HeddleError>;
  readonly gateway: Gateway;
  /** The name of the worker's session. */
  readonly session: string;
  /** Counts the worker's model calls: the number of the next one. */
  readonly nextCallIndex: () => number;
  /** What came before this job. */
  readonly history: readonly Message[];
  /** How long a stopped actor may take; asked when it is stopped. */
  readonly graceMs: () => number;
  readonly onState: (state: "working" | "cancelling") => void;
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
  /** The thread that carries the job out now. */
  #thread: ActorThread;
  #call: ModelCall | undefined;
  /** Of the last model call: the job ends with it, also if the actor dies before it can say so. */
  #callFailure: HeddleError | undefined;
  #total: Deadline | undefined;
  #ladder: Timer | undefined;
  #isKilled: boolean = false;
  #actorHasEnded: boolean = false;
  /** How many of the texts that this thread was given are in the conversation. */
  #steered = 0;

  constructor(job: Job, context: RunContext) {
    this.#job = job;
    this.#context = context;
    this.#thread = context.thread;
    const { settings, options } = job.spec;
    this.#timeouts = { ...settings.timeouts, ...given(options.timeouts) };
  }

  /** Resolves when the job has settled. */
  async perform(): Promise<void> {
    const job = this.#job;
    job.begin(this);
    this.#context.onState("working");
    const { totalMs } = this.#timeouts;
    if (totalMs !== undefined) this.#total = this.#deadline(totalMs);
    this.#context.steering.follow((text) => this.#thread.steer(job.id, text));
    const failure = await this.#carryOut();
    this.#context.steering.follow(undefined);
    if (failure && this.#thread.isStuck) this.#writtenOff(failure);
    else this.#actorEnded(failure);
    await job.outcome;
    this.#total?.stop();
    this.#ladder?.cancel();
  }

  /** The actor asks the model. The supervisor adds what is not the actor's to choose. */
  async callModel({ messages, steered = 0 }: ActorModelCall): Promise<ModelResponse> {
    const job = this.#job;
    if (job.isSettled || job.stopReason) throw new HeddleError("JOB_CANCELLED", "the job is over");
    if (this.#call) throw new HeddleError("INTERNAL", "a model call is under way already");
    const { gateway } = this.#context;
    const { settings } = job.spec;
    job.tally.steered(this.#context.steering.said(steered - this.#steered));
    this.#steered = Math.max(steered, this.#steered);
    this.#callFailure = undefined;
    job.signal({ type: "call-opened" });
    const demandBytes = job.stream.openCall((bytes) => {
      if (this.#call) gateway.demand(this.#call, bytes);
    });
    const { stepMs, firstChunkMs, chunkMs } = this.#timeouts;
    this.#call = gateway.open({
      provider: settings.provider,
      session: this.#context.session,
      request: this.#request(messages),
      deadlines: given({ stepMs, firstChunkMs, chunkMs }),
      demandBytes,
      graceMs: settings.graceMs,
      killMs: settings.killMs,
      onChunks: (run, atMs) => this.#receive(run, atMs),
      onWaiting: (reason, untilMs) =>
        job.append({ type: "waiting", for: reason, ...given({ untilMs }) }),
      meter: job.account,
    });
    try {
      const response = await this.#call.ended;
      this.#noteResponse(response);
      return response;
    } catch (error) {
      this.#callFailure = toHeddleError(error, "INTERNAL");
      // The actor's word is not needed for it.
      if (this.#callFailure.code === "BUDGET_TOKENS") job.fail(this.#callFailure);
      throw error;
    } finally {
      this.#call = undefined;
      job.stream.closeCall();
      job.signal({ type: "call-ended" });
    }
  }

  toolFinished(report: Extract<ActorReport, { type: "tool-finished" }>): void {
    if (this.#job.isSettled || report.jobId !== this.#job.id) return;
    const outcome = this.#job.tally.tool(report.outcome);
    if (outcome) this.#job.append({ ...outcome, type: "tool-finished" });
  }

  stop(stop: Stop): void {
    const job = this.#job;
    const { gateway, graceMs } = this.#context;
    const { clock } = job.spec.runtime;
    const reason = stop.type === "cancel" ? stop.reason : stop.error.message;
    this.#total?.stop();
    this.#context.onState("cancelling");
    if (this.#call) gateway.cancel(this.#call, reason);
    this.#thread.cancel(job.id, reason);
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
    if (this.#job.stopReason) return;
    if (isHeld) this.#total?.pause();
    else this.#total?.resume();
  }

  /** Runs the actor's part to its end, over as many threads as it takes. Resolves to the failure that it ended with. */
  async #carryOut(): Promise<HeddleError | undefined> {
    for (;;) {
      const failure = await this.#attempt();
      // The failure may be the loop's own, and its thread have died right after it. And a thread that is stuck may still
      // do what it did: nothing may do it again.
      if (!failure?.code.startsWith("ACTOR_") || this.#thread.isUsable) return failure;
      if (this.#job.stopReason) return failure;
      const next = await this.#recover(failure);
      if (next === undefined || HeddleError.is(next)) return next;
      this.#thread = next;
      if (this.#job.stopReason) return failure;
      this.#context.onState("working");
    }
  }

  /** The actor has died. Resolves to the thread that goes on, to the failure that the job ends with, or to undefined when all is done. */
  async #recover(failure: HeddleError): Promise<ActorThread | HeddleError | undefined> {
    // What the actor was waiting for is not lost with it: the response, or why there is none.
    await this.#call?.ended.catch(() => {});
    if (this.#callFailure) return this.#callFailure;
    const { tally, spec } = this.#job;
    const isSteered =
      this.#context.steering.waiting.length > 0 && tally.steps < spec.settings.maxSteps;
    if (tally.isComplete && !isSteered) return undefined;
    return await this.#context.replaceThread(failure);
  }

  async #attempt(): Promise<HeddleError | undefined> {
    const { id, tally, spec } = this.#job;
    const input: Message = { role: "user", content: spec.input.prompt };
    const messages = [...this.#context.history, input, ...tally.completed()];
    const steering = this.#context.steering.waiting;
    this.#steered = 0;
    try {
      const { maxSteps } = spec.settings;
      await this.#thread.run({ jobId: id, messages, stepsDone: tally.steps, maxSteps, steering });
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
    this.#endCall();
    this.#job.signal({ type: "written-off", error: toWireError(error) });
  }

  #actorEnded(failure: HeddleError | undefined): void {
    this.#actorHasEnded = true;
    const job = this.#job;
    this.#endCall();
    this.#context.onActorEnded();
    job.signal({ type: "actor-ended", error: failure && toWireError(failure) });
  }

  /** An actor that died leaves its model call behind. */
  #endCall(): void {
    if (this.#call) this.#context.gateway.cancel(this.#call, "the actor is gone");
  }

  #receive(run: ChunkRun, atMs: number): void {
    const job = this.#job;
    if (job.isSettled || job.stream.receive(run, atMs)) return;
    const { maxOutputBytes } = job.spec.settings;
    const message = `the job's output is larger than maxOutputBytes (${maxOutputBytes})`;
    job.fail(new HeddleError("OUTPUT_LIMIT", message, { details: { maxOutputBytes } }));
  }

  #noteResponse(response: ModelResponse): void {
    const job = this.#job;
    if (job.isSettled || job.stopReason) throw new HeddleError("JOB_CANCELLED", "the job is over");
    job.tally.response(response);
    job.append({ type: "response", response });
    job.stream.responded();
    job.account.responded(response.toolCalls.length);
    if (job.stopReason) throw new HeddleError("JOB_CANCELLED", "the job is over");
  }

  #request(messages: readonly Message[]): ModelRequest {
    const { settings, options, worker, id } = this.#job.spec;
    return {
      ...given({ instructions: settings.instructions }),
      messages,
      settings: { ...settings.model, ...given(options.model) },
      origin: {
        workerId: worker.id,
        workerName: worker.name,
        jobId: id,
        callIndex: this.#context.nextCallIndex(),
      },
    };
  }

  #deadline(totalMs: number): Deadline {
    const { clock } = this.#job.spec.runtime;
    return new Deadline(clock, totalMs, () => {
      const message = `the job took longer than ${totalMs} ms (timeouts.totalMs)`;
      this.#job.fail(new HeddleError("JOB_TIMEOUT", message, { details: { limitMs: totalMs } }));
    });
  }
}
