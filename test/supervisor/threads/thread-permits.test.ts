import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PermitHolder } from "../../../src/supervisor/threads/thread-permits.ts";
import { ThreadPermits } from "../../../src/supervisor/threads/thread-permits.ts";

/** A worker as the permits see it: it notes what happens to it. */
class Holder implements PermitHolder {
  readonly name: string;
  readonly log: string[];
  readonly permits: ThreadPermits;

  constructor(name: string, permits: ThreadPermits, log: string[]) {
    this.name = name;
    this.permits = permits;
    this.log = log;
  }

  acquire(): () => void {
    return this.permits.acquire(() => this.log.push(`${this.name} granted`));
  }

  surrender(): void {
    this.log.push(`${this.name} asked`);
  }

  release(): void {
    this.permits.release(this);
  }
}

function setUp(max: number): {
  permits: ThreadPermits;
  log: string[];
  holder(name: string): Holder;
} {
  const permits = new ThreadPermits(max);
  const log: string[] = [];
  return { permits, log, holder: (name) => new Holder(name, permits, log) };
}

describe("ThreadPermits", () => {
  test("grants at once while there are threads left", () => {
    const { permits, log, holder } = setUp(2);
    holder("a").acquire();
    holder("b").acquire();
    expect(log).toEqual(["a granted", "b granted"]);
    expect([permits.held, permits.waiting]).toEqual([2, 0]);
  });

  test("who gets none waits, first come first served", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    for (const one of [a, holder("b"), holder("c")]) one.acquire();
    expect([permits.held, permits.waiting]).toEqual([1, 2]);
    a.release();
    expect(log).toEqual(["a granted", "b granted"]);
    a.release();
    expect(log).toEqual(["a granted", "b granted", "c granted"]);
    expect([permits.held, permits.waiting]).toEqual([1, 0]);
  });

  test("a withdrawn wish is not granted", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    const withdraw = holder("b").acquire();
    holder("c").acquire();
    withdraw();
    withdraw();
    expect(permits.waiting).toBe(1);
    a.release();
    expect(log).toEqual(["a granted", "c granted"]);
  });

  test("withdrawing what was granted takes nothing back", () => {
    const { permits, holder } = setUp(1);
    const withdraw = holder("a").acquire();
    withdraw();
    expect(permits.held).toBe(1);
  });

  test("the longest idle holder is asked first, and only when somebody waits", () => {
    const { permits, log, holder } = setUp(2);
    const [a, b] = [holder("a"), holder("b")];
    a.acquire();
    b.acquire();
    permits.idle(b);
    permits.idle(a);
    expect(log).toHaveLength(2);
    holder("c").acquire();
    expect(log.slice(2)).toEqual(["b asked"]);
    b.release();
    expect(log.slice(2)).toEqual(["b asked", "c granted"]);
  });

  test("a holder that works again is not asked", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    permits.idle(a);
    permits.busy(a);
    holder("b").acquire();
    expect(log).toEqual(["a granted"]);
  });

  test("a holder that becomes idle while somebody waits is asked at once", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    holder("b").acquire();
    permits.idle(a);
    expect(log).toEqual(["a granted", "a asked"]);
  });

  test("no more holders are asked than there are that wait", () => {
    const { permits, log, holder } = setUp(3);
    const holders = ["a", "b", "c"].map(holder);
    for (const one of holders) one.acquire();
    holder("d").acquire();
    for (const one of holders) permits.idle(one);
    expect(log.slice(3)).toEqual(["a asked"]);
    holder("e").acquire();
    expect(log.slice(3)).toEqual(["a asked", "b asked"]);
  });

  test("after one has given its thread up, the next that waits is served by the next idle one", () => {
    const { permits, log, holder } = setUp(1);
    const [a, b] = [holder("a"), holder("b")];
    a.acquire();
    permits.idle(a);
    b.acquire();
    a.release();
    permits.idle(b);
    holder("c").acquire();
    expect(log).toEqual(["a granted", "a asked", "b granted", "b asked"]);
  });

  test("a holder whose thread is gone is not asked for it", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    permits.idle(a);
    a.release();
    holder("b").acquire();
    holder("c").acquire();
    expect(log).toEqual(["a granted", "b granted"]);
  });

  test("a holder that gives its thread up in the same turn makes room in that turn", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.surrender = () => a.release();
    a.acquire();
    permits.idle(a);
    holder("b").acquire();
    expect(log).toEqual(["a granted", "b granted"]);
    expect([permits.held, permits.waiting]).toEqual([1, 0]);
  });

  test("never grants more than there are, and leaves nobody waiting while there is one left or to be asked for", () => {
    const step = fc.tuple(
      fc.constantFrom("acquire", "withdraw", "release", "idle", "busy"),
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
  readonly #idle = new Set<number>();

  constructor(max: number) {
    this.#max = max;
    this.permits = new ThreadPermits(max);
  }

  do(what: string, i: number): void {
    const state = this.#states[i];
    const holder = this.#holders[i] as PermitHolder;
    if (what === "acquire" && state === "none") this.#acquire(i);
    if (what === "withdraw" && state === "waits") {
      this.#withdraw[i]?.();
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
    this.expectFair();
  }

  expectFair(): void {
    const count = (state: string) => this.#states.filter((one) => one === state).length;
    expect([this.permits.held, this.permits.waiting]).toEqual([count("holds"), count("waits")]);
    expect(count("holds")).toBeLessThanOrEqual(this.#max);
    if (count("waits") > 0) expect(count("holds")).toBe(this.#max);
    if (this.#idle.size > 0) expect(this.#asked.size).toBeGreaterThanOrEqual(count("waits"));
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
