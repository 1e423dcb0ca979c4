import { beforeEach, describe, expect, test } from "vitest";
import { endOf, GatewayUnderTest } from "./gateway-under-test.ts";

const failed = { ok: false, error: { code: "PROVIDER_LOAD_FAILED", message: "gone" } };

let it: GatewayUnderTest;

beforeEach(() => {
  it = new GatewayUnderTest();
});

describe("a gateway that is lost", () => {
  test("calls that had delivered nothing are sent again, the others fail", async () => {
    await it.start();
    const [fresh, begun] = [it.open(), it.open()];
    it.deliver(begun, "a");
    await it.runtime.thread.exit(9, new Error("native"));
    expect(await endOf(begun)).toBe("GATEWAY_LOST");
    expect(it.runtime.reported).toMatchObject([
      { type: "gateway-lost", gateway: "gateway-0", resent: 1, failed: 1 },
    ]);
    await it.runtime.pass(0);
    await it.runtime.thread.answer("load");
    expect(it.runtime.thread.commands).toMatchObject([
      { type: "request", requestId: fresh.requestId },
    ]);
    it.respond(fresh);
    expect(await endOf(fresh)).toBe("responded");
    expect(it.reports).toEqual(["gateway-lost", "gateway-restarted"]);
  });

  test("a call is sent again once, not for ever", async () => {
    await it.start();
    const call = it.open();
    await it.runtime.thread.exit();
    await it.runtime.pass(0);
    await it.runtime.thread.answer("load");
    await it.runtime.thread.exit();
    expect(await endOf(call)).toBe("GATEWAY_LOST");
  });

  test("each loss in a row doubles the pause before the next start; a response ends the row", async () => {
    await it.start();
    const pauses: number[] = [];
    for (let i = 0; i < 5; i++) {
      const before = it.runtime.threads.length;
      await it.runtime.thread.exit();
      let pauseMs = 0;
      for (await it.runtime.pass(0); it.runtime.threads.length === before; pauseMs += 50) {
        await it.runtime.pass(50);
      }
      pauses.push(pauseMs);
      await it.runtime.thread.answer("load");
      if (i === 3) it.respond(it.open());
    }
    expect(pauses).toEqual([0, 100, 200, 400, 0]);
  });

  test("one that cannot be loaded again is down, fails what waits, and stays down until it is needed", async () => {
    await it.start();
    const waiting = it.open();
    await it.runtime.thread.exit();
    await it.runtime.pass(0);
    await it.runtime.thread.answer("load", failed);
    expect([it.gateway.state, await endOf(waiting)]).toEqual(["down", "GATEWAY_LOST"]);
    await it.runtime.thread.exit();
    await it.runtime.pass(100_000);
    expect([it.gateway.state, it.runtime.threads.length]).toEqual(["down", 2]);
    const call = it.open();
    await it.runtime.pass(200);
    await it.runtime.thread.answer("load");
    it.respond(call);
    expect([it.gateway.state, await endOf(call)]).toEqual(["ready", "responded"]);
  });

  test("one that is lost in the turn in which it has loaded is down, too, and fails what waits", async () => {
    await it.start();
    const waiting = it.open();
    await it.runtime.thread.exit();
    await it.runtime.pass(0);
    void it.runtime.thread.answer("load");
    await it.runtime.thread.exit();
    expect([it.gateway.state, await endOf(waiting)]).toEqual(["down", "GATEWAY_LOST"]);
    expect(it.reports).toEqual(["gateway-lost"]);
    const call = it.open();
    await it.runtime.pass(200);
    await it.runtime.thread.answer("load");
    it.respond(call);
    expect([it.gateway.state, await endOf(call)]).toEqual(["ready", "responded"]);
  });
});

describe("Gateway.close()", () => {
  test("lets the providers close, then ends the thread", async () => {
    await it.start();
    const closed = it.gateway.close();
    expect(it.runtime.thread.terminations).toBe(0);
    await it.runtime.thread.answer("close");
    expect(it.runtime.thread.terminations).toBe(1);
    await it.runtime.thread.exit();
    await closed;
    await it.runtime.pass(100_000);
    expect([it.runtime.threads.length, it.reports, it.runtime.holders]).toEqual([1, [], 0]);
  });

  test("does not wait for ever for a provider that does not close, or for a thread that does not end", async () => {
    await it.start();
    const call = it.open();
    const closed = it.gateway.close();
    await it.runtime.pass(1_000);
    expect(it.runtime.thread.terminations).toBe(1);
    await it.runtime.pass(5_000);
    await closed;
    expect(it.reports).toEqual(["thread-stuck"]);
    expect(await endOf(call)).toBe("THREAD_STUCK");
  });

  test("a call after it fails", async () => {
    await it.start();
    const closed = it.gateway.close();
    expect(await endOf(it.open())).toBe("SUPERVISOR_CLOSED");
    await it.runtime.thread.exit();
    await closed;
  });

  test("while it waits to be started anew, it is not started any more, and what waits fails", async () => {
    await it.start();
    const call = it.open();
    await it.runtime.thread.exit();
    await it.gateway.close();
    await it.runtime.pass(100_000);
    expect(it.runtime.threads).toHaveLength(1);
    expect(await endOf(call)).toBe("SUPERVISOR_CLOSED");
  });
});
