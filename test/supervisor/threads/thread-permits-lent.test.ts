import { describe, expect, test } from "vitest";
import { setUp } from "./permit-holder.ts";

describe("ThreadPermits that are lent", () => {
  test("go to a claim of the same turn before those that wait", async () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    holder("b").acquire();
    permits.lend(a);
    holder("c").claim();
    await Promise.resolve();
    expect([log.slice(1), permits.held, permits.lent]).toEqual([["c granted"], 1, 1]);
  });

  test("and that nobody claims go to who waits", async () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    holder("b").acquire();
    permits.lend(a);
    expect(log).toEqual(["a granted"]);
    await Promise.resolve();
    expect(log).toEqual(["a granted", "b granted"]);
  });

  test("are taken back without waiting; what is too much is asked of who is idle, and made up for", async () => {
    const { permits, log, holder } = setUp(1);
    const [a, b] = [holder("a"), holder("b")];
    a.acquire();
    permits.lend(a);
    b.claim();
    permits.busy(a);
    expect([permits.held, permits.lent, permits.free]).toEqual([2, 0, -1]);
    permits.idle(b);
    expect(log.slice(2)).toEqual(["b asked"]);
    holder("c").acquire();
    b.release();
    expect([log.slice(3), permits.held]).toEqual([[], 1]);
    a.release();
    expect(log.slice(3)).toEqual(["c granted"]);
  });

  test("a claim that cannot be met because one was taken back is refused", () => {
    const { permits, log, holder } = setUp(2);
    const [a, b, d] = [holder("a"), holder("b"), holder("d")];
    for (const one of [a, b]) one.acquire();
    permits.lend(a);
    d.acquire();
    permits.idle(b);
    holder("c").claim();
    expect(log.slice(3)).toEqual(["b asked"]);
    permits.busy(a);
    expect(log.slice(4)).toEqual(["c refused"]);
    b.release();
    expect([permits.held, permits.waiting]).toEqual([2, 0]);
  });

  test("jobs that are no children have at most twice as many threads, lent ones included", async () => {
    const { permits, log, holder } = setUp(1);
    const [a, b] = [holder("a"), holder("b")];
    for (const one of [a, b]) {
      one.acquire();
      permits.lend(one);
    }
    holder("c").acquire();
    permits.acquire(() => log.push("child granted"), { isChild: true });
    await Promise.resolve();
    expect([log.slice(2), permits.waiting]).toEqual([["child granted"], 1]);
    permits.release();
    expect(permits.waiting).toBe(1);
    b.release();
    expect([log.slice(3), permits.held, permits.lent]).toEqual([["c granted"], 1, 1]);
  });

  test("are gone with their holders", () => {
    const { permits, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    permits.lend(a);
    permits.lend(a);
    a.release();
    expect([permits.held, permits.lent]).toEqual([0, 0]);
  });

  test("the thread of a holder that is being ended can be claimed", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    permits.ending(a);
    holder("b").claim();
    expect(log).toEqual(["a granted"]);
    a.release();
    expect(log).toEqual(["a granted", "b granted"]);
  });
});
