import { HeddleError } from "../../errors.ts";
import type { ActorConfig } from "../../protocol/actor-messages.ts";
import type { Timer } from "../../transport/clock.ts";
import { given } from "../check.ts";
import type { Runtime } from "../runtime.ts";
import type { ActorLimits, ActorOwner } from "./actor-owner.ts";
import type { ActorProfile } from "./actor-profile.ts";
import type { ActorThread } from "./actor-thread.ts";
import type { EndReason, RestartDecision, RestartPolicy } from "./restart-policy.ts";
import { decideRestart } from "./restart-policy.ts";
import type { ThreadClaim } from "./thread-claim.ts";
import type { PermitHolder, ThreadPermits } from "./thread-permits.ts";
import type { ThreadStock } from "./thread-stock.ts";

/** What threads are taken from, one for all workers. */
export type ThreadSupply = {
  readonly permits: ThreadPermits;
  readonly stock: ThreadStock;
};

export type WorkerThreadOptions = ThreadSupply & {
  readonly config: ActorConfig;
  readonly profile: ActorProfile;
  readonly limits: ActorLimits;
  readonly restart: RestartPolicy;
  readonly parkAfterMs: number;
  readonly runtime: Runtime;
  readonly owner: ActorOwner;
  /**
   * Asked before an idle thread is ended, which waits for the answer: true once what the thread holds is safe. Left out: nothing
   * is lost with it.
   */
  readonly beforeParking?: (thread: ActorThread) => Promise<boolean>;
};

/**
 * What a job needs its thread for. `runs`: for its code. `waits`: for what it holds, while the job waits for others. `nothing`: the job
 * waits, and nothing is lost with the thread.
 */
export type ThreadNeed = "runs" | "waits" | "nothing";

/** Who needs the thread: it may stop needing it while it waits. */
export type ThreadWish = {
  readonly isWithdrawn: () => boolean;
  /** Calls `run` when it is withdrawn. */
  readonly onWithdrawn: (run: () => void) => void;
  /** It has to wait its turn. */
  readonly onWaiting: () => void;
  /** It must not wait for another job's end: what it has claimed, or claims now. Left out: it waits like any other. */
  readonly claim?: () => ThreadClaim;
  /** Another job waits for it. @defaultValue false */
  readonly isChild?: boolean;
};

/**
 * The thread that a worker has while it needs one, over all its lives: taken from the stock, kept for a while when idle,
 * given up when others need it, and started again by the restart policy.
 */
export class WorkerThread implements PermitHolder {
  readonly #options: WorkerThreadOptions;
  readonly #restartsMs: number[] = [];
  #thread: ActorThread | undefined;
  /** The thread, while it is not ready for the worker. */
  #starting: ActorThread | undefined;
  #lastEnd: Parameters<ActorOwner["onGone"]> | undefined;
  #parking: Timer | undefined;
  #parked: Promise<void> | undefined;
  /** What the job under way needs the thread for. */
  #need: ThreadNeed = "runs";

  constructor(options: WorkerThreadOptions) {
    this.#options = options;
  }

  get threadId(): number | undefined {
    return this.#thread?.threadId;
  }

  /**
   * The thread, ready for work; undefined when the wish was withdrawn first.
   *
   * @throws {HeddleError} `ACTOR_START_FAILED`; `OVERLOADED` when the wish must not wait, and would have to.
   */
  async take(wish: ThreadWish): Promise<ActorThread | undefined> {
    this.#busy();
    await this.#parked;
    if (this.#thread?.isUsable) return this.#thread;
    await this.#thread?.gone;
    if (!(await this.#permit(wish))) return undefined;
    return await this.#start();
  }

  /** A job is to come: what thread there is stays for it until `rest`. Returns whether there is one. */
  reserve(): boolean {
    // What waits for others goes on waiting: those may need the permit.
    if (this.#need === "runs") this.#busy();
    return this.#thread?.isUsable === true && !this.#parked;
  }

  /** Nobody wants the thread any more that is being started: it may hang. */
  abandonStart(): void {
    this.#starting?.terminate();
  }

  /** The thread is not needed now. It is kept for `parkAfterMs`, unless somebody else needs it sooner. */
  rest(): void {
    this.#need = "runs";
    if (!this.#thread?.isUsable) return;
    const { permits, parkAfterMs, runtime } = this.#options;
    this.#parking?.cancel();
    this.#parking = runtime.clock.setTimer(parkAfterMs, () => this.#park());
    permits.idle(this);
  }

  /** What its job needs it for from now on. While that only waits, others can have the thread, or its permit. */
  setNeed(need: ThreadNeed): void {
    if (need === "nothing") this.rest();
    else this.#busy();
    if (need === "waits" && this.#thread?.isUsable) this.#options.permits.lend(this);
    this.#need = need;
  }

  surrender(): void {
    this.#park();
  }

  /** Ends the thread for `failure`, as if it had died of that by itself: the restart policy applies. */
  kill(failure: HeddleError): void {
    this.#thread?.terminate(failure);
  }

  /** Whether a thread that has ended by itself is to be started again, and when. */
  decideRestart(reason: EndReason = this.#lastEnd?.[1] ?? "failure"): RestartDecision {
    const { restart, runtime } = this.#options;
    const nowMs = runtime.clock.monotonicMs();
    const decision = decideRestart(restart, reason, this.#restartsMs, nowMs, runtime.random());
    if (decision.type === "restart") this.#restartsMs.push(nowMs);
    if (this.#restartsMs.length > restart.maxRestarts) this.#restartsMs.shift();
    return decision;
  }

  /** Tells the behaviour in it that its worker is to stop. */
  stop(reason: string): void {
    this.#thread?.stop(reason);
  }

  /** Ends the thread, if there is one; what runs in it fails with `killedFor`. Settles when it is gone, or written off. */
  async end(killedFor?: HeddleError): Promise<void> {
    this.#busy();
    const thread = this.#thread;
    if (!thread) return;
    this.#options.permits.ending(this);
    thread.terminate(killedFor);
    await thread.gone;
  }

  #park(): void {
    const thread = this.#thread;
    const { beforeParking } = this.#options;
    if (!beforeParking) thread?.giveUp();
    else if (thread?.isUsable && !this.#parked) {
      this.#parked = this.#parkSafely(thread, beforeParking).finally(() => {
        this.#parked = undefined;
      });
    }
  }

  async #parkSafely(
    thread: ActorThread,
    beforeParking: (thread: ActorThread) => Promise<boolean>,
  ): Promise<void> {
    if (await beforeParking(thread)) thread.giveUp();
    else this.#options.permits.keep(this);
  }

  #busy(): void {
    this.#need = "runs";
    this.#parking?.cancel();
    this.#options.permits.busy(this);
  }

  /** Resolves to false when the wish was withdrawn first. */
  async #permit(wish: ThreadWish): Promise<boolean> {
    const isGranted = await (wish.claim ? this.#claimed(wish, wish.claim()) : this.#turn(wish));
    if (isGranted && wish.isWithdrawn()) this.#options.permits.release(this);
    return isGranted && !wish.isWithdrawn();
  }

  #claimed(wish: ThreadWish, claim: ThreadClaim): Promise<boolean> {
    wish.onWithdrawn(() => claim.withdraw());
    return claim.take();
  }

  async #turn(wish: ThreadWish): Promise<boolean> {
    const turn = Promise.withResolvers<void>();
    let isGranted: boolean = false;
    const onGranted = () => {
      isGranted = true;
      turn.resolve();
    };
    const withdraw = this.#options.permits.acquire(onGranted, given({ isChild: wish.isChild }));
    if (!isGranted) wish.onWaiting();
    wish.onWithdrawn(() => {
      withdraw();
      turn.resolve();
    });
    await turn.promise;
    return isGranted;
  }

  async #start(): Promise<ActorThread> {
    const { permits, stock, profile, limits, config, owner } = this.#options;
    let thread: ActorThread;
    try {
      thread = stock.take(profile);
    } catch (error) {
      permits.release(this);
      throw new HeddleError("ACTOR_START_FAILED", "no thread could be made", { cause: error });
    }
    this.#thread = thread;
    this.#starting = thread;
    try {
      await thread.own({ ...owner, onGone: (...end) => this.#lost(thread, end) }, limits, config);
    } finally {
      this.#starting = undefined;
    }
    return thread;
  }

  #lost(thread: ActorThread, end: Parameters<ActorOwner["onGone"]>): void {
    const { permits, owner } = this.#options;
    this.#parking?.cancel();
    permits.release(this);
    if (this.#thread === thread) this.#thread = undefined;
    this.#lastEnd = end;
    owner.onGone(...end);
  }
}
