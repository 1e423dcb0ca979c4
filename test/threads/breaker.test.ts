import { describe, expect, test } from "vitest";
import { fallbacksOf, scripted, startProviders } from "../support/providers.ts";
import { collect } from "../support/supervisors.ts";

const DOWN = { error: { status: 503, message: "down" } };
const worker = { provider: "main", fallback: ["backup"] };

describe("a provider's breaker", () => {
  const breaker = { failures: 2, withinMs: 60_000, pauseMs: 3_600_000 };

  test("opens after its failures: who has another provider goes on at once, who has none asks it all the same", async () => {
    const main = scripted([DOWN], { breaker });
    const { session, supervisor } = await startProviders({ main, backup: [{ text: "x" }] });
    const told: string[] = [];
    supervisor.events$.subscribe((event) => {
      if (event.type === "breaker-opened") told.push(`${event.provider}: ${event.error.code}`);
    });
    const why: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const job = session.run(worker, { prompt: "go" });
      await job.wait();
      why.push(...fallbacksOf(await collect(job.events())));
    }
    expect(why).toEqual([
      ["main", "backup", "PROVIDER_UNAVAILABLE"],
      ["main", "backup", "PROVIDER_UNAVAILABLE"],
      ["main", "backup", "BREAKER_OPEN"],
      ["main", "backup", "BREAKER_OPEN"],
    ]);
    expect(told).toEqual(["main: PROVIDER_UNAVAILABLE"]);
    expect(supervisor.inspect().providers[0]?.breaker).toMatchObject({
      state: "open",
      openings: 1,
    });
    expect(await supervisor.scripted("main").calls()).toHaveLength(2);
    const alone = session.run({ provider: "main" }, { prompt: "go" });
    expect((await alone.outcome).error?.code).toBe("PROVIDER_UNAVAILABLE");
    expect(await supervisor.scripted("main").calls()).toHaveLength(3);
  });

  test("never has a call refused: the last provider is asked, open or not", async () => {
    const open = { failures: 1, withinMs: 60_000, pauseMs: 3_600_000 };
    const { session } = await startProviders({
      main: scripted([DOWN], { breaker: open }),
      backup: scripted([DOWN, { text: "back again" }], { breaker: open }),
    });
    const made = session.createWorker(worker);
    expect((await session.run(made, { prompt: "a" }).outcome).error?.code).toBe(
      "PROVIDER_UNAVAILABLE",
    );
    expect((await session.run(made, { prompt: "b" }).wait()).text).toBe("back again");
  });

  test("is tried by one call after its pause, and closes as soon as that begins to answer", async () => {
    const main = scripted([DOWN, { stall: true, text: "again" }], {
      breaker: { failures: 1, withinMs: 60_000, pauseMs: 1 },
    });
    const { session, supervisor } = await startProviders({ main, backup: [{ text: "x" }] });
    const closed = new Promise<string>((resolve) => {
      supervisor.events$.subscribe((event) => {
        if (event.type === "breaker-closed") resolve(event.provider);
      });
    });
    const made = session.createWorker(worker);
    await session.run(made, { prompt: "a" }).wait();
    while (supervisor.inspect().providers[0]?.breaker.state === "open") {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const probe = session.run(made, { prompt: "b" });
    expect(await closed).toBe("main");
    expect(supervisor.inspect().providers[0]?.breaker.state).toBe("closed");
    await probe.cancel();
  });
});
