import type { Observable } from "rxjs";
import { HeddleError, toHeddleError } from "../../errors.ts";
import type { HandlerOutcome, Reply } from "../../protocol/behavior.ts";
import type { WorkerState } from "../../protocol/worker.ts";
import {
  checkFields,
  checkMessageName,
  checkNumber,
  clonePlain,
  DEADLINE_MS,
  shortenedGraceMs,
} from "../check.ts";
import { Ending } from "../ending.ts";
import type { Letter } from "../messages/letter.ts";
import { Mailbox } from "../messages/mailbox.ts";
import type { Member, Society } from "../messages/society.ts";
import type { ActorThread } from "../threads/actor-thread.ts";
import type { ThreadedWorker } from "../threads/thread-for.ts";
import { WorkerStates } from "../worker-states.ts";
import { BehaviorActor } from "./behavior-actor.ts";
import { BehaviorLife } from "./behavior-life.ts";
import type { BehaviorOptions, BehaviorSettings } from "./behavior-settings.ts";
export type BehaviorWorkerOptions = ThreadedWorker & {
  readonly options: BehaviorOptions;
  readonly settings: BehaviorSettings;
  readonly society: Society;
  readonly onState: (state: WorkerState) => void;
  readonly onStopped: () => void;
};

/**
 * A worker that runs a behaviour: its mailbox, and the actor that handles one message of it at a time.
 *
 * 1. A message leaves the mailbox when there is a thread for it. What its handling dies of is its asker's answer.
 * 2. A message that nobody will handle is a dead letter, and its asker is told.
 * 3. Once it has failed or stopped, nothing is queued any more.
 */
export class BehaviorWorker implements Member {
  readonly id: string;
  readonly name: string;
  /** An agent's, for who looks at workers of both kinds. */
  readonly provider: undefined;
  readonly transcript: undefined;
  readonly usage: undefined;
  readonly queuedJobs = 0 as const;
  readonly #options: BehaviorWorkerOptions;
  readonly #states: WorkerStates;
  readonly #mailbox: Mailbox<Letter, "stop">;
  readonly #actor: BehaviorActor;
  readonly #life: BehaviorLife;
  #lastFailure: HeddleError | undefined;
  #endReason: string | undefined;
  #graceMs: number;
  #grace: { cancel(): void } | undefined;
  #isPumping: boolean = false;
  #pumped: Promise<void> = Promise.resolve();
  readonly #ending: Ending = new Ending();

  constructor(given: BehaviorWorkerOptions) {
    const { id, name, options, settings, society, runtime } = given;
    this.id = id;
    this.name = name;
    this.#options = given;
    this.#graceMs = settings.graceMs;
    this.#mailbox = new Mailbox(settings.mailbox.max);
    this.#life = new BehaviorLife(this, options, society, runtime.clock);
    this.#actor = new BehaviorActor({
      worker: given,
      onRequest: (request) => this.#life.serve(request),
      onLifeEnded: () => this.#life.end(),
      onCrash: () => this.#wake(),
      onRestarting: () => this.#enter("restarting"),
      onFailure: (failure) => {
        this.#lastFailure = failure;
      },
    });
    this.#states = new WorkerStates(given.runtime);
    // Not at once: whoever made the worker can subscribe to it before it begins.
    queueMicrotask(() => this.#wake());
  }

  get state(): WorkerState {
    return this.#states.present;
  }

  get state$(): Observable<WorkerState> {
    return this.#states.observable;
  }

  get lastFailure(): HeddleError | undefined {
    return this.#lastFailure;
  }

  get endReason(): string | undefined {
    return this.#endReason;
  }

  get threadId(): number | undefined {
    return this.#actor.threadId;
  }

  get queuedMessages(): number {
    return this.#mailbox.size;
  }

  get isStopped(): boolean {
    return this.#ending.hasBegun;
  }

  /** It handles nothing any more, and did not fail: one that has failed stays to be looked at until it is stopped. */
  get isOver(): boolean {
    if (this.#endReason === undefined) return false;
    return this.isStopped || this.#endReason !== this.#lastFailure?.code;
  }

  tell(name: string, message?: unknown): Promise<void> {
    const { post } = this.#options.society;
    checkMessageName(name);
    return post.tell(this, name, clonePlain("message", message, "INVALID_INPUT"), "host");
  }

  ask(name: string, message?: unknown, options: { timeoutMs?: number } = {}): Promise<unknown> {
    const { post } = this.#options.society;
    checkMessageName(name);
    checkFields("options", options, ["timeoutMs"], "INVALID_INPUT");
    checkNumber("timeoutMs", options.timeoutMs, DEADLINE_MS, "INVALID_INPUT");
    const plain = clonePlain("message", message, "INVALID_INPUT");
    return post.ask(this, name, plain, "host", options.timeoutMs);
  }

  accept(letter: Letter): void {
    const refusal = this.#refusal();
    if (refusal) this.#lose(letter, refusal);
    else if (letter.from === "supervisor") this.#mailbox.add(letter);
    else if (!this.#mailbox.offer(letter, this.#nowMs())) this.#overflow(letter);
    this.#wake();
  }

  stop(options: { graceMs?: number } = {}): Promise<void> {
    this.#graceMs = shortenedGraceMs(options, this.#graceMs);
    if (this.#grace) this.#armGrace();
    return this.end("the worker was stopped");
  }

  end(reason: string): Promise<void> {
    return this.#ending.begin(() => this.#end(reason));
  }

  terminate(): Promise<void> {
    return this.stop({ graceMs: 0 });
  }

  #wake(): void {
    if (this.#isPumping || this.#endReason !== undefined) return;
    this.#isPumping = true;
    const release = this.#options.runtime.hold();
    this.#pumped = this.#pump().finally(release);
  }

  /** Handles messages until there are none, or it is to stop. Never rejects. */
  async #pump(): Promise<void> {
    for (;;) {
      const readiness = await this.#actor.ready();
      if (this.#mailbox.nextSignal() === "stop" || readiness.type === "withdrawn") break;
      if (readiness.type === "over") {
        this.#over(readiness.reason, readiness.failure);
        break;
      }
      const letter = this.#mailbox.next(this.#nowMs());
      if (!letter) {
        this.#enter("idle");
        this.#actor.rest();
        break;
      }
      await this.#deliver(readiness.thread, letter);
    }
    this.#isPumping = false;
  }

  async #deliver(thread: ActorThread, letter: Letter): Promise<void> {
    this.#enter("working");
    const { name, message } = letter;
    try {
      await this.#handled(letter, await thread.call("handle", { name, message }));
    } catch (error) {
      this.#lose(letter, toHeddleError(error, "ACTOR_CRASHED"));
    }
  }

  /** What the actor says of itself is not to be trusted: what is no outcome ends it. */
  async #handled(letter: Letter, outcome: Partial<HandlerOutcome>): Promise<void> {
    switch (outcome.type) {
      case "unknown": {
        const error = unknownMessage(this.name, letter.name);
        if (letter.isAsk) letter.onFailed(error);
        else this.#lose(letter, error);
        break;
      }
      case "became":
        this.#reply(letter, outcome.reply);
        break;
      case "stopped":
        this.#reply(letter, outcome.reply);
        await this.#actor.stopped(String(outcome.reason));
        break;
      default:
        throw new HeddleError("INTERNAL", "the actor has answered with what is no outcome");
    }
  }

  #reply(letter: Letter, reply: Reply | undefined): void {
    if (reply?.ok) {
      letter.onReply(reply.value);
      return;
    }
    const message = `the reply to "${letter.name}" must be plain data, without functions and symbols`;
    letter.onFailed(new HeddleError("INVALID_REPLY", message));
  }

  #overflow(letter: Letter): void {
    const { max, whenFull } = this.#options.settings.mailbox;
    if (letter.from === "host" && whenFull === "block") {
      this.#mailbox.wait(letter);
      return;
    }
    const message = `${max} messages wait already for worker "${this.name}" (mailbox.max)`;
    letter.onFailed(new HeddleError("MAILBOX_FULL", message, { details: { max } }));
  }

  /** It has ended by itself, and does not begin again. */
  #over(reason: "normal" | "failure", failure: HeddleError): void {
    if (reason === "normal") {
      this.#die("normal");
      void this.end("its behaviour has ended");
      return;
    }
    this.#lastFailure = failure;
    this.#die(failure.code);
    this.#enter("failed");
  }

  async #end(reason: string): Promise<void> {
    const release = this.#options.runtime.hold();
    this.#mailbox.signal("stop");
    const message = `worker "${this.name}" is to stop: ${reason}`;
    this.#actor.withdraw(new HeddleError("WORKER_STOPPED", message));
    this.#armGrace();
    await this.#pumped;
    this.#grace?.cancel();
    await this.#actor.end();
    await this.#life.end();
    this.#die("stopped");
    this.#enter("stopped");
    this.#states.complete();
    this.#options.onStopped();
    release();
  }

  #armGrace(): void {
    this.#grace?.cancel();
    const { clock } = this.#options.runtime;
    this.#grace = clock.setTimer(this.#graceMs, () => void this.#actor.end());
  }

  /** What waits for it will not be handled, and who watches it is told. Once it has died it dies no more. */
  #die(reason: string): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    const refusal = this.#refusal();
    for (const letter of this.#mailbox.drain()) if (refusal) this.#lose(letter, refusal);
    this.#options.society.deathWatch.died(this, reason);
  }

  #refusal(): HeddleError | undefined {
    if (this.#endReason !== undefined && this.#endReason === this.#lastFailure?.code) {
      return this.#lastFailure;
    }
    if (this.#endReason === undefined && !this.isStopped) return undefined;
    return new HeddleError("WORKER_STOPPED", `worker "${this.name}" is stopped`);
  }

  #lose(letter: Letter, error: HeddleError): void {
    this.#options.society.post.lost(this.name, letter, error.code);
    letter.onFailed(error);
  }

  #enter(state: WorkerState): void {
    if (this.state === state) return;
    this.#states.next(state);
    this.#options.onState(state);
  }

  #nowMs(): number {
    return this.#options.runtime.clock.monotonicMs();
  }
}

function unknownMessage(worker: string, name: string): HeddleError {
  const message = `worker "${worker}" has no handler for "${name}"`;
  return new HeddleError("UNKNOWN_MESSAGE", message);
}
