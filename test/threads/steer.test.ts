import { describe, expect, test } from "vitest";
import type { Worker } from "../../src/index.ts";
import { create } from "../support/behaviours.ts";
import { collect, firstText, startScripted } from "../support/supervisors.ts";

const SCRIPT = [{ text: "x" }];

describe("an agent", () => {
  const calls = { toolCalls: [{ name: "none", args: {} }] };

  test("is steered before the next model call of its running job", async () => {
    const { session, supervisor } = await startScripted([calls, { text: "done" }]);
    const none = {
      name: "none",
      parameters: { type: "object" },
      execute: (): Promise<void> => agent.tell("steer", { text: "to the left" }),
    };
    const agent: Worker = session.createWorker({ hostTools: [none] });
    await session.run(agent, { prompt: "go" }).wait();
    const [, second] = await supervisor.scripted("main").calls();
    expect(second?.request.messages.at(-1)).toEqual({ role: "user", content: "to the left" });
    expect(agent.transcript.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "user",
      "assistant",
    ]);
  });

  /** Its first model call is made in its place. */
  const steps = [
    ["the first", []],
    ["a later one", [calls]],
  ] as const;

  /** What a call of a tool that there is not adds to the conversation. */
  const contentsOf = (before: readonly object[]) => before.flatMap(() => ["", expect.any(String)]);

  test.each(steps)("makes one more step when it is steered in its last: %s", async (_, before) => {
    const last = { text: "all done", chunks: 2, chunksPerSecond: 1 };
    const { session } = await startScripted([...before, last, { text: "left it is" }]);
    const agent = session.createWorker();
    const job = session.run(agent, { prompt: "go" });
    await firstText(job);
    await agent.tell("steer", { text: "to the left" });
    const made = before.length + 2;
    expect(await job.wait()).toMatchObject({ text: "left it is", steps: made });
    expect(agent.transcript.map(({ content }) => content)).toEqual([
      "go",
      ...contentsOf(before),
      "all done",
      "to the left",
      "left it is",
    ]);
    const events = await collect(job.events());
    expect(events.filter(({ type }) => type === "response")).toHaveLength(made);
  });

  test.each(steps)(
    "keeps what it is told in its last allowed step, or while idle, for its next job: %s",
    async (_, before) => {
      const responses = [
        ...before,
        { text: "one", chunks: 2, chunksPerSecond: 1 },
        { text: "two" },
      ];
      const { session } = await startScripted(responses);
      const agent = session.createWorker({ maxSteps: before.length + 1 });
      const job = session.run(agent, { prompt: "first" });
      await firstText(job);
      await agent.tell("steer", { text: "a" });
      expect(await job.wait()).toMatchObject({ text: "one" });
      await agent.tell("steer", { text: "b" });
      await session.run(agent, { prompt: "second" }).wait();
      expect(agent.transcript.map(({ content }) => content)).toEqual([
        "first",
        ...contentsOf(before),
        "one",
        "second",
        "a",
        "b",
        "two",
      ]);
    },
  );

  test("understands nothing else", async () => {
    const { session } = await startScripted(SCRIPT);
    const agent = session.createWorker({ name: "agent" });
    await expect(agent.tell("jump" as never, {} as never)).rejects.toMatchObject({
      code: "UNKNOWN_MESSAGE",
    });
    expect(() => agent.tell("steer", { text: "" })).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT" }),
    );
    const a = create(session, "social");
    expect(await a.ask("ask", { to: "agent", name: "get" })).toBe("UNKNOWN_MESSAGE");
    await a.ask("tell", { to: "agent", name: "steer", message: { text: "by an actor" } });
    await session.run(agent, { prompt: "go" }).wait();
    expect(agent.transcript[1]).toEqual({ role: "user", content: "by an actor" });
  });
});
