import { OpenAI } from "openai";
import type { HttpReader } from "./http-readers.ts";
import { takeContent } from "./http-readers.ts";

/** The client's own iterator. */
export function openaiReader(url: string): HttpReader {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
  return async (_, { model, chunks }, take) => {
    const stream = await client.chat.completions.create({
      model,
      max_tokens: chunks,
      messages: [{ role: "user", content: "go" }],
      stream: true,
    });
    for await (const event of stream) takeContent(event, take);
  };
}
