import type { Step } from "../../support/broken-server.ts";

/** The bytes that servers send, for scripts of a BrokenServer. */

export const DONE = "data: [DONE]\n\n";

/** The head of a response whose body ends with the connection. */
export function head(
  headers: { readonly [name: string]: string } = {},
  status: number | string = 200,
): string {
  const all = { "content-type": "text/event-stream", connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n`;
}

/** The head of a response in chunked transfer encoding, which leaves the connection open. */
export function chunkedHead(headers: { readonly [name: string]: string } = {}): string {
  return head({ "transfer-encoding": "chunked", connection: "keep-alive", ...headers });
}

export const CHUNKED_END = "0\r\n\r\n";

export function chunk(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
}

/** A whole response with a length; the connection stays open. */
export function whole(
  body: string,
  status: number | string = 200,
  headers: { readonly [name: string]: string } = {},
): string {
  const length = String(Buffer.byteLength(body));
  return head({ "content-length": length, connection: "keep-alive", ...headers }, status) + body;
}

/** Events without a name, as a chat stream has them. */
export function events(...values: readonly unknown[]): string {
  return values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join("");
}

/** Events whose name is their type, as the Responses API has them. */
export function named(...values: readonly { readonly type: string }[]): string {
  return values.map((value) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`).join("");
}

/** One event of a chat stream. */
export function delta(value: unknown, finishReason: string | null = null): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    model: "m-1",
    choices: [{ index: 0, delta: value, finish_reason: finishReason }],
  };
}

export function text(content: string): object {
  return delta({ content });
}

export function finish(reason = "stop"): object {
  return delta({}, reason);
}

export function toolCall(piece: {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly args?: unknown;
}): object {
  const { index, id, name, args } = piece;
  return delta({
    tool_calls: [{ index, id, type: "function", function: { name, arguments: args } }],
  });
}

export function usage(prompt: number, completion: number): object {
  return {
    id: "chatcmpl-1",
    model: "m-1",
    choices: [],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 2 },
    },
  };
}

/** An event stream whose end is the connection's. */
export function stream(...parts: readonly (string | Buffer)[]): readonly Step[] {
  return [head(), ...parts, "[end]"];
}

export const HELLO: string = events(text("hel"), text("lo"));
export const END: string = events(finish()) + DONE;
