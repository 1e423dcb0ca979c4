import { LLMock } from "@copilotkit/aimock";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JobEvent } from "../../../src/index.ts";
import type { Native } from "../../support/ai-sdk.ts";
import { NATIVES, nativeProvider } from "../../support/ai-sdk.ts";
import { startSupervisor } from "../../support/supervisors.ts";
import { add } from "../../support/thinking-turns.ts";

const PROMPT = "add them";

/** Another project's idea of these companies' servers. Of Anthropic's it refuses a tool loop that has lost its signatures. */
async function startMock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, chunkSize: 5, strict: true });
  const call = (id: string, a: number, b: number) => ({
    id,
    name: "add",
    arguments: JSON.stringify({ a, b }),
  });
  const turns = [
    { toolCalls: [call("call_a", 1, 2)], reasoning: "first this" },
    { toolCalls: [call("call_b", 3, 4), call("call_c", 5, 6)], reasoning: "and then" },
    { content: "It is 21.", reasoning: "now I know" },
  ];
  for (const [turnIndex, turn] of turns.entries()) {
    mock.on({ userMessage: PROMPT, turnIndex }, turn);
  }
  await mock.start();
  onTestFinished(() => mock.stop());
  return mock;
}

/** Mistral's own way of thinking is none that the mock has. */
const MOCKED: readonly Native[] = NATIVES.filter(({ name }) => name !== "Mistral");

describe.for(MOCKED)("aimock's $name", (native) => {
  test("a tool loop of three steps with thinking", async () => {
    const mock = await startMock();
    const providers = { main: nativeProvider(native, mock.url) };
    const session = (await startSupervisor({ providers })).openSession();
    const job = session.run({ hostTools: [add], model: native.thinking }, { prompt: PROMPT });
    const events: JobEvent[] = [];
    for await (const event of job.events()) events.push(event);
    expect(await job.wait()).toMatchObject({ text: "It is 21.", steps: 3 });
    const thoughts = events.flatMap((event) =>
      event.type === "response" ? [event.response.reasoning] : [],
    );
    expect(thoughts).toEqual(["first this", "and then", "now I know"]);
  });
});
