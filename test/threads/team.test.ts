import { describe, expect, test } from "vitest";
import type { AnyTool, ConfirmationRequest } from "../../src/index.ts";
import { asTool } from "../../src/index.ts";
import { AT_ONCE, create } from "../support/behaviours.ts";
import { resources } from "../support/resources.ts";
import { collect, firstChunk } from "../support/supervisors.ts";
import { childrenOf, startTeam } from "../support/teams.ts";
import { eventsOf, guarded, outcomesOf, reachesEvent, toolsOf } from "../support/tools.ts";

const GO = { prompt: "go" };
const team = toolsOf("team");
const ask = (name: string, prompt = "look") => ({ name, args: { prompt } });
const research = asTool({ name: "research", provider: "leaf", instructions: "Find out." });
const slow = asTool({ name: "slow", provider: "slow" });
const hosted = (...hostTools: AnyTool[]) => ({ provider: "lead", name: "lead", hostTools });
const acting = { provider: "lead", name: "lead", tools: [team] };

describe.each([
  ["a host tool", hosted(research)],
  ["a tool in an actor", acting],
])("an agent as %s", (_, lead) => {
  test("is run on its prompt, and what it says is the result", async () => {
    const { session, supervisor } = await startTeam([ask("research", "the moon")]);
    const parent = session.run(lead, GO);
    expect((await parent.wait()).text).toBe("done");
    expect(await outcomesOf(parent)).toMatchObject([{ isError: false, result: "found" }]);
    const [call] = await supervisor.scripted("leaf").calls();
    expect(call).toMatchObject({
      workerName: "lead/research",
      request: { instructions: "Find out.", messages: [{ content: "the moon" }] },
    });
  });

  test("shows in its parent's log, under the call that has run it", async () => {
    const { session } = await startTeam([ask("research")]);
    const parent = session.run(lead, GO);
    const [started] = await eventsOf(parent, "child-started");
    const [call] = await eventsOf(parent, "tool-started");
    expect(started).toMatchObject({
      workerName: "lead/research",
      toolCallId: call?.toolCallId,
    });
    const child = session.job(started?.jobId ?? "");
    expect(child?.parentId).toBe(parent.id);
    expect(await eventsOf(parent, "child-settled")).toMatchObject([
      { jobId: child?.id, status: "completed" },
    ]);
  });
});

describe("three children at once", () => {
  const names = ["lead/slow", "lead/slow-2", "lead/slow-3"];

  test("have names of their own, end with their parent's cancel, and leave nothing", async () => {
    const before = resources();
    const { session, supervisor } = await startTeam([ask("slow"), ask("slow"), ask("slow")]);
    const parent = session.run(hosted(slow), GO);
    const children = await childrenOf(session, parent, 3);
    await Promise.all(children.map(firstChunk));
    expect(children.map(({ worker }) => worker.name).sort()).toEqual(names);
    expect(await parent.cancel("enough")).toMatchObject({ how: "cooperative" });
    expect(children.map(({ state }) => state)).toEqual(Array(3).fill("cancelled"));
    const outcomes = await outcomesOf(parent);
    expect(outcomes.map(({ error }) => error?.code)).toEqual(Array(3).fill("TOOL_INTERRUPTED"));
    expect(session.jobs.size).toBe(0);
    await session.close();
    const { threads, gateways } = supervisor.inspect();
    expect(threads).toMatchObject({ held: 0, lent: 0, waiting: 0, executing: 0, stuck: 0 });
    expect(gateways.map(({ calls }) => calls)).toEqual([0]);
    await supervisor.close();
    expect(resources()).toEqual(before);
  });

  test("of which one is cancelled are two that go on", async () => {
    const { session } = await startTeam([ask("slow"), ask("research"), ask("research")]);
    const parent = session.run(hosted(slow, research), GO);
    const children = await childrenOf(session, parent, 3);
    const stalled = children.find(({ worker }) => worker.name === "lead/slow");
    await stalled?.cancel("not needed");
    expect((await parent.wait()).text).toBe("done");
    const outcomes = await outcomesOf(parent);
    expect(outcomes.map(({ error, result }) => error?.code ?? result).sort()).toEqual([
      "JOB_CANCELLED",
      "found",
      "found",
    ]);
  });
});

describe("the end of a call", () => {
  test("by its deadline cancels the child", async () => {
    const { session, supervisor } = await startTeam([ask("slow")]);
    const stuck: unknown[] = [];
    supervisor.events$.subscribe(({ type }) => type === "tool-stuck" && stuck.push(type));
    const parent = session.run(hosted({ ...slow, timeoutMs: 50 }), GO);
    const [child] = await childrenOf(session, parent, 1);
    expect((await parent.wait()).text).toBe("done");
    expect(await outcomesOf(parent)).toMatchObject([{ error: { code: "TOOL_TIMEOUT" } }]);
    expect([child?.state, stuck]).toEqual(["cancelled", []]);
  });

  test("of a host tool that does not wait for its child cancels it, and harms nobody", async () => {
    const { session } = await startTeam([{ name: "leaves" }]);
    const leaves: AnyTool = {
      name: "leaves",
      parameters: {},
      execute: (_, ctx) => void ctx.run({ provider: "slow" }, GO),
    };
    const parent = session.run(hosted(leaves), GO);
    const [child] = await childrenOf(session, parent, 1);
    expect((await parent.wait()).text).toBe("done");
    expect(child?.state).toBe("cancelled");
  });

  test("of a tool that does not wait for its child cancels it", async () => {
    const worker = { provider: "slow" };
    const { session } = await startTeam([{ name: "run_and_leave", args: { worker } }]);
    create(session, "counter", { name: "counter" });
    const parent = session.run(acting, GO);
    const [child] = await childrenOf(session, parent, 1);
    expect((await parent.wait()).text).toBe("done");
    expect(child?.state).toBe("cancelled");
  });

  test("by the death of its thread ends the child first, and is told as interrupted", async () => {
    const worker = { provider: "slow" };
    const { session } = await startTeam([{ name: "run_and_die", args: { worker } }]);
    create(session, "counter", { name: "counter" });
    const parent = session.run({ ...acting, restart: { backoff: AT_ONCE } }, GO);
    expect((await parent.wait()).text).toBe("done");
    expect(await outcomesOf(parent)).toMatchObject([{ error: { code: "TOOL_INTERRUPTED" } }]);
    const types = (await collect(parent.events())).map(({ type }) => type);
    const order = ["child-started", "child-settled", "tool-finished", "restarted"];
    expect(types.filter((type) => order.includes(type))).toEqual(order);
  });

  test("does not come with the death of the parent's thread when the agent is a host tool", async () => {
    const { session } = await startTeam([ask("helper"), { name: "exits" }], {
      levels: { helper: [{ toolCalls: [{ name: "gate" }] }, { text: "helped" }] },
    });
    const gate = Promise.withResolvers<string>();
    const waits: AnyTool = { name: "gate", parameters: {}, execute: () => gate.promise };
    const helper = asTool({ name: "helper", provider: "helper", hostTools: [waits] });
    const restart = { backoff: AT_ONCE };
    const parent = session.run({ ...hosted(helper), tools: [toolsOf("moody")], restart }, GO);
    await reachesEvent(parent, "restarted");
    gate.resolve("open");
    expect((await parent.wait()).text).toBe("done");
    expect(await eventsOf(parent, "child-started")).toHaveLength(1);
    expect(await outcomesOf(parent)).toMatchObject([
      { toolName: "exits", isError: true },
      { toolName: "helper", result: "helped" },
    ]);
  });
});

describe("a child's tool call that needs approval", () => {
  test("is decided by the parent's host, which is told whose it is", async () => {
    const { session } = await startTeam([ask("post")], {
      levels: { post: [{ toolCalls: [{ name: "send", args: { to: "ann" } }] }, { text: "sent" }] },
    });
    const called: unknown[] = [];
    const asked: ConfirmationRequest[] = [];
    const host = {
      getToolConfirmation: (_: string, request: ConfirmationRequest) => {
        asked.push(request);
        return { approve: true } as const;
      },
    };
    const { hostTools } = guarded(called);
    const post = asTool({ name: "post", provider: "post", hostTools });
    const parent = session.run(hosted(post), GO, { host });
    await parent.wait();
    expect(called).toEqual([{ to: "ann" }]);
    expect(asked).toMatchObject([
      { parentId: parent.id, workerName: "lead/post", toolName: "send" },
    ]);
    expect(await outcomesOf(parent)).toMatchObject([{ result: "sent" }]);
  });

  test("is settled by the approvals of its parent, unless it has its own", async () => {
    const levels = {
      post: [{ toolCalls: [{ name: "send", args: { to: "ann" } }] }, { text: "sent" }],
    };
    const called: unknown[] = [];
    const { hostTools } = guarded(called);
    const own = asTool({ name: "own", provider: "post", approvals: "allow", hostTools });
    const same = asTool({ name: "same", provider: "post", hostTools });
    const { session } = await startTeam([ask("own"), ask("same")], { levels });
    await session.run({ ...hosted(own, same), approvals: "deny" }, GO).wait();
    expect(called).toEqual([{ to: "ann" }]);
  });
});

describe("a child that does not come to its end", () => {
  test("is an error for the model, with its code and message", async () => {
    const { session } = await startTeam([ask("fails")], {
      levels: { fails: [{ error: { status: 400, message: "no such thing" } }] },
    });
    const parent = session.run(hosted(asTool({ name: "fails", provider: "fails" })), GO);
    expect((await parent.wait()).text).toBe("done");
    const [outcome] = await outcomesOf(parent);
    expect(outcome).toMatchObject({ isError: true, error: { code: "PROVIDER_BAD_REQUEST" } });
    expect(outcome?.result).toContain("no such thing");
  });

  test("because its thread dies is one, too, and its parent's thread stays", async () => {
    const { session } = await startTeam([ask("dies")], {
      levels: { dies: [{ toolCalls: [{ name: "exits" }] }] },
    });
    const dies = asTool({ name: "dies", provider: "dies", tools: [toolsOf("moody")] });
    const parent = session.run({ ...hosted(dies), restart: { policy: "never" } }, GO);
    expect((await parent.wait()).text).toBe("done");
    expect(await outcomesOf(parent)).toMatchObject([{ error: { code: "ACTOR_EXITED" } }]);
    expect(await eventsOf(parent, "restarted")).toEqual([]);
  });

  test.each([
    [{ maxDepth: 0 }, ["MAX_DEPTH", "MAX_DEPTH"]],
    [{ maxChildren: 1 }, ["MAX_CHILDREN", "TOOL_TIMEOUT"]],
    [{ maxChildren: 0 }, ["MAX_CHILDREN", "MAX_CHILDREN"]],
  ])("because there may be no more than %o is refused", async (limits, codes) => {
    const { session } = await startTeam([ask("slow"), ask("slow")]);
    const parent = session.run({ ...hosted(slow), ...limits, timeouts: { toolMs: 200 } }, GO);
    expect((await parent.wait()).text).toBe("done");
    const outcomes = await outcomesOf(parent);
    expect(outcomes.map(({ error }) => error?.code).sort()).toEqual(codes);
  });

  test("uses up the budget of its parent, which ends of that", async () => {
    const usage = { inputTokens: 0, outputTokens: 60, totalTokens: 60 };
    const { session } = await startTeam([ask("costly"), ask("costly")], {
      levels: { costly: [{ text: "dear", usage }] },
    });
    const costly = asTool({ name: "costly", provider: "costly" });
    const options = { ...hosted(costly), maxParallelToolCalls: 1, budget: { maxTotalTokens: 100 } };
    const error = await session
      .run(options, GO)
      .wait()
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "BUDGET_TOKENS", details: { limit: 100, scope: "job" } });
  });
});
