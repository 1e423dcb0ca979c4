import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:http";
import { createParser } from "eventsource-parser";
import type { OpenAI } from "openai";

/** Asks the model server at `url` for so many chunks, and gives each chunk's text to `take`. Settles at the end of the stream. */
export type HttpReader = (
  url: string,
  chat: { readonly model: string; readonly chunks: number },
  take: (text: string) => void,
) => Promise<void>;

const agent = new Agent({ keepAlive: true, maxFreeSockets: 4_096 });
const headers = { "content-type": "application/json" };

/** The least that a stream can cost: `node:http`, a parser, `JSON.parse`. */
export const readBare: HttpReader = async (url, chat, take) => {
  const sending = request(`${url}/v1/chat/completions`, { method: "POST", agent, headers });
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    sending.once("response", resolve).once("error", reject).end(bodyOf(chat));
  });
  const parser = parserFor(take);
  message.setEncoding("utf8").on("data", (text: string) => parser.feed(text));
  await new Promise((resolve, reject) => message.once("end", resolve).once("error", reject));
};

export const readFetch: HttpReader = async (url, chat, take) => {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers,
    body: bodyOf(chat),
  });
  const parser = parserFor(take);
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? [])
    parser.feed(decoder.decode(bytes, { stream: true }));
};

function bodyOf(chat: { readonly model: string; readonly chunks: number }): string {
  const messages = [{ role: "user", content: "go" }];
  return JSON.stringify({ model: chat.model, max_tokens: chat.chunks, messages, stream: true });
}

function parserFor(take: (text: string) => void) {
  return createParser({
    onEvent: ({ data }) => {
      if (data !== "[DONE]") takeContent(JSON.parse(data), take);
    },
  });
}

/** Gives on the text of one event of a stream, if it has any. */
export function takeContent(event: OpenAI.ChatCompletionChunk, take: (text: string) => void): void {
  const content = event.choices[0]?.delta.content;
  if (content) take(content);
}
