import { LLMock } from "@copilotkit/aimock";
import { describe, expect, onTestFinished, test } from "vitest";
import { openaiProvider } from "../../src/index.ts";
import { collect, startSupervisor } from "../support/supervisors.ts";
import { outcomesOf, toolsOf } from "../support/tools.ts";

const KEY = "sk-do-not-show-0123456789";
const PROMPT = "add them all";

/** A model that calls tools with arguments in small pieces, and answers once it has their results. */
async function startMock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, chunkSize: 3 });
  const call = (id: string, name: string, args: object) => ({
    id,
    name,
    arguments: JSON.stringify(args),
  });
  mock.on(
    { userMessage: PROMPT, hasToolResult: false },
    {
      toolCalls: [
        call("call_a", "add", { a: 1, b: 2 }),
        call("call_b", "add", { a: "größer", b: 2 }),
        call("call_c", "divide", { a: 6, b: 3 }),
        call("call_d", "subtract", {}),
      ],
    },
  );
  mock.on({ userMessage: PROMPT, hasToolResult: true }, { content: "3, and the rest is wrong." });
  await mock.start();
  onTestFinished(() => mock.stop());
  return mock;
}

type Body = { readonly messages: readonly { role: string; tool_call_id?: string }[] };

describe("tools over HTTP", () => {
  test.each(["chat", "responses"] as const)(
    "by %s: calls come in pieces, are carried out, and their results go back in order",
    async (api) => {
      const mock = await startMock();
      const main = openaiProvider({ model: "m", baseURL: `${mock.url}/v1`, apiKey: KEY, api });
      const session = (await startSupervisor({ providers: { main } })).openSession();
      const host = { getToolConfirmation: () => ({ approve: true }) as const };
      const tools = [toolsOf("calculator")];
      const job = session.run({ tools }, { prompt: PROMPT }, { host });
      expect(await job.wait()).toMatchObject({ text: "3, and the rest is wrong.", steps: 2 });
      const ended = new Map(
        (await outcomesOf(job)).map(({ toolCallId, error, result }) => [
          toolCallId,
          error?.code ?? result,
        ]),
      );
      expect(ended.get("call_a")).toBe("3");
      expect(ended.get("call_b")).toBe("TOOL_ARGUMENTS_INVALID");
      expect(JSON.parse(ended.get("call_c") ?? "")).toMatchObject({ quotient: 2 });
      expect(ended.get("call_d")).toBe("UNKNOWN_TOOL");
      // The mock shows requests of either API as messages.
      const body = mock.getRequests()[1]?.body as Body | undefined;
      const results = body?.messages
        .filter(({ role }) => role === "tool")
        .map((one) => one.tool_call_id);
      expect(results).toEqual(["call_a", "call_b", "call_c", "call_d"]);
      const chunks = await collect(job);
      const pieces = chunks.filter((chunk) => chunk.type === "tool-call" && chunk.index === 1);
      expect(pieces.length).toBeGreaterThan(3);
    },
  );
});
