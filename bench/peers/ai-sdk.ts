import { simulateReadableStream, streamText } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import type { Figures } from "../harness.ts";
import { perChunk } from "../harness.ts";
import { TokenReader, tokensOf } from "../tokens.ts";

/** So many `streamText` at once in this process, each with a reader, over the SDK's own mock model. */
export async function aiSdk(streams: number, chunks: number): Promise<Figures> {
  const tokens = tokensOf(chunks / streams);
  const model = scriptedModel(tokens);
  const stream = async (): Promise<void> => {
    const reader = new TokenReader(tokens);
    const { textStream } = streamText({ model, prompt: "go" });
    for await (const text of textStream) reader.take(text);
    reader.end();
  };
  await stream();
  return await perChunk(chunks, () => Promise.all(Array.from({ length: streams }, stream)));
}

/** Says the same to everyone, as fast as it is read: no delay, not even one of a timer. */
function scriptedModel(tokens: readonly string[]): MockLanguageModelV4 {
  const count = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 };
  const chunks = [
    { type: "stream-start" as const, warnings: [] },
    { type: "text-start" as const, id: "1" },
    ...tokens.map((delta) => ({ type: "text-delta" as const, id: "1", delta })),
    { type: "text-end" as const, id: "1" },
    {
      type: "finish" as const,
      finishReason: { unified: "stop" as const, raw: "stop" },
      usage: { inputTokens: count, outputTokens: { total: 1, text: 1, reasoning: 0 } },
    },
  ];
  return new MockLanguageModelV4({
    doStream: () =>
      Promise.resolve({
        stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }),
      }),
  });
}
