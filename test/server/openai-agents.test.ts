import { Agent, handoff, OpenAIChatCompletionsModel, Runner, tool } from "@openai/agents";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { clientOf, serveObedient } from "../support/openai.ts";
import type { ServedApp } from "../support/server-app.ts";
import { serveScripted } from "../support/server-app.ts";

const runner = new Runner({ tracingDisabled: true });

function modelOf(served: ServedApp) {
  return new OpenAIChatCompletionsModel(clientOf(served), "helper");
}

describe("the OpenAI Agents SDK, on chat completions", () => {
  test("runs an agent, and streams it", async () => {
    const served = await serveObedient();
    const agent = new Agent({ name: "parrot", instructions: "be brief", model: modelOf(served) });
    const whole = await runner.run(agent, "polly");
    expect(whole.finalOutput).toBe("[be brief] polly");
    const streamed = await runner.run(agent, "polly", { stream: true });
    let text = "";
    for await (const piece of streamed.toTextStream()) text += piece;
    await streamed.completed;
    expect(text).toBe(whole.finalOutput);
  });

  test("an agent's function tools are carried out by it, streamed and not", async () => {
    const served = await serveObedient();
    const added: number[] = [];
    const add = tool({
      name: "add",
      description: "Adds.",
      parameters: z.object({ a: z.number(), b: z.number() }),
      execute: ({ a, b }) => {
        added.push(a + b);
        return String(a + b);
      },
    });
    const agent = new Agent({
      name: "adder",
      instructions: "add",
      model: modelOf(served),
      tools: [add],
    });
    const prompt = 'call add {"a":1,"b":2}';
    const whole = await runner.run(agent, prompt);
    expect(whole.finalOutput).toBe("[add] add says 3");
    const streamed = await runner.run(agent, prompt, { stream: true });
    await streamed.completed;
    expect(streamed.finalOutput).toBe(whole.finalOutput);
    expect(added).toEqual([3, 3]);
  });

  test("an agent hands over to another", async () => {
    const served = await serveObedient();
    const clerk = new Agent({ name: "clerk", instructions: "serve", model: modelOf(served) });
    const porter = new Agent({
      name: "porter",
      instructions: "hand over",
      model: modelOf(served),
      handoffs: [handoff(clerk, { toolNameOverride: "to_clerk" })],
    });
    const result = await runner.run(porter, "call to_clerk {}");
    expect(result.lastAgent?.name).toBe("clerk");
    expect(result.finalOutput).toMatch(/^\[serve\] to_clerk says .*clerk/);
  });

  test("an agent's output type is what it is given", async () => {
    const served = await serveScripted([{ text: '{"x":"one"}' }, { text: '{"x":1}' }]);
    const agent = new Agent({
      name: "surveyor",
      model: modelOf(served),
      outputType: z.object({ x: z.number() }),
    });
    const { finalOutput } = await runner.run(agent, "where?");
    expect(finalOutput).toEqual({ x: 1 });
  });
});
