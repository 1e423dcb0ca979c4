import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JobEvent, Script, Session } from "../../src/index.ts";
import { scriptedProvider } from "../../src/index.ts";
import { startIn } from "../../src/supervisor/supervisor.ts";
import { KeepAlive } from "../../src/supervisor/threads/keep-alive.ts";
import type { SpawnThread, Thread } from "../../src/supervisor/threads/thread.ts";
import { spawnThread } from "../../src/supervisor/threads/thread.ts";
import { systemClock } from "../../src/transport/clock.ts";
import { pointCheckedBy } from "../support/schemas.ts";
import { collect } from "../support/supervisors.ts";

const NOT_VALID = { text: '{"x":"one"}' };
const VALID = { text: '{"x":1}' };
const RESTART = { restart: { backoff: { initialMs: 1, maxMs: 1 } } };

type ActorLife = { readonly thread: Thread; readonly gone: Promise<void> };

/** A session whose actors the test can end, each by itself. */
async function startMortal(
  responses: Script["responses"],
): Promise<{ session: Session; actors: ActorLife[]; killed: () => Promise<void> }> {
  const actors: ActorLife[] = [];
  const spawn: SpawnThread = (spec, handlers) => {
    if (!spec.entry.href.includes("/actors/")) return spawnThread(spec, handlers);
    const gone = Promise.withResolvers<void>();
    const thread = spawnThread(spec, {
      ...handlers,
      onExit: (exit) => {
        handlers.onExit(exit);
        gone.resolve();
      },
    });
    actors.push({ thread, gone: gone.promise });
    return thread;
  };
  const keepAlive = new KeepAlive();
  const supervisor = await startIn(
    { providers: { main: scriptedProvider({ responses }) }, threads: { spare: 0 } },
    {
      clock: systemClock,
      spawn,
      newId: randomUUID,
      random: Math.random,
      hold: () => keepAlive.hold(),
    },
  );
  onTestFinished(() => supervisor.close({ drainMs: 0 }));
  const killed = async () => {
    actors[0]?.thread.terminate();
    await actors[0]?.gone;
    // Whatever the supervisor makes of that at once, it has made by now.
    await nextTurn();
  };
  return { session: supervisor.openSession(), actors, killed };
}

const typesOf = (events: readonly JobEvent[]) =>
  events.map(({ type }) => type).filter((type) => type === "response" || type === "restarted");

describe("an actor that dies", () => {
  test("while its response is checked: what is wrong with that is told by the next one", async () => {
    const { session, actors, killed } = await startMortal([NOT_VALID, VALID]);
    const worker = session.createWorker(RESTART);
    const [first, second] = [NOT_VALID, VALID].map(({ text }) => JSON.parse(text));
    const output = pointCheckedBy(async (value) => {
      if (actors.length === 2) return { value: second };
      expect(value).toEqual(first);
      await killed();
      return { issues: [{ message: "not there" }] };
    });
    const job = session.run(worker, { prompt: "where?", output });
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: 2 });
    expect(typesOf(await collect(job.events()))).toEqual(["response", "restarted", "response"]);
    expect(worker.transcript.map(({ content }) => content)).toEqual([
      "where?",
      NOT_VALID.text,
      expect.stringContaining("- not there"),
      VALID.text,
    ]);
  });

  test("before it has heard what is wrong: the next one is told", async () => {
    const { session, actors } = await startMortal([NOT_VALID, VALID]);
    const worker = session.createWorker(RESTART);
    const output = pointCheckedBy(() => {
      // It has no turn of its loop any more.
      if (actors.length === 1) actors[0]?.thread.terminate();
      return undefined;
    });
    const job = session.run(worker, { prompt: "where?", output });
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: 2 });
    expect(worker.transcript.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
  });

  test("while the model answers again: the answer is checked, and enough", async () => {
    const slow = { ...VALID, chunks: 2, chunksPerSecond: 5 };
    const { session, actors } = await startMortal([NOT_VALID, slow]);
    const worker = session.createWorker(RESTART);
    const output = pointCheckedBy(() => undefined);
    const job = session.run(worker, { prompt: "where?", output });
    let responses = 0;
    for await (const event of job.events()) {
      if (event.type === "response") responses += 1;
      if (event.type === "chunk" && responses === 1) break;
    }
    actors[0]?.thread.terminate();
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: 2 });
    expect(actors).toHaveLength(1);
  });

  test("while its response is checked and found valid: there is nothing left to do", async () => {
    const { session, actors, killed } = await startMortal([VALID]);
    const output = pointCheckedBy(async () => {
      await killed();
      return { value: { x: 1 } };
    });
    const worker = session.createWorker(RESTART);
    const job = session.run(worker, { prompt: "where?", output });
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: 1 });
    expect(actors).toHaveLength(1);
  });

  test("while its last response is checked: that is not valid, and the job fails of it", async () => {
    const { session, actors, killed } = await startMortal([NOT_VALID]);
    const output = pointCheckedBy(async () => {
      await killed();
      return { issues: [{ message: "not there" }] };
    });
    const worker = session.createWorker({ ...RESTART, maxSteps: 1 });
    const { error } = await session.run(worker, { prompt: "where?", output }).outcome;
    expect(error).toMatchObject({ code: "OUTPUT_INVALID", details: { issues: "not there" } });
    expect(actors).toHaveLength(1);
  });

  test("while a check hangs: a cancel ends both", async () => {
    const { session, actors, killed } = await startMortal([VALID]);
    const dead = Promise.withResolvers<void>();
    const output = pointCheckedBy(async () => {
      await killed();
      dead.resolve();
      return await new Promise(() => {});
    });
    const job = session.run(session.createWorker(RESTART), { prompt: "where?", output });
    await dead.promise;
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    expect((await job.outcome).status).toBe("cancelled");
    expect(actors).toHaveLength(1);
  });
});
