import type { Model, ModelResponse, StreamEvent } from "@openai/agents";
import { Agent, Runner, Usage } from "@openai/agents";
import type { Figures } from "../harness.ts";
import { perChunk } from "../harness.ts";
import { TokenReader, tokensOf } from "../tokens.ts";

/** So many runs of an agent at once in this process, each with a reader, over a model that streams `chunks` chunks in all. */
export async function openaiAgents(runs: number, chunks: number): Promise<Figures> {
  const tokens = tokensOf(chunks / runs);
  const agent = new Agent({ name: "bench", model: new ScriptedModel(tokens) });
  const runner = new Runner({ tracingDisabled: true });
  const stream = async (): Promise<void> => {
    const reader = new TokenReader(tokens);
    const result = await runner.run(agent, "go", { stream: true });
    for await (const event of result) {
      if (event.type !== "raw_model_stream_event") continue;
      if (event.data.type === "output_text_delta") reader.take(event.data.delta);
    }
    await result.completed;
    reader.end();
  };
  await stream();
  return await perChunk(chunks, () => Promise.all(Array.from({ length: runs }, stream)));
}

/** A model of this process that says the same to everyone, as fast as it is read. */
class ScriptedModel implements Model {
  readonly #tokens: readonly string[];

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  getResponse(): Promise<ModelResponse> {
    throw new Error("it only streams");
  }

  async *getStreamedResponse(): AsyncIterable<StreamEvent> {
    for (const delta of this.#tokens) yield { type: "output_text_delta", delta };
    const content = [{ type: "output_text" as const, text: this.#tokens.join("") }];
    const output = [
      {
        type: "message" as const,
        role: "assistant" as const,
        status: "completed" as const,
        content,
      },
    ];
    yield { type: "response_done", response: { id: "r", usage: new Usage(), output } };
  }
}
