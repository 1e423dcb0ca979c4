import { beforeEach, describe, expect, test } from "vitest";
import { turn } from "../../support/fake-clock.ts";
import { endOf, GatewayUnderTest, response } from "./gateway-under-test.ts";

let it: GatewayUnderTest;

beforeEach(() => {
  it = new GatewayUnderTest();
});

describe("Gateway.open()", () => {
  test("sends a request, passes on its chunks in order, and ends with the response", async () => {
    await it.start();
    const call = it.open();
    expect(it.runtime.thread.commands).toEqual([
      {
        type: "request",
        requestId: call.requestId,
        provider: "main",
        request: { messages: [], settings: {} },
        deadlines: {},
        demandBytes: 10,
      },
    ]);
    it.deliver(call, "a");
    it.deliver(call, "b");
    it.respond(call);
    expect(await call.ended).toEqual(response);
    const atMs = `at ${it.runtime.clock.now()}`;
    expect(it.told).toEqual(["a", atMs, "b", atMs]);
    expect(it.gateway.openCalls).toBe(0);
  });

  test("fails with what the gateway says", async () => {
    await it.start();
    const call = it.open();
    const error = { code: "PROVIDER_AUTH", message: "no key" };
    it.runtime.thread.send({ type: "failed", requestId: call.requestId, error });
    await expect(call.ended).rejects.toMatchObject(error);
  });

  test("waits for the gateway to be ready, with the demand it has by then", async () => {
    const started = it.gateway.start();
    const call = it.open();
    it.gateway.demand(call, 30);
    await turn();
    expect(it.commands).toEqual([]);
    await it.runtime.thread.answer("load");
    await started;
    expect(it.runtime.thread.commands).toMatchObject([{ type: "request", demandBytes: 30 }]);
  });

  test("a request that is no plain data fails by itself", async () => {
    await it.start();
    const call = it.open({ request: { messages: [() => {}] } });
    expect(await endOf(call)).toBe("INVALID_INPUT");
    expect(await endOf(it.open())).toBe("open");
  });

  test("what comes for a call that has ended is dropped", async () => {
    await it.start();
    const call = it.open();
    it.respond(call);
    it.deliver(call, "late");
    it.respond(call);
    expect(it.told).toEqual([]);
  });
});

describe("a call whose attempt has failed", () => {
  test("is told when its next one is to be made, and that it waits", async () => {
    await it.start();
    const call = it.open();
    it.failAttempt(call, "PROVIDER_UNAVAILABLE", 500);
    expect(it.told).toEqual([`retry until ${it.runtime.clock.now() + 500}`]);
    await it.runtime.pass(499);
    expect(it.commands).toEqual(["request"]);
    await it.runtime.pass(1);
    expect(it.runtime.thread.commands.slice(1)).toEqual([
      { type: "retry", requestId: call.requestId },
    ]);
    it.respond(call);
    expect(await endOf(call)).toBe("responded");
  });

  test("is not told any more once it was cancelled", async () => {
    await it.start();
    const call = it.open();
    it.failAttempt(call, "PROVIDER_UNAVAILABLE", 500);
    it.gateway.cancel(call, "user left");
    expect(it.runtime.clock.pendingTimers).toBe(2);
    const error = { code: "JOB_CANCELLED", message: "user left" };
    it.runtime.thread.send({ type: "failed", requestId: call.requestId, error });
    await it.runtime.pass(1_000);
    expect(it.commands).toEqual(["request", "cancel"]);
  });
});

describe("Gateway.demand()", () => {
  test("is sent once per turn for all calls, the last figure of each", async () => {
    await it.start();
    const [a, b] = [it.open(), it.open()];
    it.gateway.demand(a, 20);
    it.gateway.demand(b, 25);
    it.gateway.demand(a, 30);
    await turn();
    expect(it.runtime.thread.commands.slice(2)).toEqual([
      { type: "demand", requestIds: [a.requestId, b.requestId], bytes: [30, 25] },
    ]);
  });
});

describe("Gateway.cancel()", () => {
  test("tells the gateway once, and ends when the gateway says so", async () => {
    await it.start();
    const call = it.open();
    it.gateway.cancel(call, "user left");
    it.gateway.cancel(call, "again");
    expect(it.runtime.thread.commands.slice(1)).toEqual([
      { type: "cancel", requestId: call.requestId, reason: "user left" },
    ]);
    expect(await endOf(call)).toBe("open");
    const error = { code: "JOB_CANCELLED", message: "user left" };
    it.runtime.thread.send({ type: "failed", requestId: call.requestId, error });
    expect(await endOf(call)).toBe("JOB_CANCELLED");
    await it.runtime.pass(1_000);
    expect(it.runtime.threads.map(({ terminations }) => terminations)).toEqual([0]);
  });

  test("of a call that was not sent yet ends it at once, and it is not sent", async () => {
    const started = it.gateway.start();
    const call = it.open();
    it.gateway.cancel(call, "user left");
    expect(await endOf(call)).toBe("JOB_CANCELLED");
    await it.runtime.thread.answer("load");
    await started;
    expect(it.commands).toEqual([]);
  });

  test("a gateway whose provider does not stop within the grace is ended and started anew", async () => {
    await it.start();
    const call = it.open();
    it.gateway.cancel(call, "user left");
    await it.runtime.pass(100);
    expect(it.runtime.thread.terminations).toBe(1);
    await it.runtime.thread.exit();
    expect(await endOf(call)).toBe("JOB_CANCELLED");
    await it.runtime.pass(0);
    await it.runtime.thread.answer("load");
    expect([it.runtime.threads.length, it.gateway.state]).toEqual([2, "ready"]);
    expect(it.commands).toEqual([]);
  });

  test("a gateway that cannot even be ended is written off, and reported", async () => {
    await it.start();
    const call = it.open();
    it.gateway.cancel(call, "user left");
    await it.runtime.pass(100);
    await it.runtime.pass(50);
    expect(await endOf(call)).toBe("JOB_CANCELLED");
    expect(it.reports).toEqual(["thread-stuck", "gateway-lost"]);
    await it.runtime.threads[0]?.exit();
    expect(it.reports).toEqual(["thread-stuck", "gateway-lost"]);
  });
});
