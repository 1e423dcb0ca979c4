import { describe, expect, test } from "vitest";
import type { ProviderLimits } from "../../../src/protocol/provider.ts";
import type { ModelCall } from "../../../src/supervisor/gateways/model-call.ts";
import { turn } from "../../support/fake-clock.ts";
import { endOf, GatewayUnderTest } from "./gateway-under-test.ts";

async function started(limits: ProviderLimits = {}): Promise<GatewayUnderTest> {
  const it = new GatewayUnderTest(limits);
  await it.start();
  return it;
}

/** What the gateway was told of its calls, with their numbers. */
function commandsOf(it: GatewayUnderTest): string[] {
  const commands = it.runtime.thread.commands.filter(({ requestId }) => requestId !== undefined);
  return commands.map(({ type, requestId }) => `${type} ${requestId}`);
}

function failWith(it: GatewayUnderTest, call: ModelCall, code: string, details = {}): void {
  const error = { code, message: "x", details };
  it.runtime.thread.send({ type: "failed", requestId: call.requestId, error });
}

describe("a call that has to wait for its provider's limits", () => {
  test("is not sent before its turn, and then with the demand it has by then", async () => {
    const it = await started({ maxConcurrent: 1 });
    const [first, second] = [it.open(), it.open()];
    it.gateway.demand(second, 99);
    await turn();
    expect(commandsOf(it)).toEqual(["request 1"]);
    expect(it.told).toEqual(["rate-limit until undefined"]);
    it.respond(first);
    await turn();
    expect(it.runtime.thread.commands.at(-1)).toMatchObject({
      type: "request",
      requestId: second.requestId,
      demandBytes: 99,
    });
    it.respond(second);
    expect(await endOf(second)).toBe("responded");
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  test("ends at once when it is cancelled, and is never sent", async () => {
    const it = await started({ maxConcurrent: 1 });
    const [first, second] = [it.open(), it.open()];
    it.gateway.cancel(second, "user left");
    expect(await endOf(second)).toBe("JOB_CANCELLED");
    it.respond(first);
    await turn();
    expect(commandsOf(it)).toEqual(["request 1"]);
    expect([it.gateway.openCalls, it.limiter.inspect().waiting]).toEqual([0, 0]);
  });

  test("a call that was cancelled counts until its provider has stopped", async () => {
    const it = await started({ maxConcurrent: 1 });
    const [first] = [it.open(), it.open()];
    it.gateway.cancel(first, "user left");
    await turn();
    expect(commandsOf(it)).toEqual(["request 1", "cancel 1"]);
    failWith(it, first, "JOB_CANCELLED");
    await turn();
    expect(commandsOf(it)).toEqual(["request 1", "cancel 1", "request 2"]);
  });

  test("takes no turn before its gateway is ready to send it", async () => {
    const it = new GatewayUnderTest({ requestsPerMinute: 60 });
    const starting = it.gateway.start();
    it.open();
    await it.runtime.pass(5_000);
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 0, waiting: 0, requestsLeft: 60 });
    await it.runtime.thread.answer("load");
    await starting;
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 1, requestsLeft: 59 });
    expect(commandsOf(it)).toEqual(["request 1"]);
  });

  test("a request that is no plain data, or none at all, fails by itself", async () => {
    const it = await started({ tokensPerMinute: 10_000, maxConcurrent: 1 });
    expect(await endOf(it.open({ request: { messages: 5 } }))).toBe("INVALID_INPUT");
    const settings = { toJSON: () => {} };
    expect(await endOf(it.open({ request: { messages: [], settings } }))).toBe("INVALID_INPUT");
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  test("what it took is known with its response; servers that do not say leave the estimate", async () => {
    const it = await started({ tokensPerMinute: 10_000 });
    const [counted, uncounted] = [it.open(), it.open()];
    expect(it.limiter.inspect()).toMatchObject({ tokensLeft: 8_000 });
    const usage = { inputTokens: 5, outputTokens: 20, totalTokens: 25 };
    it.respond(counted, usage);
    it.respond(uncounted);
    expect(it.limiter.inspect()).toMatchObject({ tokensLeft: 8_975 });
  });
});

describe("a gateway that is lost", () => {
  test("its calls give up their turns, and ask again once it is there again", async () => {
    const it = await started({ maxConcurrent: 2 });
    const [begun] = [it.open(), it.open(), it.open()];
    it.deliver(begun as ModelCall, "a");
    await it.runtime.thread.exit();
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 0, waiting: 0 });
    await it.runtime.pass(0);
    await it.runtime.thread.answer("load");
    expect(commandsOf(it)).toEqual(["request 2", "request 3"]);
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 2, waiting: 0 });
  });

  test("between two attempts: the call is sent anew, not told to go on", async () => {
    const it = await started();
    const call = it.open();
    it.failAttempt(call, "PROVIDER_UNAVAILABLE", 5_000);
    await it.runtime.thread.exit();
    await it.runtime.pass(0);
    await it.runtime.thread.answer("load");
    await it.runtime.pass(5_000);
    expect(commandsOf(it)).toEqual(["request 1"]);
  });
});

describe("a call that its provider has refused", () => {
  test("is told to go on after the back-off, and so are the others, which were not sent meanwhile", async () => {
    const it = await started();
    const first = it.open();
    it.failAttempt(first, "PROVIDER_RATE_LIMITED", 2_000);
    it.open();
    await it.runtime.pass(1_999);
    expect(commandsOf(it)).toEqual(["request 1"]);
    await it.runtime.pass(1);
    expect(commandsOf(it)).toEqual(["request 1", "retry 1"]);
    it.respond(first);
    await turn();
    expect(commandsOf(it)).toEqual(["request 1", "retry 1", "request 2"]);
    const untilMs = it.runtime.clock.now();
    expect(it.told).toEqual([`rate-limit until ${untilMs}`, `rate-limit until ${untilMs}`]);
  });

  test("is not told to go on once it was cancelled or has expired", async () => {
    const it = await started();
    const [cancelled, expired] = [it.open({ graceMs: 9_999 }), it.open({ graceMs: 9_999 })];
    for (const call of [cancelled, expired]) it.failAttempt(call, "PROVIDER_RATE_LIMITED", 1_000);
    it.gateway.cancel(cancelled, "user left");
    const error = { code: "STEP_TIMEOUT", message: "x" };
    it.runtime.thread.send({ type: "expired", requestId: expired.requestId, error });
    await it.runtime.pass(2_000);
    expect(commandsOf(it)).toEqual(["request 1", "request 2", "cancel 1"]);
    failWith(it, cancelled, "JOB_CANCELLED");
    failWith(it, expired, "STEP_TIMEOUT");
    expect([await endOf(cancelled), await endOf(expired)]).toEqual([
      "JOB_CANCELLED",
      "STEP_TIMEOUT",
    ]);
  });

  test("a refusal that comes after its cancel is not waited out", async () => {
    const it = await started();
    const call = it.open();
    it.gateway.cancel(call, "user left");
    it.failAttempt(call, "PROVIDER_RATE_LIMITED", 1_000);
    await turn();
    expect([it.told, it.limiter.inspect().waiting]).toEqual([[], 0]);
    failWith(it, call, "JOB_CANCELLED");
    expect(await endOf(call)).toBe("JOB_CANCELLED");
    expect(it.limiter.inspect().inFlight).toBe(0);
  });

  test("fails as refused when another one learns that the pause is too long", async () => {
    const it = await started();
    const [first, second] = [it.open(), it.open()];
    it.failAttempt(first, "PROVIDER_RATE_LIMITED", 1_000);
    failWith(it, second, "PROVIDER_RATE_LIMITED", { retryAfterMs: 3_600_000 });
    expect(await endOf(second)).toBe("PROVIDER_RATE_LIMITED");
    expect(commandsOf(it)).toEqual(["request 1", "request 2", "cancel 1"]);
    failWith(it, first, "JOB_CANCELLED");
    await expect(first.ended).rejects.toMatchObject({
      code: "PROVIDER_RATE_LIMITED",
      details: { retryAfterMs: 3_600_000 },
    });
    expect(await endOf(it.open())).toBe("PROVIDER_RATE_LIMITED");
    expect(it.limiter.inspect()).toMatchObject({ inFlight: 0, waiting: 0 });
  });
});
