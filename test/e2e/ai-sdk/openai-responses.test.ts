import { expect, test } from "vitest";
import { aiSdkProvider } from "../../../src/index.ts";
import { KEY } from "../../support/ai-sdk.ts";
import type { Step } from "../../support/broken-server.ts";
import { BrokenServer } from "../../support/broken-server.ts";
import { startSupervisor } from "../../support/supervisors.ts";
import { add } from "../../support/thinking-turns.ts";
import { head } from "../wire/bytes.ts";

type Item = { readonly type: string; readonly id: string; readonly [name: string]: unknown };

/** A response of these items, as it is streamed. */
function streamed(...items: readonly Item[]): readonly Step[] {
  const response = { id: "resp_1", created_at: 1, model: "gpt-of-the-day" };
  const usage = {
    input_tokens: 10,
    output_tokens: 7,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens_details: { reasoning_tokens: 2 },
  };
  const events = [
    { type: "response.created", response },
    ...items.flatMap((item, output_index) => [
      { type: "response.output_item.added", output_index, item: { ...item, ...begun(item) } },
      ...deltas(item, output_index),
      { type: "response.output_item.done", output_index, item },
    ]),
    { type: "response.completed", response: { ...response, usage } },
  ];
  return [head(), ...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), "[end]"];
}

function begun({ type }: Item): object {
  return type === "function_call" ? { arguments: "" } : {};
}

function deltas({ type, id, content }: Item, output_index: number): object[] {
  if (type !== "message") return [];
  const [{ text: delta = "" } = {}] = content as { text?: string }[];
  return [
    { type: "response.output_text.delta", item_id: id, output_index, content_index: 0, delta },
  ];
}

const REASONING: Item = {
  type: "reasoning",
  id: "rs_1",
  encrypted_content: "ENCRYPTED",
  summary: [],
};
const CALL: Item = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "add",
  arguments: '{"a":1,"b":2}',
  status: "completed",
};
const MESSAGE: Item = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "It is 3.", annotations: [] }],
};

test("OpenAI's encrypted reasoning goes back before the call that it led to", async () => {
  await using server = await BrokenServer.start(streamed(REASONING, CALL), streamed(MESSAGE));
  const main = aiSdkProvider({
    package: "@ai-sdk/openai",
    create: "createOpenAI",
    method: "responses",
    model: "gpt-5-mini",
    settings: { baseURL: `${server.url}/v1`, apiKey: KEY },
  });
  const session = (await startSupervisor({ providers: { main } })).openSession();
  const model = { providerOptions: { openai: { store: false } } };
  const job = session.run({ hostTools: [add], model }, { prompt: "Add." });
  expect(await job.wait()).toMatchObject({
    text: "It is 3.",
    steps: 2,
    usage: { inputTokens: 20, cachedInputTokens: 8, reasoningTokens: 4 },
  });
  const { input } = JSON.parse(server.requests[1]?.body ?? "") as { input: readonly object[] };
  expect(input).toMatchObject([
    { role: "user" },
    { type: "reasoning", id: "rs_1", encrypted_content: "ENCRYPTED" },
    { type: "function_call", call_id: "call_1", arguments: '{"a":1,"b":2}' },
    { type: "function_call_output", call_id: "call_1", output: "3" },
  ]);
});
