import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PermitHolder } from "../../../src/supervisor/threads/thread-permits.ts";
import { ThreadPermits } from "../../../src/supervisor/threads/thread-permits.ts";

describe("ThreadPermits, whatever its holders do", () => {
  test("never grants more than there are, and leaves nobody waiting while there is one left or to be asked for", async () => {
    const step = fc.tuple(fc.constantFrom(...Object.keys(STEPS), ...OFTEN), fc.nat({ max: 7 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80, size: "max" }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, max) => {
          const model = new Workers(max);
          for (const [what, index] of steps) await model.do(what, index);
          model.releaseAll();
          const { held, lent, waiting } = model.permits;
          expect([held, lent, waiting]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 1_000, examples: [[ONCE_LEFT_WAITING, 3]] },
    );
  });
});

/** A wish that was not to be had when a permit came back, and for which nobody was asked any more. */
const ONCE_LEFT_WAITING: [string, number][] = [
  ...Array.from({ length: 2 }, (): [string, number] => ["acquire", 0]),
  ...Array.from({ length: 2 }, (): [string, number] => ["lend", 0]),
  ["acquire", 0],
  ["lend", 0],
  ...Array.from({ length: 4 }, (): [string, number] => ["acquire", 0]),
  ["lend", 0],
  ["lend-and-go-on", 0],
  ["claim", 0],
  ["idle", 5],
  ["idle", 0],
  ["acquire", 0],
  ["release", 5],
];

type State = "none" | "waits" | "holds" | "lends";

/** What can happen to a worker in which state. */
const STEPS: { readonly [what: string]: readonly State[] } = {
  acquire: ["none"],
  "acquire-child": ["none"],
  claim: ["none"],
  withdraw: ["waits"],
  release: ["holds", "lends"],
  idle: ["holds", "lends"],
  busy: ["holds", "lends"],
  keep: ["holds"],
  lend: ["holds"],
  "lend-and-go-on": ["holds"],
  end: ["holds", "lends"],
};

/** Threads are scarce, and permits are lent. */
const OFTEN = ["acquire", "acquire", "acquire-child", "claim", "claim", "lend", "lend", "idle"];

/** Eight workers, each of which holds a thread, has one and lends its permit, waits for one, or neither. */
class Workers {
  readonly permits: ThreadPermits;
  readonly #max: number;
  readonly #states: State[] = Array(8).fill("none");
  readonly #withdraw: (() => void)[] = [];
  readonly #holders: PermitHolder[] = this.#states.map((_, i) => ({
    surrender: () => this.#ask(i),
  }));
  /** Those that were asked for theirs, or are to end. */
  readonly #asked = new Set<number>();
  readonly #claims = new Set<number>();
  readonly #children = new Set<number>();
  readonly #idle = new Set<number>();
  /** How many more may be held than there are: by one for each permit that was taken back, until it is made up for. */
  #overdrawn = 0;

  constructor(max: number) {
    this.#max = max;
    this.permits = new ThreadPermits(max);
  }

  /** One of those that `what` is a step for. */
  #pick(what: string, n: number): number | undefined {
    const from = STEPS[what] ?? [];
    const able = this.#states.flatMap((state, i) => (from.includes(state) ? [i] : []));
    return able[n % able.length];
  }

  async do(what: string, n: number): Promise<void> {
    const i = this.#pick(what, n);
    if (i === undefined) return;
    const state = this.#states[i];
    if (state === "none") this.#wish(what, i);
    if (state === "waits") this.#wait(what, i);
    if (state === "holds") this.#hold(what, i);
    if (state === "lends") this.#lend(what, i);
    this.#overdrawn = Math.min(this.#overdrawn, Math.max(0, this.#count("holds") - this.#max));
    // What was lent can be claimed in the same turn, and is given to others after it.
    if (what === "lend-and-go-on") return;
    await Promise.resolve();
    this.#expectFair();
  }

  #wish(what: string, i: number): void {
    if (what === "acquire") this.#acquire(i, false);
    if (what === "acquire-child") this.#acquire(i, true);
    if (what === "claim") this.#claim(i);
  }

  #wait(what: string, i: number): void {
    if (what !== "withdraw") return;
    this.#withdraw[i]?.();
    this.#claims.delete(i);
    this.#states[i] = "none";
  }

  #hold(what: string, i: number): void {
    const holder = this.#holders[i] as PermitHolder;
    if (what === "release") this.#release(i);
    if (what === "keep" && this.#asked.delete(i)) this.permits.keep(holder);
    if (what === "end") {
      this.#idle.delete(i);
      this.#asked.add(i);
      this.permits.ending(holder);
    }
    if (this.#asked.has(i)) return;
    if (what === "idle") {
      this.#idle.add(i);
      this.permits.idle(holder);
    }
    if (what === "busy" || what.startsWith("lend")) this.#idle.delete(i);
    if (what === "busy") this.permits.busy(holder);
    if (!what.startsWith("lend")) return;
    this.#states[i] = "lends";
    this.permits.lend(holder);
  }

  #lend(what: string, i: number): void {
    if (what === "release") this.#release(i);
    if (!["busy", "idle", "end"].includes(what)) return;
    this.#states[i] = "holds";
    this.#overdrawn += 1;
    this.#hold(what, i);
  }

  #expectFair(): void {
    const [held, lent, waiting] = [
      this.#count("holds"),
      this.#count("lends"),
      this.#count("waits"),
    ];
    const { permits } = this;
    expect([permits.held, permits.lent, permits.waiting]).toEqual([held, lent, waiting]);
    const surplus = Math.max(0, held - this.#max);
    expect(surplus).toBeLessThanOrEqual(this.#overdrawn);
    const eligible = [...this.#children, ...this.#claims].length > 0;
    if (eligible) expect(held).toBeGreaterThanOrEqual(this.#max);
    if (waiting > 0 && held < this.#max) {
      expect(held + lent).toBeGreaterThanOrEqual(2 * this.#max);
    }
    if (this.#idle.size > 0) expect(this.#asked.size).toBeGreaterThanOrEqual(waiting + surplus);
    expect(this.#claims.size).toBeLessThanOrEqual(Math.max(0, this.#asked.size - surplus));
  }

  #expectRoom(isChild: boolean): void {
    const held = this.#count("holds");
    expect(held).toBeLessThan(this.#max);
    if (!isChild) expect(held + this.#count("lends")).toBeLessThan(2 * this.#max);
  }

  releaseAll(): void {
    for (const [i, state] of this.#states.entries())
      if (state === "waits") this.#wait("withdraw", i);
    for (const [i, state] of this.#states.entries()) {
      if (state === "holds" || state === "lends") this.#release(i);
    }
  }

  #count(state: State): number {
    return this.#states.filter((one) => one === state).length;
  }

  #acquire(i: number, isChild: boolean): void {
    this.#states[i] = "waits";
    if (isChild) this.#children.add(i);
    const granted = () => {
      this.#expectRoom(isChild);
      this.#states[i] = "holds";
      this.#children.delete(i);
    };
    const withdraw = this.permits.acquire(granted, { isChild });
    this.#withdraw[i] = () => {
      this.#children.delete(i);
      withdraw();
    };
  }

  /** Refused at once only when there is no thread that could be had without a job's end. */
  #claim(i: number): void {
    const couldBeHad = this.permits.free + this.#asked.size - this.#claims.size;
    this.#states[i] = "waits";
    this.#claims.add(i);
    const settle = (state: "holds" | "none") => {
      this.#states[i] = state;
      this.#claims.delete(i);
    };
    try {
      this.#withdraw[i] = this.permits.claim({
        granted: () => {
          this.#expectRoom(true);
          settle("holds");
        },
        refused: () => settle("none"),
      });
    } catch (error) {
      expect(error).toMatchObject({ code: "OVERLOADED" });
      expect(couldBeHad).toBeLessThanOrEqual(0);
      settle("none");
    }
  }

  #release(i: number): void {
    this.#asked.delete(i);
    this.#idle.delete(i);
    this.#states[i] = "none";
    this.permits.release(this.#holders[i] as PermitHolder);
  }

  #ask(i: number): void {
    expect(this.#states[i]).toBe("holds");
    expect(this.#idle.delete(i)).toBe(true);
    this.#asked.add(i);
  }
}
