import { describe, expect, test } from "vitest";
import { scriptedProvider } from "../../src/index.ts";
import { GO, QUICK, SLOW, startWithBoth } from "../support/families.ts";
import { collect, firstChunk, startScripted, startSupervisor } from "../support/supervisors.ts";

const NOTHING = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
/** Of a prompt of two characters, and one chunk of three bytes. */
const CUT_OFF = { inputTokens: 1, outputTokens: 1, totalTokens: 2, estimated: true };

describe("the usage of a model call", () => {
  test("is estimated while it is under way, and stays so when it is cancelled", async () => {
    const { session, supervisor } = await startWithBoth();
    const worker = session.createWorker(SLOW);
    const job = session.run(worker, GO);
    expect(job.usage).toEqual(NOTHING);
    await firstChunk(job);
    const seen = () => {
      const [inspected] = supervisor.inspect().sessions;
      return [
        job.usage,
        worker.usage,
        session.usage,
        inspected?.usage,
        inspected?.workers[0]?.usage,
      ];
    };
    expect(seen()).toEqual(Array(5).fill(CUT_OFF));
    expect(supervisor.inspect().sessions[0]?.jobs[0]?.usage).toEqual(CUT_OFF);
    await job.cancel();
    expect(await job.outcome).toMatchObject({ partial: { text: "…", usage: CUT_OFF } });
    expect(seen()).toEqual(Array(5).fill(CUT_OFF));
  });

  test("is what its server says, and is added up", async () => {
    const usage = { inputTokens: 30, outputTokens: 20, totalTokens: 50, reasoningTokens: 5 };
    const { session } = await startScripted([{ text: "done", usage }]);
    const worker = session.createWorker();
    for (const prompt of ["one", "two"]) {
      const job = session.run(worker, { prompt });
      expect((await job.wait()).usage).toEqual(usage);
      expect(job.usage).toEqual(usage);
    }
    const twice = { inputTokens: 60, outputTokens: 40, totalTokens: 100, reasoningTokens: 10 };
    expect([worker.usage, session.usage]).toEqual([twice, twice]);
  });

  test("is estimated where its server does not say, and what that said stays in the log", async () => {
    const reasoning = "x".repeat(8);
    const { session } = await startScripted([{ text: "y".repeat(12), reasoning, usage: NOTHING }]);
    const job = session.run({}, { prompt: "z".repeat(16) });
    expect((await job.wait()).usage).toEqual({
      inputTokens: 4,
      outputTokens: 5,
      totalTokens: 9,
      estimated: true,
    });
    const responses = (await collect(job.events())).filter((event) => event.type === "response");
    expect(responses).toMatchObject([{ response: { usage: NOTHING } }]);
  });

  test("is nothing when its server refuses it, and an estimate when that fails later", async () => {
    const error = { status: 400, message: "no" };
    const { session } = await startScripted([{ error }, { error, text: "12345" }]);
    const worker = session.createWorker();
    const refused = session.run(worker, GO);
    expect(await refused.outcome).toMatchObject({ partial: { usage: NOTHING } });
    expect(refused.usage).toEqual(NOTHING);
    const broken = session.run(worker, GO);
    await broken.outcome;
    expect(broken.usage).toMatchObject({ outputTokens: 2, estimated: true });
    expect(session.usage).toEqual(broken.usage);
  });

  test("is nothing when it was cancelled while it waited for its provider's limits", async () => {
    const responses = [{ text: "…", stall: true as const }];
    const main = scriptedProvider({ repeat: true, responses, limits: { maxConcurrent: 1 } });
    const supervisor = await startSupervisor({ providers: { main } });
    const session = supervisor.openSession();
    const first = session.run({}, GO);
    await firstChunk(first);
    const second = session.run({}, GO);
    for await (const { type } of second.events()) if (type === "waiting") break;
    expect(second.usage).toEqual(NOTHING);
    await second.cancel();
    expect(await second.outcome).toMatchObject({ partial: { usage: NOTHING } });
    expect(second.usage).toEqual(NOTHING);
    expect(session.usage).toEqual(CUT_OFF);
  });
});

describe("the usage of a session", () => {
  test("counts what is not kept any more, and children once", async () => {
    const { session } = await startWithBoth({ keepSettled: { count: 0 } });
    const parent = session.run(SLOW, GO);
    await firstChunk(parent);
    const child = session.run(QUICK, GO, { parent });
    const { usage } = await child.wait();
    expect(session.job(child.id)).toBeUndefined();
    expect(parent.usage).toEqual(CUT_OFF);
    expect(session.usage).toEqual({
      inputTokens: usage.inputTokens + 1,
      outputTokens: usage.outputTokens + 1,
      totalTokens: usage.totalTokens + 2,
      estimated: true,
    });
    await parent.cancel();
  });
});
