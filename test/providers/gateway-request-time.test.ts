import { describe, expect, test } from "vitest";
import { HeddleError } from "../../src/errors.ts";
import { turn } from "../support/fake-clock.ts";
import { failure, RequestUnderTest } from "./request-under-test.ts";

/** The signal's reason; what a provider that heeds it would end with. */
const expiredWith = (it: RequestUnderTest) =>
  (it.attempt.signal.reason as HeddleError | undefined)?.code;

describe("a request's window", () => {
  test("a write waits while the window is closed, and goes on when there is demand", async () => {
    const it = new RequestUnderTest({ demandBytes: 3 });
    it.attempt.text("ab");
    it.attempt.text("cd");
    await turn();
    expect(it.attempt.writes).toEqual(["taken", "open"]);
    it.request.demand(4);
    await turn();
    expect(it.attempt.writes).toEqual(["taken", "open"]);
    it.request.demand(5);
    await turn();
    expect(it.attempt.writes).toEqual(["taken", "taken"]);
    expect(it.sent).toEqual(["ab", "cd"]);
  });

  test("the first chunk is taken even if nothing may be sent", async () => {
    const it = new RequestUnderTest({ demandBytes: -20 });
    it.attempt.text("ab");
    await turn();
    expect([it.sent, it.attempt.writes]).toEqual([["ab"], ["open"]]);
  });

  test("a write waits while the supervisor is behind, also with room in the window", async () => {
    const it = new RequestUnderTest({ demandBytes: 1_000_000 });
    for (let i = 0; i < 32; i++) {
      it.attempt.text("x");
      it.outbox.flush();
    }
    await turn();
    expect(it.attempt.writes.at(-1)).toBe("taken");
    it.attempt.text("y");
    await turn();
    expect(it.attempt.writes.at(-1)).toBe("open");
    it.outbox.acknowledge(4);
    await turn();
    expect(it.attempt.writes.at(-1)).toBe("taken");
  });
});

describe("a request's deadlines", () => {
  test("firstChunkMs runs until the first chunk", async () => {
    const it = new RequestUnderTest({ deadlines: { firstChunkMs: 100 } });
    await it.pass(99);
    expect(expiredWith(it)).toBeUndefined();
    await it.pass(1);
    expect(expiredWith(it)).toBe("FIRST_CHUNK_TIMEOUT");
    it.attempt.fail(new Error("aborted"));
    await turn();
    expect(it.outcome?.error).toMatchObject({
      code: "FIRST_CHUNK_TIMEOUT",
      details: { limitMs: 100 },
    });
    expect(it.clock.pendingTimers).toBe(0);
  });

  test("firstChunkMs ends with the first chunk that is not empty", async () => {
    const it = new RequestUnderTest({ deadlines: { firstChunkMs: 100 } });
    it.attempt.text("");
    await it.pass(90);
    it.attempt.text("a");
    await it.pass(1_000);
    expect(expiredWith(it)).toBeUndefined();
    expect(it.clock.pendingTimers).toBe(0);
  });

  test("chunkMs runs from chunk to chunk; empty ones do not count", async () => {
    const it = new RequestUnderTest({ deadlines: { chunkMs: 100 } });
    await it.pass(500);
    for (const text of ["a", "b", "c"]) {
      it.attempt.text(text);
      await it.pass(90);
    }
    it.attempt.text("");
    expect(expiredWith(it)).toBeUndefined();
    await it.pass(10);
    expect(expiredWith(it)).toBe("CHUNK_TIMEOUT");
  });

  test("stepMs runs over the whole call, however many chunks and attempts it has", async () => {
    const it = new RequestUnderTest({ deadlines: { stepMs: 100 }, retry: { initialDelayMs: 60 } });
    await it.pass(20);
    it.attempt.fail(failure({ retryable: true, retryAfterMs: 60 }));
    await it.pass(60);
    expect(it.attempts).toHaveLength(2);
    it.attempt.text("a");
    await it.pass(19);
    expect(expiredWith(it)).toBeUndefined();
    await it.pass(1);
    expect(expiredWith(it)).toBe("STEP_TIMEOUT");
  });

  test("stepMs stands still where the limiter lets an attempt wait: past its pause, and after a 429", async () => {
    const it = new RequestUnderTest({ deadlines: { stepMs: 100 } });
    it.extraMs = 10_000;
    it.attempt.fail(failure({ retryable: true, retryAfterMs: 60 }));
    await it.pass(10_060);
    expect(it.attempts).toHaveLength(2);
    it.attempt.fail(failure({ retryable: true, retryAfterMs: 1_000 }, "PROVIDER_RATE_LIMITED"));
    await it.pass(11_000);
    expect(it.attempts).toHaveLength(3);
    await it.pass(39);
    expect(expiredWith(it)).toBeUndefined();
    await it.pass(1);
    expect(expiredWith(it)).toBe("STEP_TIMEOUT");
  });

  test("the first deadline to expire counts, and the other does not come after it", async () => {
    const it = new RequestUnderTest({ deadlines: { firstChunkMs: 50, stepMs: 60 } });
    await it.pass(1_000);
    expect(expiredWith(it)).toBe("FIRST_CHUNK_TIMEOUT");
    it.attempt.fail(new Error("aborted"));
    await turn();
    expect(it.code).toBe("FIRST_CHUNK_TIMEOUT");
  });

  test("a deadline that expired is not retried, however passing the failure", async () => {
    const it = new RequestUnderTest({ deadlines: { firstChunkMs: 50 } });
    await it.pass(50);
    it.attempt.fail(failure());
    await it.pass(10_000);
    expect([it.attempts.length, it.code]).toEqual([1, "FIRST_CHUNK_TIMEOUT"]);
  });

  test("all stand still while the window is closed", async () => {
    const it = new RequestUnderTest({ deadlines: { chunkMs: 100, stepMs: 200 }, demandBytes: 1 });
    await it.pass(50);
    it.attempt.text("ab");
    await it.pass(100_000);
    expect(expiredWith(it)).toBeUndefined();
    it.request.demand(1_000);
    await it.pass(99);
    expect(expiredWith(it)).toBeUndefined();
    await it.pass(1);
    expect(expiredWith(it)).toBe("CHUNK_TIMEOUT");
  });

  test("stepMs goes on from where it stood", async () => {
    const it = new RequestUnderTest({ deadlines: { stepMs: 200 }, demandBytes: 1 });
    await it.pass(150);
    it.attempt.text("ab");
    await it.pass(100_000);
    it.request.demand(1_000);
    await it.pass(49);
    expect(expiredWith(it)).toBeUndefined();
    await it.pass(1);
    expect(expiredWith(it)).toBe("STEP_TIMEOUT");
  });

  test("all stand still while the supervisor is behind", async () => {
    const it = new RequestUnderTest({ deadlines: { chunkMs: 100, stepMs: 100 } });
    for (let i = 0; i < 33; i++) {
      it.attempt.text("x");
      it.outbox.flush();
    }
    await it.pass(10_000);
    expect(expiredWith(it)).toBeUndefined();
  });

  test("a chunk that has come but is not sent yet is no silence", async () => {
    const it = new RequestUnderTest({ deadlines: { chunkMs: 100 } });
    it.attempt.text("a");
    await it.pass(99);
    it.attempt.text("b");
    it.clock.advance(1);
    expect(expiredWith(it)).toBeUndefined();
    await it.pass(99);
    expect(expiredWith(it)).toBeUndefined();
    await it.pass(1);
    expect(expiredWith(it)).toBe("CHUNK_TIMEOUT");
  });

  test("an empty chunk that has to wait stands still too", async () => {
    const it = new RequestUnderTest({
      deadlines: { firstChunkMs: 100, stepMs: 100 },
      demandBytes: 0,
    });
    it.attempt.text("");
    await it.pass(10_000);
    expect([expiredWith(it), it.attempt.writes]).toEqual([undefined, ["open"]]);
    it.request.demand(10);
    await it.pass(100);
    expect(expiredWith(it)).toBe("FIRST_CHUNK_TIMEOUT");
  });

  test("a cancel while the window is closed ends them", async () => {
    const it = new RequestUnderTest({ deadlines: { chunkMs: 100, stepMs: 100 }, demandBytes: 1 });
    it.attempt.text("ab");
    await turn();
    it.request.cancel(new HeddleError("JOB_CANCELLED", "x"));
    it.attempt.fail(new Error("aborted"));
    await turn();
    expect([it.code, it.clock.pendingTimers]).toEqual(["JOB_CANCELLED", 0]);
  });

  test("without deadlines there are no timers", async () => {
    const it = new RequestUnderTest();
    it.attempt.text("a");
    await it.pass(1);
    expect(it.clock.timersSet).toBe(0);
  });
});

describe("a request's retries", () => {
  test("a passing failure is tried again after a pause, which is told", async () => {
    const it = new RequestUnderTest({ retry: { maxRetries: 1, initialDelayMs: 400 } });
    it.attempt.fail(failure());
    await turn();
    expect(it.waiting).toHaveLength(1);
    const [pauseMs] = it.waiting as [number];
    expect(pauseMs).toBeGreaterThanOrEqual(300);
    expect(pauseMs).toBeLessThanOrEqual(400);
    await it.pass(pauseMs - 1);
    expect(it.attempts).toHaveLength(1);
    await it.pass(2);
    expect(it.attempts).toHaveLength(2);
    it.attempt.text("a");
    it.attempt.respond("a");
    await turn();
    expect([it.sent, it.outcome?.response?.text]).toEqual([["a"], "a"]);
  });

  test("the last failure is what is told, after the last attempt", async () => {
    const it = new RequestUnderTest({ retry: { maxRetries: 2 } });
    for (const status of [500, 502, 503]) {
      it.attempt.fail(failure({ retryable: true, status }));
      await it.pass(10_000);
    }
    expect([it.attempts.length, it.waiting.length]).toEqual([3, 2]);
    expect(it.outcome?.error?.details).toMatchObject({ status: 503 });
  });

  test("nothing is tried again once a chunk was delivered", async () => {
    const it = new RequestUnderTest();
    it.attempt.text("a");
    it.attempt.fail(failure());
    await it.pass(10_000);
    expect([it.attempts.length, it.code]).toEqual([1, "PROVIDER_UNAVAILABLE"]);
  });

  test("an empty chunk delivers nothing", async () => {
    const it = new RequestUnderTest();
    it.attempt.text("");
    it.attempt.fail(failure());
    await it.pass(10_000);
    expect(it.attempts).toHaveLength(2);
  });

  test("a lasting failure is not tried again", async () => {
    const it = new RequestUnderTest();
    it.attempt.fail(failure({}));
    await it.pass(10_000);
    expect([it.attempts.length, it.waiting]).toEqual([1, []]);
  });

  test("each attempt has its own firstChunkMs; between them it stands still", async () => {
    const it = new RequestUnderTest({ deadlines: { firstChunkMs: 100 } });
    await it.pass(90);
    it.attempt.fail(failure({ retryable: true, retryAfterMs: 1_000 }));
    await it.pass(1_000);
    expect(it.attempts).toHaveLength(2);
    await it.pass(99);
    expect(expiredWith(it)).toBeUndefined();
    await it.pass(1);
    expect(expiredWith(it)).toBe("FIRST_CHUNK_TIMEOUT");
  });

  test("a cancel between two attempts ends it at once", async () => {
    const it = new RequestUnderTest();
    it.attempt.fail(failure());
    await turn();
    it.request.cancel(new HeddleError("JOB_CANCELLED", "user left"));
    await turn();
    expect([it.code, it.attempts.length, it.clock.pendingTimers]).toEqual(["JOB_CANCELLED", 1, 0]);
  });

  test("stepMs can expire between two attempts", async () => {
    const it = new RequestUnderTest({ deadlines: { stepMs: 50 } });
    it.attempt.fail(failure({ retryable: true, retryAfterMs: 1_000 }));
    await it.pass(50);
    expect([it.code, it.clock.pendingTimers]).toEqual(["STEP_TIMEOUT", 0]);
  });
});
