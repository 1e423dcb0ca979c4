import { describe, expect, onTestFinished, test } from "vitest";
import type { Script, Session, WorkerJob } from "../../src/index.ts";
import { startBareHouse } from "../support/bare-session.ts";
import { AT_ONCE } from "../support/behaviours.ts";
import { startMortal } from "../support/mortal-actors.ts";
import { collect, firstText } from "../support/supervisors.ts";

/*
 * The first model call of a job is made in its actor's place, which sleeps meanwhile.
 */

const GO = { prompt: "go" };
const CALLS = { text: "let me see", toolCalls: [{ name: "none", args: {} }] };
const DONE = { text: "done" };
const RESTART = { restart: { backoff: AT_ONCE } };
const NEVER = { restart: { policy: "never" } } as const;

/** It comes in two parts, and the test can do something between them. */
const slow = (response: object) => ({ ...response, chunks: 2, chunksPerSecond: 5 });

async function turnsOf(job: WorkerJob): Promise<readonly string[]> {
  const types = (await collect(job.events())).map(({ type }) => type);
  return types.filter((type) => ["response", "restarted", "tool-finished"].includes(type));
}

describe("the actor of a job", () => {
  test("hears nothing of it when its model calls no tool, also when it is steered too late", async () => {
    const { session, actors } = await startMortal([slow(DONE)]);
    const worker = session.createWorker({ maxSteps: 1 });
    const job = session.run(worker, GO);
    await firstText(job);
    await worker.tell("steer", { text: "too late" });
    expect(await job.wait()).toMatchObject({ text: "done", steps: 1 });
    expect(actors.map(({ heard }) => heard)).toEqual([["configure"]]);
  });

  test.each([
    ["has called tools", [CALLS, DONE], undefined, ["user", "assistant", "tool", "assistant"]],
    ["was steered", [slow(DONE), DONE], "on", ["user", "assistant", "user", "assistant"]],
  ])("is sent it once the model %s", async (_, responses, text, roles) => {
    const { session, actors, supervisor } = await startMortal(responses);
    const worker = session.createWorker();
    const job = session.run(worker, GO);
    if (text) {
      await firstText(job);
      await worker.tell("steer", { text });
    }
    expect(await job.wait()).toMatchObject({ text: "done", steps: 2 });
    expect(actors[0]?.heard.filter((type) => type !== "reply" && type !== "ping")).toEqual([
      "configure",
      "run",
    ]);
    expect(worker.transcript.map(({ role }) => role)).toEqual(roles);
    const [, second] = await supervisor.scripted("main").calls();
    expect(second?.request.messages).toEqual(worker.transcript.slice(0, 3));
  });

  test("is told of a cancel only when it was sent the job, and lives on", async () => {
    const { session, actors } = await startMortal([
      { endless: true, text: "on and on " },
      CALLS,
      { text: "…", stall: true },
      DONE,
    ]);
    const worker = session.createWorker();
    const asked = session.run(worker, GO);
    await firstText(asked);
    expect(await asked.cancel()).toMatchObject({ how: "cooperative" });
    expect(worker.transcript.at(-1)).toMatchObject({ role: "assistant", interrupted: true });
    expect(actors[0]?.heard).toEqual(["configure"]);
    const working = session.run(worker, GO);
    for await (const chunk of working) if (chunk.type === "text" && chunk.text === "…") break;
    expect(await working.cancel()).toMatchObject({ how: "cooperative" });
    expect(actors[0]?.heard).toContain("cancel");
    expect(await session.run(worker, GO).wait()).toMatchObject({ text: "done" });
    expect(actors).toHaveLength(1);
  });
});

describe("a thread that dies during a job's first model call", () => {
  /** Begins a job, and ends its thread when the model has begun to answer. */
  async function dying(response: object, options: object) {
    const house = await startMortal([slow(response), DONE]);
    const worker = house.session.createWorker(options);
    const job = house.session.run(worker, GO);
    await firstText(job);
    await house.killed();
    return { ...house, worker, job };
  }

  test("is followed by another when there is something to do for it, and the model is not asked again", async () => {
    const { supervisor, actors, worker, job } = await dying(CALLS, RESTART);
    expect(await job.wait()).toMatchObject({ text: "done", steps: 2 });
    expect(await turnsOf(job)).toEqual(["response", "restarted", "tool-finished", "response"]);
    expect(await supervisor.scripted("main").calls()).toHaveLength(2);
    expect(worker.transcript.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
    ]);
    expect(actors.map(({ heard }) => heard.includes("run"))).toEqual([false, true]);
  });

  test("is not missed when there is nothing to do for it, also by a worker that is never restarted", async () => {
    const { session, actors, worker, job } = await dying({ text: "all of it" }, NEVER);
    expect(await job.wait()).toMatchObject({ text: "all of it", steps: 1 });
    expect(await turnsOf(job)).toEqual(["response"]);
    expect([worker.state, actors.length]).toEqual(["idle", 1]);
    expect(await session.run(worker, GO).wait()).toMatchObject({ text: "done" });
    expect(actors).toHaveLength(2);
  });

  test("fails the job when there is something to do, and the worker is never restarted", async () => {
    const { worker, job } = await dying(CALLS, NEVER);
    const { status, error, ...rest } = await job.outcome;
    expect([status, error?.code]).toEqual(["failed", "ACTOR_EXITED"]);
    expect(rest).toMatchObject({ partial: { text: CALLS.text, steps: 1 } });
    expect(worker.state).toBe("failed");
  });

  test("does not hold up a cancel", async () => {
    const { supervisor, worker, job } = await dying({ text: "…", stall: true }, RESTART);
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    expect((await job.outcome).status).toBe("cancelled");
    expect(worker.state).toBe("idle");
    expect(supervisor.inspect().gateways[0]?.calls).toBe(0);
  });
});

describe("a thread that hangs before its job's first model call", () => {
  async function startHanging(responses: Script["responses"]) {
    const entry = (number: number) => (number === 0 ? "hangs" : "rogue");
    const house = await startBareHouse({ entry, script: { responses } });
    const session: Session = house.openSession();
    onTestFinished(async () => {
      await session.close({ drainMs: 0 });
      await house.close();
    });
    return { session, permits: house.permits };
  }

  const KILLED = { ...RESTART, unresponsiveMs: 2_000, whenUnresponsive: "kill" } as const;

  test("holds up no job that has no use for it, and is ended with its worker", async () => {
    const { session, permits } = await startHanging([DONE]);
    const worker = session.createWorker();
    const job = session.run(worker, GO);
    expect(await job.wait()).toMatchObject({ text: "done", steps: 1 });
    expect([worker.state, permits.held]).toEqual(["idle", 1]);
    await worker.stop();
    expect(permits.held).toBe(0);
  });

  test("is ended by the watchdog once it was sent a job, which goes on in another", async () => {
    const { session } = await startHanging([CALLS, DONE]);
    const job = session.run(session.createWorker(KILLED), GO);
    expect(await job.wait()).toMatchObject({ text: "done", steps: 2 });
    expect(await turnsOf(job)).toEqual(["response", "restarted", "tool-finished", "response"]);
    expect(await collect(job.events())).toContainEqual(
      expect.objectContaining({
        type: "restarted",
        failure: expect.objectContaining({ code: "ACTOR_UNRESPONSIVE" }),
      }),
    );
  });

  test("does not hold up a cancel", async () => {
    const { session } = await startHanging([{ text: "…", stall: true }]);
    const job = session.run(session.createWorker({ graceMs: 600_000 }), GO);
    await firstText(job);
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
  });
});
