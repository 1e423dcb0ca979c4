import type { Outside } from "../../src/supervisor/supervisor.ts";
import type { SpawnThread } from "../../src/supervisor/threads/thread.ts";
import { FakeClock, turn } from "../support/fake-clock.ts";
import { Random } from "./random.ts";
import { SimActor } from "./sim-actor.ts";
import type { SeenRequest } from "./sim-gateway.ts";
import { SimGateway } from "./sim-gateway.ts";
import type { Boot, ThreadBody, ThreadInside } from "./sim-thread.ts";
import { SimThread } from "./sim-thread.ts";
import type { ToolStage } from "./sim-tools.ts";
import type { Execution } from "./tool-kinds.ts";

/** More turns than any schedule needs: something goes round in circles. */
const MAX_TURNS = 200_000;

export type SpawnFault = Exclude<Boot, "boots"> | "throws" | "unkillable";

/** Something other than a thread that the scheduler can let go on. */
export type Participant = { collect(all: (() => void)[]): void };

/**
 * All that a supervisor takes from outside itself, and the scheduler that decides, by its seed, what happens next.
 *
 * One action is one turn of the loop: microtasks run dry after each, and each timer fires in a turn of its own.
 */
export class World {
  readonly clock: FakeClock = new FakeClock();
  /** Unix time of the beginning, in ms. */
  readonly startMs: number = this.clock.now();
  readonly threads: SimThread[] = [];
  readonly requests: SeenRequest[] = [];
  readonly participants: Participant[] = [];
  /** Tool calls that were carried out. */
  readonly executions: Execution[] = [];
  /** How the next threads of each kind start. */
  readonly spawnFaults: { readonly actor: SpawnFault[]; readonly gateway: SpawnFault[] } = {
    actor: [],
    gateway: [],
  };
  holders = 0;
  turns = 0;
  readonly #random: Random;
  /** Whether time stands still as long as anything can happen. */
  readonly #isEager: boolean;
  readonly #isHeldBack: (jobId: string) => boolean;
  #ids = 0;

  /** `isHeldBack`: the actor of that job waits, and so cannot go on at present. */
  constructor(seed: number, isEager: boolean, isHeldBack: (jobId: string) => boolean) {
    this.#random = new Random(seed);
    this.#isEager = isEager;
    this.#isHeldBack = isHeldBack;
  }

  get outside(): Outside {
    return {
      clock: this.clock,
      spawn: this.#spawn,
      newId: () => `id-${++this.#ids}`,
      random: this.#random.next,
      hold: () => this.#hold(),
    };
  }

  living(kind: "actor" | "gateway"): SimThread[] {
    return this.threads.filter((thread) => thread.kind === kind && !thread.isDead);
  }

  /** Performs one action, if there is one. */
  async step(): Promise<boolean> {
    const all: (() => void)[] = [];
    for (const thread of this.threads) thread.collect(all);
    for (const participant of this.participants) participant.collect(all);
    if (all.length === 0) return false;
    all[this.#random.below(all.length)]?.();
    await this.settle();
    return true;
  }

  /** Lets `ms` pass. Other things happen in between, by chance. */
  async pass(ms: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + ms;
    await this.settle();
    for (;;) {
      const goesOn = this.#isEager || this.#hasExits() || this.#random.next() < 0.6;
      if (goesOn && (await this.step())) continue;
      const dueMs = this.clock.nextDueMs;
      if (dueMs === undefined || dueMs > endMs) break;
      this.clock.fireNext();
      await this.settle();
    }
    this.clock.advance(endMs - this.clock.monotonicMs());
    await this.settle();
  }

  /** Goes on, over time, until `isOver`, or until nothing can happen any more. */
  async until(isOver: () => boolean): Promise<void> {
    await this.settle();
    while (!isOver()) {
      if (await this.step()) continue;
      if (this.clock.nextDueMs === undefined) return;
      this.clock.fireNext();
      await this.settle();
    }
  }

  /** A thread's end takes no time. */
  #hasExits(): boolean {
    return this.threads.some(({ isExiting }) => isExiting);
  }

  /** Ends the turn: microtasks run dry. */
  async settle(): Promise<void> {
    this.turns += 1;
    if (this.turns > MAX_TURNS) throw new Error(`still going on after ${MAX_TURNS} turns`);
    await turn();
  }

  /** Notes that a tool is called in the thread with that id, or beside the supervisor. */
  note(call: Parameters<ToolStage["note"]>[0], threadId?: number): Execution {
    const execution = { ...call, threadId, atTurn: this.turns, isOver: false };
    this.executions.push(execution);
    return execution;
  }

  #hold(): () => void {
    this.holders += 1;
    let isHolding: boolean = true;
    return () => {
      if (isHolding) this.holders -= 1;
      isHolding = false;
    };
  }

  readonly #spawn: SpawnThread = (spec, handlers) => {
    const kind = spec.entry.href.includes("/actors/") ? "actor" : "gateway";
    const fault = this.spawnFaults[kind].shift();
    if (fault === "throws") throw new Error("no thread can be made");
    const thread: SimThread = new SimThread({
      threadId: this.threads.length + 1,
      spec,
      kind,
      boot: fault === "hangs" || fault === "dies" ? fault : "boots",
      handlers,
      start: (inside) => this.#bodyOf(thread, inside),
      clock: this.clock,
    });
    thread.isUnkillable = fault === "unkillable";
    this.threads.push(thread);
    return thread;
  };

  #bodyOf(thread: SimThread, inside: ThreadInside): ThreadBody {
    if (thread.kind === "actor") {
      const note: ToolStage["note"] = (call) => this.note(call, thread.threadId);
      return new SimActor(inside, { isHeldBack: this.#isHeldBack, note });
    }
    return new SimGateway(thread, inside, this.requests, () => this.turns);
  }
}
