import type { LanguageModelV4 } from "@ai-sdk/provider";
import { jsonSchema, stepCountIs, streamText, tool } from "ai";
import { describe, expect, test } from "vitest";
import type { ModelResponse } from "../../../src/index.ts";
import { callOptions } from "../../../src/providers/ai-sdk/call-options.ts";
import type { Native } from "../../support/ai-sdk.ts";
import { NATIVES, nativeProvider, request } from "../../support/ai-sdk.ts";
import { startSupervisor } from "../../support/supervisors.ts";
import { ThinkingServer } from "../../support/thinking-servers.ts";
import { add, turnsOf } from "../../support/thinking-turns.ts";

const PROMPT = "Add them all.";

/** What both say of a step. */
type Step = {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly unknown[];
  readonly finishReason: string;
  readonly usage: readonly (number | undefined)[];
};

type Sdk = { languageModel(name: string): LanguageModelV4 };

async function byTheSdk(native: Native, url: string): Promise<readonly Step[]> {
  const { package: name, create, model = "" } = native.options;
  const module = (await import(name)) as Record<string, (settings: object) => Sdk>;
  const sdk = module[create]?.(native.settings(url)).languageModel(model);
  if (!sdk) throw new TypeError(`${name} has no ${create}`);
  const { options } = callOptions(request({ settings: native.thinking }), sdk, () => false, []);
  const { reasoning, providerOptions, maxOutputTokens } = options;
  const given = { reasoning, providerOptions, maxOutputTokens };
  const result = streamText({
    model: sdk,
    prompt: PROMPT,
    maxRetries: 0,
    stopWhen: stepCountIs(5),
    tools: {
      add: tool({
        description: add.description ?? "",
        inputSchema: jsonSchema<{ a: number; b: number }>(add.parameters as object),
        execute: ({ a, b }) => String(a + b),
      }),
    },
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
  await result.consumeStream();
  return (await result.steps).map((step) => ({
    text: step.text,
    reasoning: step.reasoningText ?? "",
    calls: step.toolCalls.map(({ toolCallId, toolName, input }) => ({
      toolCallId,
      toolName,
      input,
    })),
    finishReason: step.finishReason,
    usage: [
      step.usage.inputTokens,
      step.usage.outputTokens,
      step.usage.inputTokenDetails.cacheReadTokens,
      step.usage.outputTokenDetails.reasoningTokens,
    ],
  }));
}

function stepOf({ text, reasoning = "", toolCalls, finishReason, usage }: ModelResponse): Step {
  return {
    text,
    reasoning,
    calls: toolCalls.map(({ id, name, argumentsText }) => ({
      toolCallId: id,
      toolName: name,
      input: JSON.parse(argumentsText) as unknown,
    })),
    finishReason,
    usage: [usage.inputTokens, usage.outputTokens, usage.cachedInputTokens, usage.reasoningTokens],
  };
}

async function byHeddle(native: Native, url: string): Promise<readonly Step[]> {
  const providers = { main: nativeProvider(native, url) };
  const session = (await startSupervisor({ providers })).openSession();
  const job = session.run({ hostTools: [add], model: native.thinking }, { prompt: PROMPT });
  const steps: Step[] = [];
  for await (const event of job.events()) {
    if (event.type === "response") steps.push(stepOf(event.response));
  }
  await job.wait();
  return steps;
}

/** Ids that the package makes up, where its server gives none. */
function withoutIds(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (name, item) => (name === "toolCallId" || name === "id" ? "…" : item)),
  );
}

describe.for(NATIVES)("next to the AI SDK itself: $name", (native) => {
  test("the same server gives both the same steps, and gets the same conversation from both", async () => {
    await using mine = await ThinkingServer.start(native.dialect, turnsOf(native));
    await using theirs = await ThinkingServer.start(native.dialect, turnsOf(native));
    const steps = await byHeddle(native, mine.url);
    expect(steps).toHaveLength(3);
    expect(withoutIds(steps)).toEqual(withoutIds(await byTheSdk(native, theirs.url)));
    expect(mine.paths).toEqual(theirs.paths);
    // Of what the AI SDK adds by itself only that calls are free to be made: as servers take it without a word.
    const bodies = (server: ThinkingServer) =>
      server.bodies.map(({ tool_choice: _, toolConfig: __, ...body }) => withoutIds(body));
    expect(bodies(mine)).toEqual(bodies(theirs));
  });
});
