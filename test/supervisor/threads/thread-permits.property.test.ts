import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PermitHolder } from "../../../src/supervisor/threads/thread-permits.ts";
import { ThreadPermits } from "../../../src/supervisor/threads/thread-permits.ts";

describe("ThreadPermits, whatever its holders do", () => {
  test("never grants more than there are, and leaves nobody waiting while there is one left or to be asked for", () => {
    const step = fc.tuple(
      fc.constantFrom("acquire", "claim", "withdraw", "release", "idle", "busy", "keep"),
      fc.nat({ max: 5 }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        (steps, max) => {
          const model = new Workers(max);
          for (const [what, index] of steps) model.do(what, index);
          model.expectFair();
          model.releaseAll();
          expect([model.permits.held, model.permits.waiting]).toEqual([0, 0]);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** Six workers, each of which holds a thread, waits for one, or neither. */
class Workers {
  readonly permits: ThreadPermits;
  readonly #max: number;
  readonly #states: ("none" | "waits" | "holds")[] = Array(6).fill("none");
  readonly #withdraw: (() => void)[] = [];
  readonly #holders: PermitHolder[] = this.#states.map((_, i) => ({
    surrender: () => this.#ask(i),
  }));
  readonly #asked = new Set<number>();
  readonly #claims = new Set<number>();
  readonly #idle = new Set<number>();

  constructor(max: number) {
    this.#max = max;
    this.permits = new ThreadPermits(max);
  }

  do(what: string, i: number): void {
    const state = this.#states[i];
    if (state === "none") this.#wish(what, i);
    else this.#change(what, i, state);
    this.expectFair();
  }

  #wish(what: string, i: number): void {
    if (what === "acquire") this.#acquire(i);
    if (what === "claim") this.#claim(i);
  }

  #change(what: string, i: number, state: string | undefined): void {
    const holder = this.#holders[i] as PermitHolder;
    if (what === "keep" && this.#asked.delete(i)) this.permits.keep(holder);
    if (what === "withdraw" && state === "waits") {
      this.#withdraw[i]?.();
      this.#claims.delete(i);
      this.#states[i] = "none";
    }
    if (what === "release" && state === "holds") this.#release(i);
    if (what === "idle" && state === "holds" && !this.#asked.has(i)) {
      this.#idle.add(i);
      this.permits.idle(holder);
    }
    if (what === "busy") {
      this.#idle.delete(i);
      this.permits.busy(holder);
    }
  }

  expectFair(): void {
    const count = (state: string) => this.#states.filter((one) => one === state).length;
    expect([this.permits.held, this.permits.waiting]).toEqual([count("holds"), count("waits")]);
    expect(count("holds")).toBeLessThanOrEqual(this.#max);
    if (count("waits") > 0) expect(count("holds")).toBe(this.#max);
    if (this.#idle.size > 0) expect(this.#asked.size).toBeGreaterThanOrEqual(count("waits"));
    expect(this.#claims.size).toBeLessThanOrEqual(this.#asked.size);
  }

  releaseAll(): void {
    while (this.#states.includes("holds")) this.#release(this.#states.indexOf("holds"));
  }

  #acquire(i: number): void {
    this.#states[i] = "waits";
    this.#withdraw[i] = this.permits.acquire(() => {
      this.#states[i] = "holds";
    });
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
        granted: () => settle("holds"),
        refused: () => settle("none"),
      });
    } catch (error) {
      expect(error).toMatchObject({ code: "OVERLOADED" });
      expect(couldBeHad).toBe(0);
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
