import { describe, expect, test } from "vitest";
import { AT_ONCE, create } from "../support/behaviours.ts";
import { startScripted } from "../support/supervisors.ts";
import { callsOf, eventsOf, outcomesOf, reachesEvent, toolsOf } from "../support/tools.ts";

const moody = { tools: [toolsOf("moody")] };
const restart = { backoff: AT_ONCE };

describe("a call that takes too long", () => {
  const timeouts = { toolMs: 20 };

  test.each(["listens", "polls"])(
    "of a tool that %s is an error for the model, and the thread stays",
    async (name) => {
      const { session } = await startScripted(callsOf({ name }));
      const job = session.run({ ...moody, timeouts, graceMs: 60_000 }, { prompt: "go" });
      expect((await job.wait()).text).toBe("done");
      const expected =
        name === "polls" ? { result: "saw it" } : { error: { code: "TOOL_TIMEOUT" } };
      expect(await outcomesOf(job)).toMatchObject([expected]);
      expect(await eventsOf(job, "restarted")).toEqual([]);
    },
  );

  test.each(["deaf", "spins"])(
    "of a tool that is %s takes the thread with it, and the job goes on",
    async (name) => {
      const { session } = await startScripted(callsOf({ name }));
      const job = session.run({ ...moody, timeouts, graceMs: 20, restart }, { prompt: "go" });
      expect((await job.wait()).text).toBe("done");
      expect(await outcomesOf(job)).toMatchObject([{ error: { code: "TOOL_TIMEOUT" } }]);
      expect(await eventsOf(job, "restarted")).toMatchObject([
        { failure: { code: "ACTOR_UNRESPONSIVE" } },
      ]);
    },
  );
});

describe("a cancel", () => {
  test.each([
    ["listens", "cooperative", "TOOL_INTERRUPTED"],
    ["polls", "cooperative", undefined],
    ["deaf", "terminated", "TOOL_INTERRUPTED"],
    ["spins", "terminated", "TOOL_INTERRUPTED"],
  ])("reaches a tool that %s (%s), and its call has an end", async (name, how, code) => {
    const { session } = await startScripted(callsOf({ name }));
    const graceMs = how === "terminated" ? 20 : 60_000;
    const worker = session.createWorker({ ...moody, graceMs });
    const job = session.run(worker, { prompt: "go" });
    await reachesEvent(job, "tool-progress");
    expect(await job.cancel("enough")).toMatchObject({ how });
    const outcomes = await outcomesOf(job);
    expect(outcomes.map(({ error }) => error?.code)).toEqual([code]);
    expect(worker.transcript.at(-1)).toMatchObject({
      role: "tool",
      content: outcomes[0]?.result,
    });
  });
});

describe("a thread that dies in a tool", () => {
  test("the call is told to the model as interrupted, and not carried out again", async () => {
    const { session } = await startScripted(callsOf({ name: "exits" }, { name: "counts" }));
    const options = { ...moody, restart, maxParallelToolCalls: 1 };
    const job = session.run(options, { prompt: "go" });
    expect((await job.wait()).text).toBe("done");
    expect(await outcomesOf(job)).toMatchObject([
      { toolName: "exits", error: { code: "TOOL_INTERRUPTED" } },
      { toolName: "counts", result: "1" },
    ]);
    const started = await eventsOf(job, "tool-started");
    expect(started.map(({ toolName }) => toolName)).toEqual(["exits", "counts"]);
  });

  test("an idempotent one is carried out again, under the same name", async () => {
    const { session } = await startScripted(callsOf({ name: "flaky" }));
    create(session, "counter", { name: "counter" });
    const job = session.run({ ...moody, restart }, { prompt: "go" }, { id: "j" });
    expect(await outcomesOf(job)).toMatchObject([{ result: "try 2 of j/1/0" }]);
    expect(await eventsOf(job, "tool-started")).toHaveLength(2);
  });
});
