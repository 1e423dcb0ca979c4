import { describe, expect, test } from "vitest";
import type { Applicant } from "../../../src/supervisor/gateways/limiter.ts";
import { turn } from "../../support/fake-clock.ts";
import { LimiterUnderTest, refused, unavailable } from "./limiter-under-test.ts";

describe("a refusal", () => {
  test("holds everyone back until then, and they are told so", async () => {
    const it = new LimiterUnderTest();
    const [a, b] = [it.request("a"), it.request("b")];
    it.limiter.again(a, refused(2_000), 2_000);
    it.request("c");
    it.limiter.again(b, refused(3_000), 3_000);
    expect(await it.pass(2_999)).toEqual([
      "a",
      "b",
      "a: rate-limit 2000",
      "c: rate-limit 2000",
      "b: rate-limit 3000",
    ]);
    const { backingOffUntilMs, waiting } = it.limiter.inspect();
    expect([backingOffUntilMs, waiting]).toEqual([it.clock.now() + 1, 3]);
    expect(await it.pass(1)).toEqual(["a"]);
    expect(it.limiter.inspect().backingOffUntilMs).toBeUndefined();
  });

  test("those that were refused go one by one at first, those that wait longest before the others of their session", async () => {
    const it = new LimiterUnderTest();
    const all = ["a1", "a2", "a3"].map((name) => it.request(name));
    it.request("a4");
    for (const one of all.toReversed()) it.limiter.again(one, refused(1_000), 1_000);
    it.request("a5");
    await it.pass();
    expect(await it.pass(1_000)).toEqual(["a1"]);
    it.limiter.leave(all[0] as Applicant);
    expect(await it.pass()).toEqual(["a2", "a3"]);
    expect(await it.pass(1_500)).toEqual(["a5"]);
  });

  test("another one at that begins it anew", async () => {
    const it = new LimiterUnderTest();
    const [a, b] = [it.request("a"), it.request("b")];
    it.limiter.again(a, refused(1_000), 1_000);
    it.limiter.again(b, refused(1_000), 1_000);
    await it.pass();
    expect(await it.pass(1_000)).toEqual(["a"]);
    it.limiter.again(a, refused(700), 700);
    expect(await it.pass(699)).toEqual(["a: rate-limit 700"]);
    expect(await it.pass(1)).toEqual(["b"]);
  });

  test("one that is not tried again holds the others back, too, for as long as it says", async () => {
    const it = new LimiterUnderTest();
    it.limiter.leave(it.request("a"), { error: refused(4_000) });
    it.request("b");
    expect(await it.pass(4_000)).toEqual(["a", "b: rate-limit 4000", "b"]);
  });

  test.each([undefined, Number.NaN, -1])(
    "of %s ms holds the others back for the first delay",
    async (askedMs) => {
      const it = new LimiterUnderTest();
      it.limiter.leave(it.request("a"), { error: refused(askedMs) });
      it.request("b");
      expect(await it.pass()).toEqual(["a", "b: rate-limit 500"]);
    },
  );

  test("a pause longer than maxDelayMs refuses whoever would have to wait for it, until it is short enough", async () => {
    const it = new LimiterUnderTest({ maxConcurrent: 3 });
    const [a, b, c] = [it.request("a"), it.request("b"), it.request("c")];
    it.request("d");
    it.limiter.again(b, unavailable, 5_000);
    it.limiter.leave(a, { error: refused(60_000) });
    it.request("e");
    const refusals = (await it.pass()).slice(3);
    expect(refusals).toEqual([
      "d: rate-limit ?",
      "b: retry 5000",
      "d: PROVIDER_RATE_LIMITED 60000",
      "e: PROVIDER_RATE_LIMITED 60000",
    ]);
    expect(await it.pass(5_000)).toEqual(["b: PROVIDER_RATE_LIMITED 55000"]);
    await it.pass(45_000);
    it.request("f");
    expect(await it.pass(10_000)).toEqual(["f: rate-limit 10000", "f"]);
    it.limiter.leave(c);
    expect([it.limiter.inspect().inFlight, it.clock.pendingTimers]).toEqual([1, 0]);
  });

  test("whoever leaves while it waits leaves no timer behind", async () => {
    const it = new LimiterUnderTest();
    const [a, b] = [it.request("a"), it.request("b")];
    it.limiter.again(a, refused(2_000), 2_000);
    it.limiter.again(b, unavailable, 2_000);
    await it.pass();
    expect(it.clock.pendingTimers).toBe(2);
    it.limiter.leave(a);
    it.limiter.withdraw(b);
    await turn();
    expect([it.clock.pendingTimers, it.limiter.inspect().waiting]).toEqual([0, 0]);
  });
});
