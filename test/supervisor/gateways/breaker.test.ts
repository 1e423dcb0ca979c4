import { beforeEach, describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import { Breaker } from "../../../src/supervisor/gateways/breaker.ts";
import type { SupervisorEvent } from "../../../src/supervisor/runtime.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const down = new HeddleError("PROVIDER_UNAVAILABLE", "down");
let clock: FakeClock;
let told: SupervisorEvent[];
let breaker: Breaker;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  breaker = new Breaker(
    { name: "main", breaker: { failures: 2, withinMs: 1_000, pauseMs: 100 } },
    { clock, report: (event) => told.push(event) },
  );
});

function fail(times: number): void {
  for (let i = 0; i < times; i++) breaker.begin().failed(down);
}

describe("a breaker", () => {
  test("tells that it opens and that it closes, once each, and counts its openings", () => {
    fail(4);
    clock.advance(100);
    fail(1);
    clock.advance(200);
    const probe = breaker.begin();
    expect(probe.isProbe).toBe(true);
    probe.answered();
    expect(told).toEqual([
      { type: "breaker-opened", provider: "main", error: down },
      { type: "breaker-closed", provider: "main" },
    ]);
    expect(breaker.inspect()).toEqual({
      state: "closed",
      failures: 0,
      untilMs: undefined,
      openings: 1,
    });
  });

  test("shows failures that count, until when it is open, and that it may be tried", () => {
    fail(1);
    expect(breaker.inspect()).toMatchObject({ state: "closed", failures: 1 });
    fail(1);
    expect(breaker.inspect()).toMatchObject({ state: "open", untilMs: clock.now() + 100 });
    clock.advance(100);
    expect(breaker.inspect()).toMatchObject({ state: "half-open", untilMs: undefined });
    breaker.begin();
    expect(breaker.inspect()).toMatchObject({ state: "half-open", openings: 1 });
  });

  test("says why it is to be passed over: until when, and for which failure", () => {
    expect(breaker.refusal()).toBeUndefined();
    fail(2);
    const refusal = breaker.refusal();
    expect(refusal).toMatchObject({
      code: "BREAKER_OPEN",
      message: expect.stringContaining('"main"'),
      details: { provider: "main", untilMs: clock.now() + 100 },
      cause: down,
    });
    clock.advance(100);
    expect(breaker.refusal()).toBeUndefined();
    breaker.begin();
    expect(breaker.refusal()?.message).toContain("one call is trying it out");
  });

  test("counts the first end of a call only", () => {
    fail(2);
    clock.advance(100);
    const probe = breaker.begin();
    probe.answered();
    probe.failed(down);
    expect(breaker.inspect()).toMatchObject({ state: "closed", failures: 0 });
  });

  test("takes a refused request for an answer, and a cancelled one for nothing", () => {
    fail(1);
    clock.advance(1);
    breaker.begin().failed(new HeddleError("JOB_CANCELLED", "x"));
    breaker.begin().failed(new HeddleError("PROVIDER_RATE_LIMITED", "x"));
    expect(breaker.inspect()).toMatchObject({ failures: 1 });
    breaker.begin().failed(new HeddleError("PROVIDER_BAD_REQUEST", "x"));
    expect(breaker.inspect()).toMatchObject({ failures: 0 });
  });
});
