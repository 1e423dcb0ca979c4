import { describe, expect, test } from "vitest";
import type { JobEvent } from "../../src/index.ts";
import { startMortal } from "../support/mortal-actors.ts";
import { pointCheckedBy } from "../support/schemas.ts";
import { collect } from "../support/supervisors.ts";

const NOT_VALID = { text: '{"x":"one"}' };
const VALID = { text: '{"x":1}' };
const RESTART = { restart: { backoff: { initialMs: 1, maxMs: 1 } } };

const CALLS = { toolCalls: [{ name: "none", args: {} }] };

const typesOf = (events: readonly JobEvent[]) =>
  events.map(({ type }) => type).filter((type) => type === "response" || type === "restarted");

/** `before`: what the model has said already. In the job's first model call the actor sleeps, in later ones it waits for the response. */
describe.each([
  ["in the job's first model call", []],
  ["in a later one", [CALLS]],
] as const)("an actor that dies %s", (_, before) => {
  const steps = before.length;
  const responsesBefore = before.map(() => "response");
  const rolesBefore = before.flatMap(() => ["assistant", "tool"]);

  test("while its response is checked: what is wrong with that is told by the next one", async () => {
    const { session, actors, killed } = await startMortal([...before, NOT_VALID, VALID]);
    const worker = session.createWorker(RESTART);
    const [first, second] = [NOT_VALID, VALID].map(({ text }) => JSON.parse(text));
    const output = pointCheckedBy(async (value) => {
      if (actors.length === 2) return { value: second };
      expect(value).toEqual(first);
      await killed();
      return { issues: [{ message: "not there" }] };
    });
    const job = session.run(worker, { prompt: "where?", output });
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: steps + 2 });
    expect(typesOf(await collect(job.events()))).toEqual([
      ...responsesBefore,
      "response",
      "restarted",
      "response",
    ]);
    expect(worker.transcript.slice(1 + rolesBefore.length).map(({ content }) => content)).toEqual([
      NOT_VALID.text,
      expect.stringContaining("- not there"),
      VALID.text,
    ]);
  });

  test("before it has heard what is wrong: the next one is told", async () => {
    const { session, actors } = await startMortal([...before, NOT_VALID, VALID]);
    const worker = session.createWorker(RESTART);
    const output = pointCheckedBy(() => {
      // It has no turn of its loop any more.
      if (actors.length === 1) actors[0]?.thread.terminate();
      return undefined;
    });
    const job = session.run(worker, { prompt: "where?", output });
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: steps + 2 });
    expect(worker.transcript.map(({ role }) => role)).toEqual([
      "user",
      ...rolesBefore,
      "assistant",
      "user",
      "assistant",
    ]);
  });

  test("while the model answers again: the answer is checked, and enough", async () => {
    const slow = { ...VALID, chunks: 2, chunksPerSecond: 5 };
    const { session, actors } = await startMortal([...before, NOT_VALID, slow]);
    const worker = session.createWorker(RESTART);
    const output = pointCheckedBy(() => undefined);
    const job = session.run(worker, { prompt: "where?", output });
    let responses = 0;
    for await (const event of job.events()) {
      if (event.type === "response") responses += 1;
      if (event.type === "chunk" && responses === steps + 1) break;
    }
    actors[0]?.thread.terminate();
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: steps + 2 });
    expect(actors).toHaveLength(1);
  });

  test("while its response is checked and found valid: there is nothing left to do", async () => {
    const { session, actors, killed } = await startMortal([...before, VALID]);
    const output = pointCheckedBy(async () => {
      await killed();
      return { value: { x: 1 } };
    });
    const worker = session.createWorker(RESTART);
    const job = session.run(worker, { prompt: "where?", output });
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: steps + 1 });
    expect(actors).toHaveLength(1);
  });

  test("while its last response is checked: that is not valid, and the job fails of it", async () => {
    const { session, actors, killed } = await startMortal([...before, NOT_VALID]);
    const output = pointCheckedBy(async () => {
      await killed();
      return { issues: [{ message: "not there" }] };
    });
    const worker = session.createWorker({ ...RESTART, maxSteps: steps + 1 });
    const { error } = await session.run(worker, { prompt: "where?", output }).outcome;
    expect(error).toMatchObject({ code: "OUTPUT_INVALID", details: { issues: "not there" } });
    expect(actors).toHaveLength(1);
  });

  test("while a check hangs: a cancel ends both", async () => {
    const { session, actors, killed } = await startMortal([...before, VALID]);
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
