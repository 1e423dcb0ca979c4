import { describe, expect, test } from "vitest";
import { setUp } from "./permit-holder.ts";

/** Both threads are held by workers that are idle, `a` for longer. */
function withTwoIdle() {
  const it = setUp(2);
  const [a, b] = [it.holder("a"), it.holder("b")];
  for (const one of [a, b]) one.acquire();
  for (const one of [a, b]) it.permits.idle(one);
  return { ...it, a, b };
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

  const overloaded = expect.objectContaining({ code: "OVERLOADED", details: { max: 1 } });

  test("a claim is granted at once while there are threads left", () => {
    const { permits, log, holder } = setUp(1);
    holder("a").claim();
    expect([log, permits.held]).toEqual([["a granted"], 1]);
  });

  test("a claim is refused when nobody is idle, and nothing is left of it", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    expect(() => holder("b").claim()).toThrow(overloaded);
    expect(permits.waiting).toBe(0);
    a.release();
    expect([log, permits.held]).toEqual([["a granted"], 0]);
  });

  test("a claim goes before those that wait, to the thread that an idle holder gives up", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    holder("b").acquire();
    permits.idle(a);
    holder("c").claim();
    expect([log.slice(1), permits.waiting]).toEqual([["a asked"], 2]);
    expect(() => holder("d").claim()).toThrow(overloaded);
    a.release();
    expect(log.slice(2)).toEqual(["c granted"]);
  });

  test("a claim on a thread that its holder cannot do without is refused, the latest first", () => {
    const { permits, log, holder, a, b } = withTwoIdle();
    holder("c").claim();
    holder("d").claim();
    permits.keep(a);
    expect(log.slice(4)).toEqual(["d refused"]);
    b.release();
    expect(log.slice(5)).toEqual(["c granted"]);
  });

  test("another idle holder is asked before a claim is refused", () => {
    const { permits, log, holder, a } = withTwoIdle();
    holder("c").claim();
    permits.keep(a);
    expect(log.slice(2)).toEqual(["a asked", "b asked"]);
  });

  test("a claim that is withdrawn leaves the thread to the next", () => {
    const { permits, log, holder } = setUp(1);
    const a = holder("a");
    a.acquire();
    permits.idle(a);
    const withdraw = holder("b").claim();
    holder("c").acquire();
    withdraw();
    a.release();
    expect(log).toEqual(["a granted", "a asked", "c granted"]);
  });
});
