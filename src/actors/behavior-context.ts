import type { ActorRequest, BehaviorStart, WorkerRef } from "../protocol/behavior.ts";
import { MAX_TIMER_MS } from "../transport/clock.ts";
import { addressed, clonePlain, idOf, invalid } from "./addressed.ts";
import type { BehaviorContext, SpawnOptions, Target } from "./api.ts";
import type { RequestQueue } from "./request-queue.ts";

/** How a behaviour learns that its worker is to stop. */
export type StopView = {
  readonly signal: AbortSignal;
  /** Asked anew each time. */
  readonly isCancelled: () => boolean;
};

/** What does not change in a life. */
type Given = Pick<BehaviorStart, "self" | "context">;

/** What handlers know of their worker, and do through the supervisor. */
export class ActorContext implements BehaviorContext {
  readonly self: WorkerRef;
  readonly context: BehaviorStart["context"];
  readonly signal: AbortSignal;
  readonly #queue: RequestQueue<ActorRequest>;
  readonly #isCancelled: () => boolean;
  #timers = 0;

  constructor(
    { self, context }: Given,
    queue: RequestQueue<ActorRequest>,
    { signal, isCancelled }: StopView,
  ) {
    this.self = self;
    this.context = context;
    this.signal = signal;
    this.#queue = queue;
    this.#isCancelled = isCancelled;
  }

  get cancelled(): boolean {
    return this.#isCancelled();
  }

  tell(target: Target, name: string, message?: unknown): Promise<void> {
    return this.#ask({ type: "tell", ...addressed(target, name, message) }) as Promise<void>;
  }

  ask<R = unknown>(
    target: Target,
    name: string,
    message?: unknown,
    { timeoutMs }: { readonly timeoutMs?: number } = {},
  ): Promise<R> {
    const request: ActorRequest = { type: "ask", ...addressed(target, name, message) };
    return this.#ask(timeoutMs === undefined ? request : { ...request, timeoutMs }) as Promise<R>;
  }

  tellAfter(
    ms: number,
    target: Target,
    name: string,
    message?: unknown,
  ): { readonly cancel: () => void } {
    if (!(ms >= 0 && ms <= MAX_TIMER_MS)) invalid(`ms must be a number from 0 to ${MAX_TIMER_MS}`);
    this.#timers += 1;
    const timer = this.#timers;
    void this.#ask({ type: "tell-after", timer, ms, ...addressed(target, name, message) });
    return { cancel: () => void this.#ask({ type: "cancel-timer", timer }) };
  }

  spawn(options: SpawnOptions): Promise<WorkerRef> {
    const { behavior } = options;
    if (!(behavior instanceof URL)) invalid("behavior must be a URL");
    const plain = clonePlain("options", { ...options, behavior: behavior.href });
    return this.#ask({ type: "spawn", options: plain }) as Promise<WorkerRef>;
  }

  watch(target: Target): Promise<void> {
    return this.#ask({ type: "watch", to: idOf(target) }) as Promise<void>;
  }

  /** A rejection that nobody looks at must not crash the actor. */
  #ask(request: ActorRequest): Promise<unknown> {
    const answer = this.#queue.send(request);
    answer.catch(() => {});
    return answer;
  }
}
