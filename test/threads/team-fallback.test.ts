import { describe, expect, test } from "vitest";
import type { ScriptedToolCall, Session, ToolContext } from "../../src/index.ts";
import { defineTool } from "../../src/index.ts";
import { startTeam } from "../support/teams.ts";
import { outcomesOf } from "../support/tools.ts";

const CALL: ScriptedToolCall = { name: "run", args: {} };
const DOWN = [{ error: { status: 503, message: "down" } }];

function toolThat(execute: (ctx: ToolContext) => Promise<unknown>) {
  const parameters = { type: "object" };
  return defineTool({ name: "run", parameters, execute: (_, ctx) => execute(ctx) });
}

/** Who has answered the children of the session's jobs. */
function answersOf(session: Session): Set<string | undefined> {
  const answers = new Set<string | undefined>();
  session.events$.subscribe((event) => {
    if (event.type !== "job-event" || event.event.type !== "response") return;
    if (session.job(event.jobId)?.parentId) answers.add(event.event.response.provider);
  });
  return answers;
}

describe("the fallback of a worker that a tool runs", () => {
  test.each<[string, object, string[]]>([
    ["is its parent's", {}, ["lead"]],
    ["is its own, if it has one", { fallback: ["leaf"] }, ["leaf"]],
    ["is none, if it says so", { fallback: [] }, []],
    ["is not its parent's, with a provider of its own", { provider: "broken" }, []],
  ])("%s", async (_, worker, answeredBy) => {
    const { session } = await startTeam([CALL], { levels: { down: DOWN, broken: DOWN } });
    const answers = answersOf(session);
    const hostTools = [toolThat((ctx) => ctx.run(worker, { prompt: "look" }))];
    const lead = { provider: "down", fallback: ["lead"], hostTools };
    expect((await session.run(lead, { prompt: "go" }).outcome).status).toBe("completed");
    expect([...answers]).toEqual(answeredBy);
  });
});

describe("children that a tool runs one after the other", () => {
  test("can all have the same name", async () => {
    const { session } = await startTeam([CALL]);
    const clerk = { name: "clerk", provider: "leaf" };
    const tool = toolThat(async (ctx) => {
      for (let i = 0; i < 5; i++) await ctx.run(clerk, { prompt: "look" });
      return "all five";
    });
    const job = session.run({ provider: "lead", hostTools: [tool] }, { prompt: "go" });
    expect(await outcomesOf(job)).toMatchObject([{ isError: false, result: "all five" }]);
  });

  test("have the same name of their own, when none is given", async () => {
    const { session } = await startTeam([CALL]);
    const names: string[] = [];
    session.events$.subscribe((event) => {
      if (event.type === "worker-created") names.push(event.name);
    });
    const tool = toolThat(async (ctx) => {
      for (let i = 0; i < 3; i++) await ctx.run({ provider: "leaf" }, { prompt: "look" });
    });
    const lead = { name: "lead", provider: "lead", hostTools: [tool] };
    await session.run(lead, { prompt: "go" }).wait();
    expect(names).toEqual(["lead", ...Array(3).fill("lead/run")]);
  });
});
