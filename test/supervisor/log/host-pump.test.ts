import { describe, expect, test } from "vitest";
import { HeddleError } from "../../../src/errors.ts";
import type { WorkerHost } from "../../../src/supervisor/host.ts";
import { pumpToHost } from "../../../src/supervisor/log/host-pump.ts";
import { textOf } from "../../support/arbitraries.ts";
import { turn } from "../../support/fake-clock.ts";
import { JobUnderTest } from "../jobs/fake-job.ts";

/** A host that notes what it is told. */
function noting(calls: string[]): WorkerHost {
  return {
    workerStateChange: (workerId, state) => void calls.push(`${workerId} is ${state}`),
    responseChunkReceived: (workerId, chunk) => void calls.push(`${workerId}: ${textOf(chunk)}`),
  };
}

describe("pumpToHost()", () => {
  test("tells states and chunks in the order of the log, and the state after the end", async () => {
    const it = new JobUnderTest();
    const calls: string[] = [];
    const pumping = pumpToHost(it.job, noting(calls));
    it.begin();
    it.state("working");
    it.respond("a", "b");
    it.workerState = "idle";
    it.end();
    await pumping;
    expect(calls).toEqual(["worker is working", "worker: a", "worker: b", "worker is idle"]);
  });

  test("a host that wants to know nothing is told nothing", async () => {
    const it = new JobUnderTest();
    const pumping = pumpToHost(it.job, {});
    it.begin();
    it.respond("a");
    it.end();
    await pumping;
    expect(it.job.state).toBe("completed");
  });

  test("waits for each call before the next", async () => {
    const it = new JobUnderTest();
    const gates: PromiseWithResolvers<void>[] = [];
    const host: WorkerHost = {
      responseChunkReceived: () => {
        gates.push(Promise.withResolvers());
        return gates.at(-1)?.promise;
      },
    };
    const pumping = pumpToHost(it.job, host);
    it.begin();
    it.respond("a", "b");
    it.end();
    await turn();
    expect(gates).toHaveLength(1);
    gates[0]?.resolve();
    await turn();
    expect(gates).toHaveLength(2);
    gates[1]?.resolve();
    await pumping;
  });

  test("a slow host holds its job's stream back", async () => {
    const it = new JobUnderTest({}, { windowBytes: 4 });
    void pumpToHost(it.job, { responseChunkReceived: () => new Promise(() => {}) });
    it.begin();
    it.job.stream.openCall(() => {});
    it.receive("0123", "4567");
    await turn();
    expect(it.holds).toEqual([true]);
  });

  test.each([
    ["throws", () => fail()],
    ["rejects", () => Promise.reject(mine)],
  ])("a host that %s fails its own job, which no longer waits for it", async (_, call) => {
    const it = new JobUnderTest({}, { windowBytes: 4 });
    const pumping = pumpToHost(it.job, { responseChunkReceived: call });
    it.begin();
    it.job.stream.openCall(() => {});
    it.receive("0123");
    await pumping;
    expect(it.stops).toMatchObject([{ type: "fail", error: { code: "HOST_FAILED" } }]);
    expect(it.holds).toEqual([true, false]);
    it.end();
    expect(await it.job.outcome).toMatchObject({
      status: "failed",
      error: { code: "HOST_FAILED", cause: { message: "mine" } },
    });
  });

  test("a host that throws at the very end harms nobody", async () => {
    const it = new JobUnderTest();
    const pumping = pumpToHost(it.job, { workerStateChange: fail });
    it.begin();
    it.end();
    await pumping;
    expect(await it.job.outcome).toMatchObject({ status: "completed" });
  });

  test("a host that throws what cannot be read still fails its job", async () => {
    const it = new JobUnderTest();
    const odd = new Proxy({}, { getPrototypeOf: fail, get: fail });
    const pumping = pumpToHost(it.job, { responseChunkReceived: () => Promise.reject(odd) });
    it.begin();
    it.receive("a");
    await pumping;
    expect(it.stops).toMatchObject([{ type: "fail", error: { code: "HOST_FAILED" } }]);
  });
});

const mine = new HeddleError("INTERNAL", "mine");

function fail(): never {
  throw mine;
}
