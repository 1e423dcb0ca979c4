import { describe, expect, test } from "vitest";
import type { Supervisor } from "../../src/index.ts";
import { create } from "../support/behaviours.ts";
import { startScripted } from "../support/supervisors.ts";

const SCRIPT = [{ text: "x" }];

/** Resolves when so many threads are held: the only thing that tells of parking is `inspect()`. */
async function held(supervisor: Supervisor, threads: number): Promise<void> {
  while (supervisor.inspect().threads.held !== threads) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("parking", () => {
  test("gives the thread up, and keeps the state", async () => {
    const { session, supervisor } = await startScripted(SCRIPT);
    const worker = create(session, "counter", { parkAfterMs: 0 });
    for (const n of [1, 2, 3]) {
      await worker.tell("add", { n: 1 });
      await held(supervisor, 0);
      expect(await worker.ask("get")).toBe(n);
    }
    expect(worker.lastFailure).toBeUndefined();
  });

  test("is left out when the state cannot be cloned", async () => {
    const { session, supervisor } = await startScripted(SCRIPT, { threads: { max: 2 } });
    const stays = create(session, "faulty", { name: "stays" });
    const goes = create(session, "counter", { name: "goes" });
    await goes.tell("add", { n: 5 });
    expect(await goes.ask("get")).toBe(5);
    await stays.ask("unclonable");
    const threadId = supervisor.inspect().sessions[0]?.workers[0]?.threadId;
    // Two others need a thread, and there is one to be had: that of the one that can do without.
    const others = [create(session, "counter"), create(session, "counter")];
    expect(await Promise.all(others.map((other) => other.ask("get")))).toEqual([0, 0]);
    expect(await goes.ask("get")).toBe(5);
    expect(supervisor.inspect().sessions[0]?.workers[0]).toMatchObject({ name: "stays", threadId });
  });

  test("lets many live on few threads, agents among them", async () => {
    const { session, supervisor } = await startScripted(SCRIPT, { threads: { max: 2 } });
    const workers = Array.from({ length: 6 }, () => create(session, "counter"));
    const agent = session.createWorker();
    for (const [n, worker] of workers.entries()) void worker.tell("add", { n });
    const job = session.run(agent, { prompt: "go" });
    const counts = workers.map((worker) => worker.ask("get", {}, { timeoutMs: 60_000 }));
    expect(await Promise.all(counts)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await job.wait()).toMatchObject({ text: "x" });
    expect(supervisor.inspect().threads).toMatchObject({ max: 2, waiting: 0 });
  });
});
