import { describe, expect, test } from "vitest";
import type { AnyTool, Session, Supervisor } from "../../src/index.ts";
import { asTool } from "../../src/index.ts";
import { childrenOf, startTeam } from "../support/teams.ts";
import { eventsOf, guarded, Inbox, outcomesOf, reachesEvent, toolsOf } from "../support/tools.ts";

const GO = { prompt: "go" };
const ONE = { threads: { max: 1, spare: 0 } };
const team = toolsOf("team").href;
const ask = (name: string) => ({ name, args: { prompt: "look" } });
const calls = (...toolCalls: object[]) => [{ toolCalls }, { text: "done" }] as never;
const run = (worker: object) => ({ name: "run", args: { worker } });

/** When the session is closed, nobody holds a thread, or waits for one. */
async function expectNothingLeft(supervisor: Supervisor, session: Session): Promise<void> {
  await session.close();
  expect(supervisor.inspect().threads).toMatchObject({ held: 0, lent: 0, waiting: 0 });
}

describe("with one thread for all", () => {
  test("agents that are host tools are run one below the other, three deep", async () => {
    const { session, supervisor } = await startTeam([ask("second")], {
      ...ONE,
      levels: { second: calls(ask("third")), third: calls(ask("leaf")) },
    });
    const agent = (name: string, ...hostTools: AnyTool[]) =>
      asTool({ name, provider: name, hostTools });
    const hostTools = [agent("second", agent("third", agent("leaf")))];
    const parent = session.run({ provider: "lead", hostTools }, GO);
    expect((await parent.wait()).text).toBe("done");
    expect(await outcomesOf(parent)).toMatchObject([{ result: "done" }]);
    expect(await eventsOf(parent, "restarted")).toEqual([]);
    await expectNothingLeft(supervisor, session);
  });

  test("agents that tools in actors run are, too: who waits lends its permit", async () => {
    const third = { provider: "third", tools: [team] };
    const second = { provider: "second", tools: [team] };
    const { session, supervisor } = await startTeam([run(second)], {
      ...ONE,
      levels: { second: calls(run(third)), third: calls(run({ provider: "leaf" })) },
    });
    const parent = session.run({ provider: "lead", tools: [team] }, GO);
    expect((await parent.wait()).text).toBe("done");
    expect(await outcomesOf(parent)).toMatchObject([{ isError: false, result: "done" }]);
    await expectNothingLeft(supervisor, session);
  });

  test("one after the other is run by one tool", async () => {
    const leaf = run({ provider: "leaf" });
    const { session, supervisor } = await startTeam([leaf, leaf, leaf], ONE);
    const options = { provider: "lead", tools: [team], maxParallelToolCalls: 1 };
    const parent = session.run(options, GO);
    expect((await outcomesOf(parent)).map(({ result }) => result)).toEqual(Array(3).fill("found"));
    await expectNothingLeft(supervisor, session);
  });

  test("the parent's thread that holds a state is lent, and not lost", async () => {
    const { session, supervisor } = await startTeam([], {
      ...ONE,
      levels: {
        lead: [
          { toolCalls: [{ name: "count" }] },
          { toolCalls: [ask("leaf")] },
          { toolCalls: [{ name: "count" }] },
          { text: "done" },
        ],
      },
    });
    const hostTools = [asTool({ name: "leaf", provider: "leaf" })];
    const tools = [toolsOf("stateful")];
    const parent = session.run({ provider: "lead", hostTools, tools }, GO);
    expect((await outcomesOf(parent)).map(({ result }) => result)).toEqual(["1", "found", "2"]);
    await expectNothingLeft(supervisor, session);
  });

  test("a job of somebody else has it while a child waits for a person", async () => {
    const send = { name: "send", args: { to: "ann" } };
    const post = asTool({ name: "post", provider: "post", hostTools: guarded([]).hostTools });
    const second = { provider: "second", hostTools: [post] };
    const { session, supervisor } = await startTeam([ask("second")], {
      ...ONE,
      levels: { post: calls(send), second: calls(ask("post")), third: [{ text: "quick" }] },
    });
    const inbox = new Inbox(session);
    const hostTools = [asTool({ name: "second", ...second })];
    const options = { provider: "lead", hostTools, tools: [toolsOf("stateful")] };
    const parent = session.run(options, GO);
    const { confirmationId } = await inbox.next();
    expect((await session.run({ provider: "third" }, GO).wait()).text).toBe("quick");
    session.decide(confirmationId, { approve: true });
    expect((await parent.wait()).text).toBe("done");
    await expectNothingLeft(supervisor, session);
  });

  test("a worker whose job was cancelled while its permit was lent takes it back", async () => {
    const { session, supervisor } = await startTeam([run({ provider: "slow" })], ONE);
    const worker = session.createWorker({ provider: "lead", tools: [team] });
    const parent = session.run(worker, GO);
    await childrenOf(session, parent, 1);
    expect(supervisor.inspect().threads).toMatchObject({ held: 1, lent: 1 });
    expect(await parent.cancel()).toMatchObject({ how: "cooperative" });
    expect(supervisor.inspect().threads.lent).toBe(0);
    await worker.stop();
    await expectNothingLeft(supervisor, session);
  });
});

describe("a job that waits for its child", () => {
  test("goes on lending its permit when its worker is given another job", async () => {
    const { session, supervisor } = await startTeam([run({ provider: "slow" })], ONE);
    const worker = session.createWorker({ provider: "lead", tools: [team] });
    const first = session.run(worker, GO);
    await childrenOf(session, first, 1);
    const queued = session.run({ provider: "leaf" }, GO);
    const second = session.run(worker, GO, { parent: queued });
    expect(supervisor.inspect().threads).toMatchObject({ held: 1, lent: 1 });
    await Promise.all([queued, first].map((job) => job.cancel()));
    expect((await second.outcome).status).toBe("cancelled");
    await expectNothingLeft(supervisor, session);
  });
});

describe("with few threads for many", () => {
  test("all parents end, those that are cancelled while their children run among them", async () => {
    const leaf = run({ provider: "leaf" });
    const { session, supervisor } = await startTeam([leaf, leaf], {
      threads: { max: 3, spare: 0 },
    });
    const parents = Array.from({ length: 12 }, () =>
      session.run({ provider: "lead", tools: [team] }, GO),
    );
    const cancelled = parents.filter((_, i) => i % 3 === 0);
    await Promise.all(
      cancelled.map(async (parent) => {
        await reachesEvent(parent, "tool-started");
        await parent.cancel();
      }),
    );
    for (const parent of parents) {
      const { status } = await parent.outcome;
      if (!cancelled.includes(parent)) expect(status).toBe("completed");
      const ends = await outcomesOf(parent);
      expect(ends).toHaveLength(2);
      const known = ["found", "OVERLOADED", "TOOL_INTERRUPTED", "JOB_CANCELLED"];
      for (const { error, result } of ends) expect(known).toContain(error?.code ?? result);
    }
    await expectNothingLeft(supervisor, session);
  });
});
