import { HeddleError } from "../../errors.ts";
import type { ActorRequest, Down, WorkerRef } from "../../protocol/behavior.ts";
import type { Clock, Timer } from "../../transport/clock.ts";
import { checkMessageName, checkNumber, MS } from "../check.ts";
import { askFrom, tellFrom } from "../messages/correspondence.ts";
import type { Addressee } from "../messages/letter.ts";
import type { Member, Society } from "../messages/society.ts";
import type { BehaviorOptions } from "./behavior-settings.ts";
import { childOptions } from "./behavior-settings.ts";

/** Timers that one behaviour may have, and children: each costs memory of the supervisor. */
const MAX_TIMERS = 10_000;
const MAX_CHILDREN = 1_000;

/** What a behaviour asks for between its start and its end or crash, and what it has of it: timers, children, watches. */
export class BehaviorLife {
  readonly #self: Addressee;
  readonly #options: BehaviorOptions;
  readonly #society: Society;
  readonly #clock: Clock;
  readonly #timers = new Map<number, Timer>();
  readonly #children = new Set<Member>();

  constructor(self: Addressee, options: BehaviorOptions, society: Society, clock: Clock) {
    this.#self = self;
    this.#options = options;
    this.#society = society;
    this.#clock = clock;
  }

  /**
   * Does what the behaviour asks for. Messages are queued before this returns, so that they are in the order of asking.
   *
   * @throws {HeddleError} what the promise that it returns could reject with, too.
   */
  serve(request: ActorRequest): unknown {
    switch (request.type) {
      case "tell":
        return tellFrom(this.#society, request);
      case "ask":
        return askFrom(this.#society, this.#self.id, request);
      case "tell-after":
        return this.#tellAfter(request);
      case "cancel-timer":
        return this.#cancelTimer(request.timer);
      case "spawn":
        return this.#spawn(request.options);
      case "watch":
        return this.#watch(request.to);
      case "sync":
        return new Promise<void>((resolve) => setImmediate(resolve));
      default:
        request satisfies never;
        throw new HeddleError("INVALID_INPUT", "the actor asks for what there is not");
    }
  }

  /** Resolves when the children are stopped. Timers and watches end at once. */
  async end(): Promise<void> {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#society.deathWatch.forget(this.#self);
    const children = [...this.#children];
    this.#children.clear();
    await Promise.all(children.map((child) => child.end("its parent has ended")));
  }

  #tellAfter(request: Extract<ActorRequest, { type: "tell-after" }>): void {
    const { timer, ms, to, name } = request;
    checkMessageName(name);
    checkNumber("ms", ms ?? Number.NaN, MS, "INVALID_INPUT");
    if (this.#timers.size >= MAX_TIMERS || this.#timers.has(timer)) {
      this.#society.post.lost(String(to), request, "OVERLOADED");
      return;
    }
    const fire = () => {
      this.#timers.delete(timer);
      tellFrom(this.#society, request)?.catch((error: HeddleError) => {
        this.#society.post.lost(String(to), request, error.code);
      });
    };
    this.#timers.set(timer, this.#clock.setTimer(ms, fire));
  }

  #cancelTimer(timer: number): void {
    this.#timers.get(timer)?.cancel();
    this.#timers.delete(timer);
  }

  #spawn(given: unknown): WorkerRef {
    for (const child of this.#children) {
      // One that has failed is still there, and is stopped with its parent.
      if (!this.#society.find(child.id)) this.#children.delete(child);
    }
    if (this.#children.size >= MAX_CHILDREN) {
      throw new HeddleError("OVERLOADED", `the worker has ${MAX_CHILDREN} children already`);
    }
    const child = this.#society.spawn(childOptions(this.#options, given));
    this.#children.add(child);
    return { id: child.id, name: child.name };
  }

  #watch(to: string): void {
    const { deathWatch, post } = this.#society;
    const target = this.#society.find(String(to));
    if (target && target.endReason === undefined) {
      deathWatch.watch(this.#self, target.id);
      return;
    }
    const down: Down = {
      id: target?.id ?? String(to),
      name: target?.name ?? String(to),
      reason: target?.endReason ?? "UNKNOWN_WORKER",
    };
    void post.tell(this.#self, "down", down, "supervisor");
  }
}
