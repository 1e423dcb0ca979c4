import { describe, expect, test } from "vitest";
import type { Applicant } from "../../../src/supervisor/gateways/limiter.ts";
import { turn } from "../../support/fake-clock.ts";
import { LimiterUnderTest, refused, unavailable } from "./limiter-under-test.ts";

describe("without limits", () => {
  test("every request has its turn at once, and nothing is left of it", async () => {
    const it = new LimiterUnderTest();
    const all = Array.from({ length: 100 }, (_, i) => it.request(`a${i}`));
    expect(it.told).toHaveLength(100);
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 100, waiting: 0 });
    for (const one of all) it.limiter.leave(one);
    await turn();
    expect(it.limiter.inspect()).toEqual({
      name: "main",
      limits: {},
      inFlight: 0,
      waiting: 0,
      waitingBySession: [],
      backingOffUntilMs: undefined,
      waits: 0,
      waitedMs: 0,
      requestsLeft: undefined,
      tokensLeft: undefined,
    });
    expect(it.clock.timersSet).toBe(0);
  });

  test("a request whose attempt has failed has its turn after its own pause, and nobody else waits", async () => {
    const it = new LimiterUnderTest();
    const a = it.request("a");
    it.limiter.again(a, unavailable, 300);
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 0, waiting: 0 });
    it.request("b");
    expect(await it.pass(299)).toEqual(["a", "a: retry 300", "b"]);
    expect(await it.pass(1)).toEqual(["a"]);
  });
});

describe("inspect()", () => {
  test("adds up how long requests have waited, whichever way their waiting has ended", async () => {
    const it = new LimiterUnderTest({ maxConcurrent: 1 });
    const waits = () => {
      const { waits, waitedMs } = it.limiter.inspect();
      return [waits, waitedMs];
    };
    const first = it.request("a");
    const second = it.request("b");
    const third = it.request("c");
    await it.pass(300);
    expect(waits()).toEqual([0, 0]);
    it.limiter.withdraw(third);
    expect(waits()).toEqual([1, 300]);
    await it.pass(200);
    it.limiter.leave(first);
    await it.pass();
    expect(waits()).toEqual([2, 800]);
    await it.pass(1_000);
    it.limiter.leave(second);
    await it.pass();
    expect(waits()).toEqual([2, 800]);
  });

  test("a refusal that is too long ends the waiting of all; a pause before another attempt is none", async () => {
    const it = new LimiterUnderTest({ maxConcurrent: 1 });
    const first = it.request("a");
    it.request("b");
    await it.pass(100);
    it.limiter.leave(first, { error: refused(60_000) });
    await it.pass();
    expect(it.limiter.inspect()).toMatchObject({ waiting: 0, waits: 1, waitedMs: 100 });
    const other = new LimiterUnderTest();
    other.limiter.again(other.request("a"), unavailable, 300);
    await other.pass(300);
    expect(other.limiter.inspect()).toMatchObject({ inFlight: 1, waits: 0, waitedMs: 0 });
  });
});

describe("maxConcurrent", () => {
  test("one goes when another one has ended; sessions take turns", async () => {
    const it = new LimiterUnderTest({ maxConcurrent: 1 });
    const all = ["a0", "a1", "a2", "b1", "b2"].map((name) => it.request(name));
    expect(it.limiter.inspect()).toMatchObject({
      inFlight: 1,
      waiting: 4,
      waitingBySession: [
        { session: "a", waiting: 2 },
        { session: "b", waiting: 2 },
      ],
    });
    const waits = ["a1", "a2", "b1", "b2"].map((name) => `${name}: rate-limit ?`);
    expect(await it.pass()).toEqual(["a0", ...waits]);
    const order: string[] = [];
    // By the order in which they have their turn.
    for (const place of [0, 1, 3, 2]) {
      it.limiter.leave(all[place] as Applicant);
      order.push(...(await it.pass()));
    }
    expect(order).toEqual(["a1", "b1", "a2", "b2"]);
    expect(it.clock.pendingTimers).toBe(0);
  });

  test("a request between two attempts leaves its place to others", async () => {
    const it = new LimiterUnderTest({ maxConcurrent: 1 });
    const a = it.request("a");
    const b = it.request("b");
    it.limiter.again(a, unavailable, 300);
    expect((await it.pass(300)).slice(2)).toEqual(["a: retry 300", "b", "a: rate-limit ?"]);
    it.limiter.leave(b);
    expect(await it.pass()).toEqual(["a"]);
  });

  test("one that gives up its turn is passed over", async () => {
    const it = new LimiterUnderTest({ maxConcurrent: 1 });
    const a = it.request("a");
    const [b, c] = [it.request("b"), it.request("c")];
    it.limiter.withdraw(b);
    it.limiter.withdraw(a);
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 1, waiting: 1 });
    it.limiter.leave(a);
    it.limiter.leave(a);
    expect((await it.pass()).slice(3)).toEqual(["c"]);
    it.limiter.leave(c);
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 0, waiting: 0 });
  });
});

describe("limits per minute", () => {
  test("requests are spread over seconds and minutes, and the first that waits is told until when", async () => {
    const it = new LimiterUnderTest({ requestsPerMinute: 3 });
    for (const name of ["a1", "a2", "a3", "a4"]) it.request(name);
    expect(await it.pass()).toEqual([
      "a1",
      "a2: rate-limit 1000",
      "a3: rate-limit ?",
      "a4: rate-limit ?",
    ]);
    expect(it.limiter.inspect()).toMatchObject({ requestsLeft: 2, waiting: 3 });
    expect([await it.pass(999), await it.pass(1), await it.pass(1_000)]).toEqual([
      [],
      ["a2"],
      ["a3"],
    ]);
    expect([await it.pass(57_999), await it.pass(1)]).toEqual([[], ["a4"]]);
    expect(it.clock.pendingTimers).toBe(0);
  });

  test("a retry is a request, too", async () => {
    const it = new LimiterUnderTest({ requestsPerMinute: 2 });
    const a = it.request("a");
    it.limiter.again(a, unavailable, 1_000);
    await it.pass(1_000);
    expect(it.limiter.inspect()).toMatchObject({ requestsLeft: 0 });
  });

  test("tokens are reserved, and corrected when it is known what a request took", async () => {
    const it = new LimiterUnderTest({ tokensPerMinute: 100 });
    const a = it.request("a", 80);
    it.request("b", 50);
    expect(it.limiter.inspect()).toMatchObject({ tokensLeft: 20, waiting: 1 });
    expect(await it.pass(1_000)).toEqual(["a", "b: rate-limit 60000"]);
    it.limiter.leave(a, { tokens: 10 });
    expect(await it.pass()).toEqual(["b"]);
    expect(it.limiter.inspect()).toMatchObject({ tokensLeft: 40 });
  });

  test("a request that was refused took no tokens; one whose usage nobody knows took what was reserved", async () => {
    const it = new LimiterUnderTest({ tokensPerMinute: 100 });
    const [a, b] = [it.request("a", 40), it.request("b", 50)];
    it.limiter.leave(a, { error: refused(50) });
    it.limiter.leave(b);
    expect(it.limiter.inspect()).toMatchObject({ tokensLeft: 50 });
  });

  test("a large request is not passed by small ones for ever", async () => {
    const it = new LimiterUnderTest({ tokensPerMinute: 100 });
    it.request("a", 60);
    it.request("b", 1_000);
    it.request("c", 1);
    expect((await it.pass(59_999)).slice(3)).toEqual([]);
    expect(await it.pass(1)).toEqual(["b"]);
    expect(await it.pass(60_000)).toEqual(["c"]);
  });

  test("what cannot be estimated is thrown, and nothing has changed", () => {
    const it = new LimiterUnderTest({ tokensPerMinute: 100, maxConcurrent: 1 });
    const broken: Applicant = {
      session: "a",
      get estimatedTokens(): number {
        throw new TypeError("no messages");
      },
      onTurn: () => {},
      onWaiting: () => {},
      onRefused: () => {},
    };
    it.request("a");
    expect(() => it.limiter.request(broken)).toThrow("no messages");
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 1, waiting: 0 });
  });
});
