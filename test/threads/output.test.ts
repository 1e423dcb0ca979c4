import { describe, expect, expectTypeOf, test } from "vitest";
import type { Session, WorkerJob } from "../../src/index.ts";
import { startBareHouse } from "../support/bare-session.ts";
import { POINT, pointCheckedBy } from "../support/schemas.ts";
import { collect, startScripted } from "../support/supervisors.ts";

const GO = { prompt: "where?", output: POINT };
const NOT_VALID = { text: '{"x":"one"}' };
const VALID = { text: '{"x":1}' };

const failure = (message: RegExp, details: object = {}) =>
  expect.objectContaining({
    code: "OUTPUT_INVALID",
    message: expect.stringMatching(message),
    details: expect.objectContaining(details),
  });

/** What was said in the worker's conversation, the supervisor's own words cut to their first line. */
function said({ worker }: WorkerJob): readonly (readonly [string, string])[] {
  return worker.transcript.map(({ role, content }) => [role, String(content).split("\n")[0] ?? ""]);
}

const REPAIR = ["user", "Your answer is not valid:"] as const;

describe("an output by a schema", () => {
  test("is the job's when it is valid at once, and the model's server was told", async () => {
    const { session, supervisor } = await startScripted([VALID]);
    const job = session.run({}, GO);
    const result = await job.wait();
    expectTypeOf(result.output).toEqualTypeOf<{ x: number }>();
    expect(result).toMatchObject({ text: VALID.text, output: { x: 1 }, steps: 1 });
    expect((await collect(job.events())).at(-1)).toMatchObject({ type: "completed", result });
    const [call] = await supervisor.scripted("main").calls();
    expect(call?.request.output).toMatchObject({ name: "output", schema: { type: "object" } });
  });

  test("can be given by a JSON Schema; without one there is none", async () => {
    const { session, supervisor } = await startScripted([VALID]);
    const schema = { type: "object", properties: { x: { type: "number" } } };
    const result = await session.run({}, { prompt: "where?", output: schema }).wait();
    expectTypeOf(result.output).toEqualTypeOf<unknown>();
    expect(result.output).toEqual({ x: 1 });
    expect(await session.run({}, { prompt: "where?" }).wait()).not.toHaveProperty("output");
    const [first, second] = await supervisor.scripted("main").calls();
    expect(first?.request.output?.schema).toEqual(schema);
    expect(second?.request).not.toHaveProperty("output");
  });

  test("is asked for again when it is not valid", async () => {
    const { session, supervisor } = await startScripted([NOT_VALID, VALID]);
    const job = session.run(session.createWorker(), GO);
    expect(await job.wait()).toMatchObject({ text: VALID.text, output: { x: 1 }, steps: 2 });
    expect(said(job)).toEqual([
      ["user", "where?"],
      ["assistant", NOT_VALID.text],
      REPAIR,
      ["assistant", VALID.text],
    ]);
    const [, second] = await supervisor.scripted("main").calls();
    expect(second?.request.messages).toEqual(job.worker.transcript.slice(0, 3));
    expect(second?.request.messages[2]?.content).toMatch(/\n- x: .+\n.*JSON only/);
  });

  test("fails the job when it is not valid again; the worker goes on", async () => {
    const again = { text: "It is at one." };
    const { session } = await startScripted([NOT_VALID, again, VALID]);
    const worker = session.createWorker();
    const job = session.run(worker, GO);
    const { status, error, ...rest } = await job.outcome;
    expect([status, error]).toEqual(["failed", failure(/still not valid: it is not JSON/)]);
    expect(rest).toMatchObject({ partial: { text: again.text, steps: 2 } });
    expect([worker.state, worker.lastFailure]).toEqual(["idle", error]);
    const next = session.run(worker, GO);
    expect(await next.wait()).toMatchObject({ output: { x: 1 }, steps: 1 });
    expect(said(next).slice(-3)).toEqual([
      ["assistant", again.text],
      ["user", "where?"],
      ["assistant", VALID.text],
    ]);
  });

  test("may stand inside a fence", async () => {
    const { session } = await startScripted([{ text: '\n```json\n{"x":1}\n```\n' }]);
    expect(await session.run({}, GO).wait()).toMatchObject({ output: { x: 1 }, steps: 1 });
  });

  test("is the last response's, after the tools that were called", async () => {
    const calls = { text: "let me see", toolCalls: [{ name: "none", args: {} }] };
    const { session } = await startScripted([calls, NOT_VALID, VALID]);
    expect(await session.run({}, GO).wait()).toMatchObject({ output: { x: 1 }, steps: 3 });
  });

  test.each([
    [{ refusal: "I will not." }, "refusal", /refused to answer: I will not\.$/],
    [{ text: '{"x":', finishReason: "length" }, "length", /greatest length/],
    [{ ...VALID, finishReason: "content-filter" }, "content-filter", /content filter/],
  ] as const)("is not asked for again after %j", async (response, finishReason, message) => {
    const { session, supervisor } = await startScripted([response, VALID]);
    const { error } = await session.run({}, GO).outcome;
    expect(error).toEqual(failure(message, { finishReason }));
    expect(await supervisor.scripted("main").calls()).toHaveLength(1);
  });

  test("is not asked for again when there is no step left", async () => {
    const { session } = await startScripted([NOT_VALID, VALID]);
    const { error } = await session.run({ maxSteps: 1 }, GO).outcome;
    expect(error).toEqual(failure(/maxSteps \(1\) leaves no step/, { maxSteps: 1 }));
  });

  test("a check that fails is the job's failure, with its cause", async () => {
    const { session } = await startScripted([VALID]);
    const cause = new Error("the rules are gone");
    const output = pointCheckedBy(() => Promise.reject(cause));
    const { error } = await session.run({}, { prompt: "where?", output }).outcome;
    expect(error).toEqual(failure(/its check has failed: the rules are gone/));
    expect(error?.cause).toMatchObject({ message: cause.message });
  });

  test("each input of a batch may ask for its own", async () => {
    const { session } = await startScripted([VALID]);
    const inputs = [GO, { prompt: "where?" }, { ...GO, output: { type: "string" } }];
    const outcomes = new Map<unknown, unknown>();
    const batch = session.runAll(inputs.map((input, i) => ({ ...input, id: `${i}` })));
    for await (const { job, outcome } of batch) outcomes.set(job.id, outcome);
    expect(outcomes.get("0")).toMatchObject({ result: { output: { x: 1 } } });
    expect(outcomes.get("1")).toMatchObject({ result: { steps: 1 } });
    expect(outcomes.get("2")).toMatchObject({ error: { code: "OUTPUT_INVALID" } });
  });

  test("a schema that is none is refused at once", async () => {
    const { session } = await startScripted([VALID]);
    expect(() => session.run({}, { prompt: "where?", output: "point" as never })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { field: "output" } }),
    );
    expect(session.jobs.size + session.workers.size).toBe(0);
  });

  test("an actor that says it is done without one does not complete the job", async () => {
    const toolCalls = [{ name: "none", args: {} }];
    const script = { repeat: true, responses: [{ toolCalls }] };
    const house = await startBareHouse({ entry: "done-at-once", script });
    await using session: Session = house.openSession();
    const { status, error } = await session.run({}, GO).outcome;
    expect([status, error]).toEqual(["failed", failure(/without a response/)]);
    expect((await session.run({}, { prompt: "hi" }).outcome).status).toBe("completed");
    await session.close();
    await house.close();
  });
});

describe("what the user says meanwhile", () => {
  test("before the response has come makes that no output: the one after it is", async () => {
    const slow = { ...NOT_VALID, chunks: 2, chunksPerSecond: 1 };
    const { session } = await startScripted([slow, NOT_VALID, VALID]);
    const job = session.run(session.createWorker(), GO);
    for await (const _ of job) break;
    await job.worker.tell("steer", { text: "to the left" });
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: 3 });
    expect(said(job).slice(2)).toEqual([
      ["user", "to the left"],
      ["assistant", NOT_VALID.text],
      REPAIR,
      ["assistant", VALID.text],
    ]);
  });

  test("while an output is found invalid stands before what is wrong with it", async () => {
    const { session } = await startScripted([NOT_VALID, VALID]);
    const worker = session.createWorker();
    let checks = 0;
    const output = pointCheckedBy(() => {
      if (checks++ === 0) void worker.tell("steer", { text: "to the left" });
      return undefined;
    });
    const job = session.run(worker, { prompt: "where?", output });
    expect(await job.wait()).toMatchObject({ output: { x: 1 }, steps: 2 });
    expect(said(job).slice(2)).toEqual([
      ["user", "to the left"],
      REPAIR,
      ["assistant", VALID.text],
    ]);
  });

  test("while an output is found valid makes one more step, and that has the output", async () => {
    const { session } = await startScripted([VALID, { text: '{"x":2}' }]);
    const worker = session.createWorker();
    let checks = 0;
    const output = pointCheckedBy(() => {
      if (checks++ === 0) void worker.tell("steer", { text: "to the left" });
      return undefined;
    });
    const job = session.run(worker, { prompt: "where?", output });
    expect(await job.wait()).toMatchObject({ output: { x: 2 }, steps: 2 });
    expect(checks).toBe(2);
  });

  test("after the last step is kept for the next job, and what the supervisor asked is not", async () => {
    const { session } = await startScripted([NOT_VALID, NOT_VALID, VALID]);
    const worker = session.createWorker({ maxSteps: 2 });
    let checks = 0;
    const output = pointCheckedBy(() => {
      if (checks++ === 1) void worker.tell("steer", { text: "to the left" });
      return undefined;
    });
    await session.run(worker, { prompt: "where?", output }).outcome;
    const next = session.run(worker, { prompt: "again", output });
    expect(await next.wait()).toMatchObject({ output: { x: 1 }, steps: 1 });
    expect(said(next).slice(-3)).toEqual([
      ["user", "again"],
      ["user", "to the left"],
      ["assistant", VALID.text],
    ]);
  });
});

describe("a check that hangs", () => {
  function hanging() {
    const reached = Promise.withResolvers<void>();
    const output = pointCheckedBy(() => {
      reached.resolve();
      return new Promise(() => {});
    });
    return { reached: reached.promise, input: { prompt: "where?", output } };
  }

  test.each([
    ["first", []],
    ["second", [{ toolCalls: [{ name: "none", args: {} }] }]],
  ])("is left by a cancel, and the worker goes on: of the %s response", async (_, before) => {
    const { session } = await startScripted([...before, VALID, VALID], { repeat: false });
    const { reached, input } = hanging();
    const worker = session.createWorker();
    const job = session.run(worker, input);
    await reached;
    expect(await job.cancel()).toMatchObject({ how: "cooperative" });
    expect(await job.outcome).toMatchObject({ status: "cancelled", partial: VALID });
    expect(await session.run(worker, GO).wait()).toMatchObject({ output: { x: 1 } });
  });

  test("is left by the job's deadline", async () => {
    const { session } = await startScripted([VALID]);
    const { input } = hanging();
    const job = session.run({ timeouts: { totalMs: 50 } }, input);
    await expect(job.wait()).rejects.toMatchObject({ code: "JOB_TIMEOUT" });
  });
});
