import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { serveObedient } from "../support/openai.ts";
import type { ServedApp } from "../support/server-app.ts";
import { serveScripted, TOKEN } from "../support/server-app.ts";

function helperOf({ url }: ServedApp) {
  return createOpenAICompatible({
    name: "heddle",
    baseURL: `${url}/v1`,
    apiKey: TOKEN,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })("helper");
}

describe("the AI SDK, as an OpenAI-compatible provider", () => {
  test("generates a text, with reasoning and usage", async () => {
    const served = await serveScripted([{ reasoning: "Hm.", text: "Hello!" }]);
    const result = await generateText({ model: helperOf(served), prompt: "Hello?" });
    expect(result.text).toBe("Hello!");
    expect(result.reasoningText).toBe("Hm.");
    expect(result.finishReason).toBe("stop");
    expect(result.usage.totalTokens).toBeGreaterThan(0);
  });

  test("streams a text, with reasoning and usage", async () => {
    const text = "one two three four five";
    const served = await serveScripted([{ reasoning: "Hm.", text, chunks: 5 }]);
    const result = streamText({ model: helperOf(served), prompt: "count" });
    const pieces = [];
    for await (const piece of result.textStream) pieces.push(piece);
    expect(pieces).toHaveLength(5);
    expect(pieces.join("")).toBe(text);
    expect(await result.reasoningText).toBe("Hm.");
    expect(await result.finishReason).toBe("stop");
    expect((await result.usage).totalTokens).toBeGreaterThan(0);
  });

  test("carries out its own tools, streamed and not", async () => {
    const served = await serveObedient();
    const added: number[] = [];
    const request = {
      model: helperOf(served),
      instructions: "be brief",
      prompt: 'call add {"a":1,"b":2}\ncall add {"a":3,"b":4}',
      tools: {
        add: tool({
          description: "Adds.",
          inputSchema: z.object({ a: z.number(), b: z.number() }),
          execute: ({ a, b }) => {
            added.push(a + b);
            return String(a + b);
          },
        }),
      },
      stopWhen: stepCountIs(3),
    };
    const whole = await generateText(request);
    expect(whole.text).toBe("[be brief] add says 3, add says 7");
    expect(whole.steps).toHaveLength(2);
    const streamed = streamText(request);
    expect(await streamed.text).toBe(whole.text);
    expect(added).toEqual([3, 7, 3, 7]);
  });

  test("is given an object by its schema", async () => {
    const served = await serveScripted([{ text: '{"x":"one"}' }, { text: '{"x":1}' }]);
    const { output } = await generateText({
      model: helperOf(served),
      prompt: "where?",
      output: Output.object({ schema: z.object({ x: z.number() }) }),
    });
    expect(output).toEqual({ x: 1 });
  });

  test("shows what was refused", async () => {
    const served = await serveScripted([{ text: "yes" }]);
    const model = createOpenAICompatible({ name: "heddle", baseURL: `${served.url}/v1` })("helper");
    const refused = generateText({ model, prompt: "Hello?" });
    await expect(refused).rejects.toThrow(APICallError);
    await expect(refused).rejects.toMatchObject({
      statusCode: 401,
      message: "a valid token is needed: Authorization: Bearer TOKEN",
    });
  });
});
