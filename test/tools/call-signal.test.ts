import { describe, expect, test } from "vitest";
import { CallSignal } from "../../src/tools/call-signal.ts";
import { FakeClock } from "../support/fake-clock.ts";

function start(timeoutMs?: number) {
  const clock = new FakeClock();
  const job = new AbortController();
  return { clock, job, call: new CallSignal(job.signal, timeoutMs, clock) };
}

describe("CallSignal", () => {
  test("while it is held, its time stands still; then what was left of it counts", () => {
    const { clock, call } = start(100);
    clock.advance(60);
    const release = call.hold();
    clock.advance(1_000);
    expect([call.signal.aborted, call.isOver]).toEqual([false, false]);
    release();
    clock.advance(39);
    expect(call.isOver).toBe(false);
    clock.advance(1);
    expect(call.isOver).toBe(true);
    expect(call.signal.reason).toBe(call.timeout);
    expect(call.timeout?.code).toBe("TOOL_TIMEOUT");
  });

  test("held twice, its time goes on with the second release", () => {
    const { clock, call } = start(100);
    const [first, second] = [call.hold(), call.hold()];
    first();
    clock.advance(1_000);
    expect(call.isOver).toBe(false);
    second();
    clock.advance(100);
    expect(call.isOver).toBe(true);
  });

  test("a call that has ended, or has no deadline, is not timed by a release", () => {
    const ended = start(100);
    const release = ended.call.hold();
    ended.call.end();
    release();
    const endless = start();
    endless.call.hold()();
    expect([ended.clock.pendingTimers, endless.clock.pendingTimers]).toEqual([0, 0]);
  });

  test("its job's end aborts it, held or not", () => {
    const { job, call } = start(100);
    call.hold();
    job.abort("enough");
    expect(call.signal.reason).toBe("enough");
    expect(call.timeout).toBeUndefined();
  });
});
