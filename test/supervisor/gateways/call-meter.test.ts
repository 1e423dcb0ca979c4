import { beforeEach, describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { CallMeter } from "../../../src/supervisor/gateways/model-call.ts";
import { GatewayUnderTest } from "./gateway-under-test.ts";

/** Notes what it is told. */
class MeterUnderTest implements CallMeter {
  readonly told: string[] = [];
  readonly follows: boolean;
  /** What the next attempt is refused with. */
  refused: HeddleError | undefined;

  refusal(inputTokens: number): HeddleError | undefined {
    this.told.push(`asked ${inputTokens}`);
    return this.refused;
  }

  sent(inputTokens: number): void {
    this.told.push(`sent ${inputTokens}`);
  }

  constructor(follows: boolean) {
    this.follows = follows;
  }

  received(): void {
    this.told.push("received");
  }

  ended(end: Parameters<CallMeter["ended"]>[0]): void {
    this.told.push(end.type === "responded" ? `responded ${end.usage.totalTokens}` : end.type);
  }
}

const request = { messages: [{ role: "user", content: "x".repeat(40) }], settings: {} };
const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

let house: GatewayUnderTest;
let meter: MeterUnderTest;

beforeEach(() => {
  house = new GatewayUnderTest({ maxConcurrent: 1 });
  meter = new MeterUnderTest(true);
});

const open = () => house.open({ request, meter });

describe("what a model call takes", () => {
  test("is counted from when it is sent, chunk by chunk, to what its server says", async () => {
    const call = open();
    expect(meter.told).toEqual([]);
    await house.start();
    house.deliver(call, "hello");
    house.respond(call, usage);
    expect(meter.told).toEqual(["asked 10", "sent 10", "received", "responded 5"]);
  });

  test("is nothing of a call that is cancelled while its gateway starts, or while it waits its turn", async () => {
    house.gateway.cancel(open(), "enough");
    await house.start();
    house.open();
    house.gateway.cancel(open(), "enough");
    expect(meter.told).toEqual(["cut-off", "cut-off"]);
    expect(house.commands).toEqual(["request"]);
  });

  test("is nothing of a call that cannot be sent", async () => {
    await house.start();
    const call = house.open({ request: { ...request, messages: [null] }, meter });
    await expect(call.ended).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(meter.told).toEqual(["cut-off"]);
    expect(house.limiter.inspect().inFlight).toBe(0);
  });

  test("is cut off by a cancel, also when its server had failed by then", async () => {
    await house.start();
    const call = open();
    house.gateway.cancel(call, "enough");
    house.fail(call, "PROVIDER_UNAVAILABLE");
    expect(meter.told).toEqual(["asked 10", "sent 10", "cut-off"]);
  });

  test("is that of an attempt that has failed by itself, and then of the next one", async () => {
    await house.start();
    const call = open();
    house.failAttempt(call, "PROVIDER_UNAVAILABLE", 100);
    await house.runtime.pass(100);
    house.fail(call, "PROVIDER_UNAVAILABLE");
    const attempt = ["asked 10", "sent 10", "failed"];
    expect(meter.told).toEqual([...attempt, ...attempt]);
  });

  test("goes on when it is sent again because its gateway was lost, and is cut off when that is not done", async () => {
    await house.start();
    const call = open();
    await house.lose();
    expect(meter.told).toEqual(["asked 10", "sent 10", "asked 10", "sent 10"]);
    house.deliver(call, "hello");
    await house.lose();
    expect(meter.told.slice(4)).toEqual(["received", "cut-off"]);
  });
});

describe("a meter that does not follow", () => {
  test("is told of the end, and not of what arrives", async () => {
    meter = new MeterUnderTest(false);
    const call = open();
    await house.start();
    house.deliver(call, "hello");
    house.respond(call, usage);
    expect(meter.told).toEqual(["asked 10", "sent 10", "responded 5"]);
  });
});

describe("a meter that refuses", () => {
  test("keeps the call from being sent, and its place goes to the next", async () => {
    await house.start();
    meter.refused = new HeddleError("BUDGET_TOKENS", "no more");
    const call = open();
    await expect(call.ended).rejects.toBe(meter.refused);
    expect(meter.told).toEqual(["asked 10", "cut-off"]);
    expect(house.commands).not.toContain("request");
    expect(house.limiter.inspect()).toMatchObject({ inFlight: 0, waiting: 0 });
    house.open();
    expect(house.commands).toContain("request");
  });

  test("ends a call that was to be tried again, at its gateway, too", async () => {
    await house.start();
    const call = open();
    house.failAttempt(call, "PROVIDER_UNAVAILABLE", 100);
    meter.refused = new HeddleError("BUDGET_TOKENS", "no more");
    await house.runtime.pass(100);
    expect(house.commands).toEqual(["request", "cancel"]);
    house.fail(call, "JOB_CANCELLED");
    await expect(call.ended).rejects.toBe(meter.refused);
    expect(house.limiter.inspect()).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  test("leaves the tokens of the minute to others", async () => {
    house = new GatewayUnderTest({ tokensPerMinute: 5_000 });
    await house.start();
    meter.refused = new HeddleError("BUDGET_TOKENS", "no more");
    await expect(open().ended).rejects.toBe(meter.refused);
    expect(house.limiter.inspect().tokensLeft).toBe(5_000);
  });
});
